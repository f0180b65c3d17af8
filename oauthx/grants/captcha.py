"""A password together with a captcha; the captcha is burnt first, by any attempt."""

from django.utils.translation import gettext_lazy as _

from accounts.caches import CACHE_ERRORS
from accounts.verifiers import VerificationError
from accounts.verifiers.captcha import verify_captcha
from oauthx.errors import CAPTCHA_REJECTED, TEMPORARILY_UNAVAILABLE, OAuthError
from oauthx.grants.base import Param, prove_by_password, require_tenant
from oauthx.requests import Subject, TokenRequest


class CaptchaGrant:
    name = "captcha"
    label = _("Password and captcha")
    params = (
        *(Param("username"), Param("password"), Param("captcha_key"), Param("captcha_code")),
        Param("bind_ticket", required=False),
    )
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        try:
            verify_captcha(
                request.params["captcha_key"],
                request.params["captcha_code"],
                audience=request.dialect.prefix,
                tenant_code=require_tenant(request).code,
                now=request.received_at,
            )
        except VerificationError as error:
            raise OAuthError(CAPTCHA_REJECTED, error.reason) from error
        except CACHE_ERRORS as error:
            raise OAuthError(TEMPORARILY_UNAVAILABLE) from error
        return prove_by_password(request)
