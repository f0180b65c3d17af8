"""The names that a client may be given: dialects, grant types and scopes, with labels for people.

They are looked up when asked for, since dialects and grants import the models.
"""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.text import format_lazy
from oauth2_provider.settings import oauth2_settings

Choice = tuple[str, str | Promise]

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def dialect_choices() -> list[Choice]:
    """Every dialect, by its token endpoint."""
    from oauthx.dialects import DIALECTS  # noqa: PLC0415 - they import the models

    return [(dialect.name, f"/{dialect.token_path}") for dialect in DIALECTS]


def grant_choices() -> list[Choice]:
    """Every grant type that a client may be given."""
    from oauthx.grants import GRANTS  # noqa: PLC0415 - they import the models

    return [(grant.name, grant.label) for grant in GRANTS]


def grants_with_endpoints() -> list[Choice]:
    """The same; one that not every endpoint knows says which do."""
    from oauthx.combinations import speakers_of  # noqa: PLC0415 - as above
    from oauthx.dialects import DIALECTS  # noqa: PLC0415
    from oauthx.grants import GRANTS  # noqa: PLC0415

    choices: list[Choice] = []
    for grant in GRANTS:
        speakers = speakers_of(grant)
        names = ", ".join(f"/{dialect.token_path}" for dialect in speakers)
        everywhere = len(speakers) == len(DIALECTS)
        choices.append((grant.name, grant.label if everywhere else format_lazy("{} ({})", grant.label, names)))
    return choices


def scope_texts(names: Iterable[str]) -> list[str | Promise]:
    """What these scopes mean, for the person who is asked; a scope without a text is named as it is."""
    return [oauth2_settings.SCOPES.get(name, name) for name in names]


def scope_choices() -> list[Choice]:
    """Every scope of the installation."""
    return [(name, f"{name}: {text}") for name, text in oauth2_settings.SCOPES.items()]
