"""Resource owner password credentials (RFC 6749 section 4.3), because the documents have it."""

from django.utils.translation import gettext_lazy as _

from oauthx.grants.base import Param, prove_by_password
from oauthx.requests import Subject, TokenRequest


class PasswordGrant:
    name = "password"
    label = _("Password")
    params = (Param("username"), Param("password"), Param("bind_ticket", required=False))
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        return prove_by_password(request)
