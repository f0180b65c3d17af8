"""The forms of a forgotten password: whose it is, then code and new password. They must not know how codes are sent."""

import math
import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.phones import PhoneNumberError, to_e164

_MINUTE, _HOUR = 60, 3600


class RecipientForm(forms.Form):
    """Whose password; and the answer to a picture, which keeps programs from sending messages."""

    # The field that says whose.
    recipient: ClassVar[str]

    field_order = ("tenant", "phone", "account", "captcha")

    tenant = forms.CharField(
        label=_("Tenant"), max_length=255, widget=forms.TextInput({"autocomplete": "organization"})
    )
    captcha_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    captcha = forms.CharField(
        label=_("Characters in the picture"),
        max_length=16,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class PhoneForm(RecipientForm):
    """Whose, by the phone."""

    recipient = "phone"

    phone = forms.CharField(label=_("Phone"), max_length=32, widget=forms.TextInput({"autocomplete": "tel"}))

    def clean_phone(self) -> str:
        try:
            return to_e164(self.cleaned_data["phone"])
        except PhoneNumberError:
            raise forms.ValidationError(_("This is no phone number.")) from None


class AccountForm(RecipientForm):
    """Whose, by the account: a mail address can be that of several."""

    recipient = "account"

    account = forms.CharField(
        label=_("Account"),
        max_length=255,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


def say_wait(seconds: int) -> str:
    """That codes were asked for too often, and in how many seconds, minutes or hours, rounded up, one is made again."""
    if seconds <= _MINUTE:
        text = ngettext(
            "Too many codes were requested. Please try again in %(number)d second.",
            "Too many codes were requested. Please try again in %(number)d seconds.",
            seconds,
        )
        return text % {"number": seconds}
    if seconds <= _HOUR:
        minutes = math.ceil(seconds / _MINUTE)
        return gettext("Too many codes were requested. Please try again in %(number)d minutes.") % {"number": minutes}
    hours = math.ceil(seconds / _HOUR)
    return gettext("Too many codes were requested. Please try again in %(number)d hours.") % {"number": hours}


class CodeAndPasswordForm(forms.Form):
    """The code of the message, and a new password twice. The policy is asked once the code has said whose it is."""

    code = forms.CharField(
        max_length=16,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )
    password1 = forms.CharField(
        label=_("New password"), max_length=255, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip
    password2 = forms.CharField(
        label=_("Password again"), max_length=255, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, way: str) -> None:
        super().__init__(data)
        self.fields["code"].label = _("Code of the mail") if way == "mail" else _("Code of the SMS")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "password2" in given and given.get("password1") != given["password2"]:
            self.add_error("password2", _("The two passwords differ."))
        return given

    def clean_code(self) -> str:
        return re.sub(r"\s", "", self.cleaned_data["code"])
