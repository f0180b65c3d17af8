"""Clients, keys and tokens: django-oauth-toolkit's models, extended by swapping. Its tables are the one truth."""

from oauthx.models.client import Client
from oauthx.models.consent import Consent
from oauthx.models.key import SigningKey
from oauthx.models.token import AccessToken, AuthorizationCode, DeviceGrant, IDToken, RefreshToken, TokenFamily
from oauthx.models.transient import LogoutNotice, PushedRequest, UsedAssertion

__all__ = [
    "AccessToken",
    "AuthorizationCode",
    "Client",
    "Consent",
    "DeviceGrant",
    "IDToken",
    "LogoutNotice",
    "PushedRequest",
    "RefreshToken",
    "SigningKey",
    "TokenFamily",
    "UsedAssertion",
]
