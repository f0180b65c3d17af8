"""Reads and checks a logout request (OpenID Connect RP-Initiated Logout section 2).

Nobody is led to an address that is not registered for the application that asks. It must not know sessions or pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oauthx.addresses import with_query
from oauthx.client_auth import find_client
from oauthx.errors import OAuthError
from oauthx.id_tokens import IdTokenHint, read_id_token_hint
from oauthx.models import Client
from oauthx.requests import checked

# What this endpoint reads; everything else is ignored. A hint at the person (`logout_hint`) decides nothing: there is
# one person in a browser.
PARAMETERS = ("id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
_LONG = frozenset({"id_token_hint", "post_logout_redirect_uri", "state"})


class LogoutRefusedError(Exception):
    """The request contradicts itself or names what is not registered: the person is told, nothing is ended."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A checked request.

    Attributes:
        client: who asks, as far as it is known; without a proven hint that is what the request says.
        hint: the ID token, if it is proven.
        target: where the person goes on afterwards: a registered address, `state` added to it; None: nowhere.
        parameters: what was sent.
    """

    client: Client | None
    hint: IdTokenHint | None
    target: str | None = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)


def read_logout_request(values: Mapping[str, Sequence[str]], issuer: str, now: datetime) -> LogoutRequest:
    """Check a request's parameters, each given with all its values.

    A hint that is not proven counts for nothing, and then neither does the address to go on to: the request is suspect.

    Raises:
        LogoutRefusedError: parameter_repeated, parameter_malformed, client_unknown, hint_of_another_client,
            post_logout_redirect_uri_mismatch.
    """
    parameters = _read_parameters(values)
    token = parameters.get("id_token_hint")
    hint = read_id_token_hint(token, issuer, now) if token else None
    client = _read_client(parameters.get("client_id"), hint)
    is_suspect = token is not None and hint is None
    return LogoutRequest(client, hint, None if is_suspect else _read_target(parameters, client), parameters)


def _read_parameters(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Every parameter at most once; empty counts as absent."""
    parameters = {}
    for name in PARAMETERS:
        sent = [value for value in values.get(name, ()) if value]
        if len(sent) > 1:
            raise LogoutRefusedError("parameter_repeated")
        if sent:
            try:
                parameters[name] = checked("token" if name in _LONG else name, sent[0])
            except OAuthError:
                raise LogoutRefusedError("parameter_malformed") from None
    return parameters


def _read_client(client_id: str | None, hint: IdTokenHint | None) -> Client | None:
    if hint is not None:
        if client_id not in {None, hint.client_id}:
            raise LogoutRefusedError("hint_of_another_client")
        return find_client(hint.client_id)
    if client_id is None:
        return None
    client = find_client(client_id)
    if client is None:
        raise LogoutRefusedError("client_unknown")
    return client


def _read_target(parameters: Mapping[str, str], client: Client | None) -> str | None:
    """The registered address with `state`; None if none is asked for, or nobody is known whose address it could be."""
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None or client is None or not client.is_active:
        # People can sign out of an application that is not active any more; it just leads nowhere then.
        return None
    if not client.post_logout_redirect_uri_allowed(uri):
        raise LogoutRefusedError("post_logout_redirect_uri_mismatch")
    return with_query(uri, {"state": parameters["state"]}) if "state" in parameters else uri
