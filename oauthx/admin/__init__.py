"""The console's pages for clients, consents, keys, sessions and tokens.

django-oauth-toolkit registers the models of the first five by the settings' dotted paths.
"""

from accounts.admin import history
from oauthx.admin.client import ClientAdmin
from oauthx.admin.consent import ConsentAdmin
from oauthx.admin.key import SigningKeyAdmin
from oauthx.admin.names import REASONS
from oauthx.admin.session import SessionAdmin
from oauthx.admin.token import (
    AccessTokenAdmin,
    AuthorizationCodeAdmin,
    DeviceGrantAdmin,
    IDTokenAdmin,
    RefreshTokenAdmin,
)
from oauthx.choices import grant_choices
from oauthx.dialects import DIALECTS

history.offer("dialect", lambda: [(dialect.name, dialect.name) for dialect in DIALECTS])
history.offer("grant", grant_choices)
history.offer("reason", lambda: REASONS)

__all__ = [
    "AccessTokenAdmin",
    "AuthorizationCodeAdmin",
    "ClientAdmin",
    "ConsentAdmin",
    "DeviceGrantAdmin",
    "IDTokenAdmin",
    "RefreshTokenAdmin",
    "SessionAdmin",
    "SigningKeyAdmin",
]
