"""The console's pages for clients, consents, keys, sessions, logout notices and tokens.

django-oauth-toolkit registers the models of the first five by the settings' dotted paths.
"""

from django.utils.translation import gettext_lazy as _

from accounts import event_names, explanations
from accounts.admin import history_links
from oauthx.admin.client import ClientAdmin
from oauthx.admin.consent import ConsentAdmin
from oauthx.admin.key import SigningKeyAdmin
from oauthx.admin.logout import LogoutNoticeAdmin
from oauthx.admin.meanings import MEANINGS
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
from oauthx.models import Client

event_names.offer("dialect", lambda: [(dialect.name, dialect.name) for dialect in DIALECTS])
event_names.offer("grant", grant_choices)
event_names.offer("reason", lambda: REASONS)
explanations.offer(lambda: MEANINGS)
history_links.offer(_("The client"), Client, lambda event: {"client_id": event.client_id})

__all__ = [
    "AccessTokenAdmin",
    "AuthorizationCodeAdmin",
    "ClientAdmin",
    "ConsentAdmin",
    "DeviceGrantAdmin",
    "IDTokenAdmin",
    "LogoutNoticeAdmin",
    "RefreshTokenAdmin",
    "SessionAdmin",
    "SigningKeyAdmin",
]
