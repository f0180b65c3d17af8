"""Which of a client's settings work together: what could never bring a token is refused, with the reason at its field.

It must not know pages. What the documents and the grants themselves say decides; nothing here knows one by name, but
for the two that are about refreshing.
"""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from oauthx.dialects import Dialect
    from oauthx.grants import Grant
    from oauthx.models import Client

Problems = dict[str, list[ValidationError]]

REFRESHING, OFFLINE = "refresh_token", "offline_access"


def chosen_dialects(client: "Client") -> list["Dialect"]:
    """The documents that the client may use."""
    from oauthx.dialects import DIALECTS  # noqa: PLC0415 - they import the models

    return [dialect for dialect in DIALECTS if dialect.name in _names(client.dialects)]


def chosen_grants(client: "Client") -> list["Grant"]:
    """The grants that the client may use."""
    from oauthx.grants import GRANTS  # noqa: PLC0415 - they import the models

    return [grant for grant in GRANTS if grant.name in _names(client.grant_types)]


def speakers_of(grant: "Grant") -> list["Dialect"]:
    """The documents that have words for this grant."""
    from oauthx.dialects import DIALECTS  # noqa: PLC0415 - they import the models

    return [dialect for dialect in DIALECTS if dialect.speaks(grant)]


def problems_with_combination(client: "Client") -> Problems:
    """What cannot work together, at each field."""
    dialects, grants = chosen_dialects(client), chosen_grants(client)
    problems: Problems = {}
    if dialects and grants:
        for found in (
            _of_endpoints(dialects, grants),
            _of_refreshing(client, dialects, grants),
            _of_scopes(client, dialects, grants),
            _of_proof(client, dialects, grants),
        ):
            for name, errors in found.items():
                problems.setdefault(name, []).extend(errors)
    return problems


def _of_endpoints(dialects: list["Dialect"], grants: list["Grant"]) -> Problems:
    """Each grant needs an endpoint that knows it, and each endpoint a grant that it knows."""
    problems: Problems = {}
    for grant in grants:
        if not any(dialect.speaks(grant) for dialect in dialects):
            message = _("“%(grant)s” does not work at the chosen endpoints. Choose one of these too: %(endpoints)s.")
            endpoints = ", ".join(f"/{dialect.token_path}" for dialect in speakers_of(grant))
            _add(problems, "grant_types", message, grant=grant.label, endpoints=endpoints)
    for dialect in dialects:
        known = [grant for grant in grants if dialect.speaks(grant) and grant.name != REFRESHING]
        if not known:
            message = _("No chosen grant type works at %(endpoint)s. Choose one, or take the endpoint away.")
            _add(problems, "dialects", message, endpoint=f"/{dialect.token_path}")
    return problems


def _of_refreshing(client: "Client", dialects: list["Dialect"], grants: list["Grant"]) -> Problems:
    """A refresh token has to come from somewhere, and must be of use."""
    problems: Problems = {}
    refreshes = any(grant.name == REFRESHING for grant in grants)
    others = [grant for grant in grants if grant.name != REFRESHING]
    if refreshes and not any(grant.personal for grant in others):
        message = _(
            "Refresh tokens are for people's sign-ins, and no chosen grant type signs people in: an application that"
            " acts for itself asks for a new token instead."
        )
        _add(problems, "grant_types", message)
        return problems
    scopes = tuple(_names(client.scopes))
    brings_none = [
        dialect
        for dialect in dialects
        if any(grant.personal and dialect.speaks(grant) for grant in others) and not dialect.refreshable(scopes)
    ]
    if refreshes and brings_none and len(brings_none) == len(dialects):
        message = _("At %(endpoint)s a refresh token is given only with the scope offline_access. Choose it too.")
        _add(problems, "scopes", message, endpoint=f"/{brings_none[0].token_path}")
    if OFFLINE in scopes and not refreshes and any(dialect.openid for dialect in dialects):
        message = _("The scope offline_access brings refresh tokens, which need the grant type “Refresh token”.")
        _add(problems, "scopes", message)
    return problems


def _of_scopes(client: "Client", dialects: list["Dialect"], grants: list["Grant"]) -> Problems:
    """Some documents want a scope at each sign-in; and some scopes are about a person."""
    from oauthx.issuing import PERSONAL_SCOPES  # noqa: PLC0415 - it imports the models

    problems: Problems = {}
    scopes = _names(client.scopes)
    wanting = [dialect for dialect in dialects if dialect.scope_required]
    if wanting and not scopes:
        message = _("At %(endpoint)s every sign-in names a scope, so the client needs one, such as all.")
        _add(problems, "scopes", message, endpoint=f"/{wanting[0].token_path}")
    if "openid" in scopes and not client.algorithm:
        _add(problems, "algorithm", _("The scope openid needs a signing algorithm."))
    about_people = [name for name in scopes if name in PERSONAL_SCOPES - {OFFLINE}]
    if about_people and not any(grant.personal for grant in grants):
        message = _("These scopes tell of a person, and no chosen grant type signs people in: %(scopes)s.")
        _add(problems, "scopes", message, scopes=", ".join(about_people))
    return problems


def _of_proof(client: "Client", dialects: list["Dialect"], grants: list["Grant"]) -> Problems:
    """Who acts for himself proves himself; and a key can be shown only where the document has words for it."""
    problems: Problems = {}
    if client.is_public and any(not grant.personal for grant in grants):
        _add(problems, "client_type", _("Client credentials need a confidential client."))
    if client.authenticates_by != "secret" and not client.is_public:
        deaf = [dialect for dialect in dialects if "client_assertion" not in dialect.parameters.values()]
        if deaf:
            message = _("At %(endpoint)s a client proves itself by a secret: there is no other way there.")
            _add(problems, "authenticates_by", message, endpoint=f"/{deaf[0].token_path}")
    return problems


def _names(values: object) -> list[str]:
    """The names, whatever else somebody wrote there: that is refused on its own."""
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _add(problems: Problems, field: str, message: Any, **params: object) -> None:
    problems.setdefault(field, []).append(ValidationError(message, params=params))
