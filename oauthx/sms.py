"""Where a client asks for an SMS code: at /connect and at its twins beside the documents' endpoints.

It must not know vendors. The answer says nothing of whose phone it is: the same work is done for every number, and a
message goes out only when the answer has.
"""

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext

from accounts.after_answer import AnswerThen
from accounts.caches import CACHE_ERRORS
from accounts.code_limits import MINUTE, CodeLimitError
from accounts.models import LoginEvent
from accounts.sms_codes import LIFETIME_SECONDS, CodeRequest, issue_code
from accounts.sms_delivery import send_after_answer
from accounts.verifiers import VerificationError
from accounts.verifiers.captcha import verify_captcha
from oauthx.admission import settle_tenant
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import (
    CAPTCHA_REJECTED,
    CAPTCHA_REQUIRED,
    DIALECT_NOT_ALLOWED,
    GRANT_NOT_ALLOWED,
    PARAMETER_MISSING,
    SMS_LIMITED,
    TEMPORARILY_UNAVAILABLE,
    OAuthError,
)
from oauthx.grants.sms import SmsGrant, read_phone
from oauthx.models import Client
from oauthx.requests import WireRequest
from oauthx.views import ClientView, attempt_of
from tenants.models import Tenant

# What an app may tell its person: how long the code is good, and when it may ask for another one, in seconds.
_TOLD = {"expires_in": LIFETIME_SECONDS, "interval": int(MINUTE.total_seconds())}


class SmsCodeView(ClientView):
    """`POST /connect/sms`: makes a code for this client and phone, and sends it if the phone is somebody's."""

    dialect = replace(
        CONNECT, parameters={**CONNECT.parameters, "captcha_key": "captcha_key", "captcha_code": "captcha_code"}
    )
    kind: ClassVar[Any] = LoginEvent.Kind.SMS_REQUEST
    for_browsers = True

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        if self.dialect.name not in client.dialects:
            raise OAuthError(DIALECT_NOT_ALLOWED)
        if SmsGrant.name not in client.grant_types:
            raise OAuthError(GRANT_NOT_ALLOWED)
        text = wire.value("phone")
        if text is None:
            raise OAuthError(PARAMETER_MISSING)
        phone = read_phone(text)
        tenant = settle_tenant(self.dialect.tenant_code(wire), client, wire.received_at)
        if tenant.sms_needs_captcha:
            self._check_captcha(wire, tenant)
        attempt = replace(attempt_of(wire, client, None, self.kind), tenant=tenant, account=phone)
        try:
            issued = issue_code(CodeRequest(tenant, client.client_id, phone, attempt, wire.value("main_account")))
        except CodeLimitError as error:
            raise OAuthError(SMS_LIMITED, error.reason, retry_after_seconds=error.retry_after_seconds) from error
        return AnswerThen(self.render_done(), partial(send_after_answer, issued))

    def render_done(self) -> HttpResponse:
        return json_response(_TOLD, 200)

    def _check_captcha(self, wire: WireRequest, tenant: Tenant) -> None:
        key, code = wire.value("captcha_key"), wire.value("captcha_code")
        if key is None or code is None:
            raise OAuthError(CAPTCHA_REQUIRED)
        try:
            verify_captcha(key, code, self.dialect.prefix, tenant.code, wire.received_at)
        except VerificationError as error:
            raise OAuthError(CAPTCHA_REJECTED, error.reason) from error
        except CACHE_ERRORS as error:
            raise OAuthError(TEMPORARILY_UNAVAILABLE) from error


class SendValidateView(SmsCodeView):
    """`POST {prefix}/oauth/sms/send-validate`, as the documents' existing apps call it."""

    def render_done(self) -> HttpResponse:
        return json_response(
            {"code": 200, "success": True, "data": _TOLD, "msg": gettext("The SMS code is on its way")}, 200
        )
