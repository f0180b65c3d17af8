"""The forms of a forgotten password: whose it is, then code and new password. They must not know how codes are sent."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.phones import PhoneNumberError, to_e164


class RecipientForm(forms.Form):
    """Whose password; and the answer to a picture, which keeps programs from sending messages."""

    # The field that says whose, and what is said when codes were asked for too often.
    recipient: ClassVar[str]
    limited: ClassVar[Any]

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
    limited = _("Too many SMS codes were requested. Please try again later")

    phone = forms.CharField(label=_("Phone"), max_length=32, widget=forms.TextInput({"autocomplete": "tel"}))

    def clean_phone(self) -> str:
        try:
            return to_e164(self.cleaned_data["phone"])
        except PhoneNumberError:
            raise forms.ValidationError(_("This is no phone number.")) from None


class AccountForm(RecipientForm):
    """Whose, by the account: a mail address can be that of several."""

    recipient = "account"
    limited = _("Too many codes were requested. Please try again later")

    account = forms.CharField(
        label=_("Account"),
        max_length=255,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


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
