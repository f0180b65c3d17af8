"""The client acts for itself (RFC 6749 section 4.4)."""

from django.utils.translation import gettext_lazy as _

from oauthx.grants.base import Param
from oauthx.requests import Subject, TokenRequest


class ClientCredentialsGrant:
    name = "client_credentials"
    label = _("Client credentials")
    params: tuple[Param, ...] = ()
    is_login = True
    personal = False
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        return Subject(person=None, tenant=request.tenant, auth_time=request.received_at)
