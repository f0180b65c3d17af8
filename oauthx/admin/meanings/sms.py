"""Why a sign-in by SMS code was refused, or a message did not go out."""

from django.utils.translation import gettext_lazy as _

from accounts.explanations import Meanings
from oauthx.admin.meanings.advice import GUESSING, NEW_CODE, PROGRAMMERS, RAISE_SMS, TEST_SMS

MEANINGS: Meanings = {
    "phone_malformed": (_("What was sent is no phone number."), PROGRAMMERS),
    "phone_unknown": (
        _("Nobody of this tenant has the phone number."),
        _("Enter the number on the user's page, if it is somebody's."),
    ),
    "captcha_missing": (
        _("The tenant wants a captcha before an SMS code, and none was sent."),
        _("Tell the app's programmers, or switch that off on the tenant's page."),
    ),
    "sms_gateway_untrusted": (
        _("Whoever set the SMS gateways up may do less than this person, so no code of his goes through them."),
        _("Somebody who may do as much as the person saves the gateway's page once."),
    ),
    "sms_code_missing": (
        _("No SMS code was asked for by this client for this phone."),
        _("If it happens always, the app asks for codes as another client."),
    ),
    "sms_code_mismatch": (_("It was another SMS code than the newest one."), GUESSING),
    "sms_code_expired": (
        _("The SMS code was older than five minutes."),
        _("Let the person ask for a new one. If it happens always, messages arrive late: ask the vendor."),
    ),
    "sms_code_spent": (_("The SMS code had been used before."), NEW_CODE),
    "sms_code_exhausted": (_("Five wrong SMS codes came for this one."), NEW_CODE),
    "sms_limited_phone": (
        _("Too many codes were asked for this phone."),
        _("Let the person wait. Many phones: somebody annoys people."),
    ),
    "sms_limited_address": (
        _("Too many codes were asked for from this address."),
        _(
            "An office, the app's own server, or somebody probing: look at the phones, and set the limit on the "
            "tenant's page."
        ),
    ),
    "sms_limited_client": (_("Too many codes were asked for by this client."), RAISE_SMS),
    "sms_limited_tenant": (_("Too many codes were asked for in this tenant."), RAISE_SMS),
    "sms_cap_reached": (_("The tenant's messages of 24 hours are used up."), RAISE_SMS),
    "sms_gateway_missing": (
        _("The tenant has no active SMS gateway."),
        _("Set one up under SMS gateways, or take the grant type from the client."),
    ),
    "sms_gateway_failed": (_("No SMS gateway of the tenant took the message."), TEST_SMS),
    "sms_gateway_busy": (_("The SMS gateways were too slow, and too many messages waited."), TEST_SMS),
    "sms_number_rejected": (
        _("The vendor does not send to this number."),
        _("Check the number. Otherwise ask the vendor."),
    ),
}
