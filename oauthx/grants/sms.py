"""A code that was sent to a person's phone (connect.md's `sms`). It works once, also at once."""

from django.utils.translation import gettext_lazy as _

from accounts.phones import PhoneNumberError, to_e164
from accounts.verifiers import VerificationError
from accounts.verifiers.sent_codes import StoredCode, counting_of_try, use_of_code, verify_code, why_lost
from accounts.verifiers.sms import read_code
from oauthx.errors import PHONE_MALFORMED, SMS_CODE_REJECTED, OAuthError
from oauthx.grants.base import Param, check_main_account, require_tenant
from oauthx.grants.binding import bind_by_ticket, find_bind_ticket
from oauthx.requests import Subject, TokenRequest


class SmsGrant:
    name = "sms"
    label = _("SMS code")
    params = (Param("phone"), Param("sms"), Param("bind_ticket", required=False))
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        """The person of this phone in the request's tenant. Wrong codes count for the code alone, never for a lockout.

        Raises:
            OAuthError: one invalid_grant for whatever is wrong with code, phone or account; a text that is no phone
                number is invalid_request; main_account_mismatch.
        """
        tenant, now = require_tenant(request), request.received_at
        phone = read_phone(request.params["phone"])
        ticket = find_bind_ticket(request)
        presented = read_code(tenant.pk, request.client.client_id, phone, request.params["sms"])
        try:
            person = verify_code(presented, now)
        except VerificationError as error:
            raise OAuthError(
                SMS_CODE_REJECTED, error.reason, person=presented.person, consequences=counting_of_try(presented.code)
            ) from error
        check_main_account(request, presented.main_account, person)
        code = presented.code
        if code is None:
            raise LookupError("no code was verified")

        def lost(code: StoredCode = code) -> OAuthError:
            return OAuthError(SMS_CODE_REJECTED, why_lost(code), person=person)

        subject = Subject(
            person=person, tenant=tenant, auth_time=now, amr="sms", guard=use_of_code(code, now), lost=lost
        )
        return bind_by_ticket(ticket, subject, request)


def read_phone(text: str) -> str:
    """The number in E.164.

    Raises:
        OAuthError: invalid_request; it is none.
    """
    try:
        return to_e164(text)
    except PhoneNumberError:
        raise OAuthError(PHONE_MALFORMED) from None
