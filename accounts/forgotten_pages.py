"""A forgotten password: a code by SMS proves the person, who chooses a new one. It must not know vendors or clients.

Nothing here says whose phone a number is: the same page follows for every number, and a message goes out only after it.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.hashers import is_password_usable
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.after_answer import AnswerThen
from accounts.branding import branding_of
from accounts.caches import CACHE_ERRORS
from accounts.forms import ChangedPasswordFields
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.pages import render_page
from accounts.people import Person
from accounts.phones import PhoneNumberError, to_e164
from accounts.sms_codes import LIFETIME_SECONDS, CodeRequest, SmsLimitError, issue_code
from accounts.sms_delivery import send_after_answer
from accounts.verifiers import VerificationError
from accounts.verifiers.captcha import issue_captcha, verify_captcha
from accounts.verifiers.sms import Presented, StoredCode, counting_of_try, read_code, use_of_code, verify_code, why_lost
from accounts.views import tenant_code_of
from tenants import registry
from tenants.models import Tenant
from tenants.resolution import find_tenant
from tenants.sql import WritePlan, write

# Whom its codes and captchas are for. No client has this id: a colon stands in none.
AUDIENCE = "hufu:forgotten-password"
_KEY = "forgotten_password"
_REJECTED = _("The code is wrong or has expired.")


class PhoneForm(forms.Form):
    """Whose password, by the phone; and the answer to a picture, which keeps programs from sending messages."""

    tenant = forms.CharField(
        label=_("Tenant"), max_length=255, widget=forms.TextInput({"autocomplete": "organization"})
    )
    phone = forms.CharField(label=_("Phone"), max_length=32, widget=forms.TextInput({"autocomplete": "tel"}))
    captcha_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    captcha = forms.CharField(
        label=_("Characters in the picture"),
        max_length=16,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_phone(self) -> str:
        try:
            return to_e164(self.cleaned_data["phone"])
        except PhoneNumberError:
            raise forms.ValidationError(_("This is no phone number.")) from None


class CodeAndPasswordForm(forms.Form):
    """The code of the message, and a new password twice. The policy is asked once the code has said whose it is."""

    code = forms.CharField(
        label=_("Code of the SMS"),
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

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "password2" in given and given.get("password1") != given["password2"]:
            self.add_error("password2", _("The two passwords differ."))
        return given

    def clean_code(self) -> str:
        return re.sub(r"\s", "", self.cleaned_data["code"])


class ForgottenView(View):
    """`/account/forgotten/`: asks for tenant and phone, where the tenant allows it."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._ask(request, PhoneForm(initial={"tenant": tenant_code_of(request)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form, now = PhoneForm(request.POST), timezone.now()
        if not form.is_valid():
            return self._ask(request, form, status=400)
        try:
            verify_captcha(form.cleaned_data["captcha_key"], form.cleaned_data["captcha"], AUDIENCE, "", now)
        except VerificationError:
            form.add_error("captcha", _("These are not the characters. Look at the new picture."))
            return self._ask(request, form, status=400)
        except CACHE_ERRORS:
            form.add_error(None, _("The service is busy. Please try again later"))
            return self._ask(request, form, status=503)
        tenant = _tenant_that_offers(form.cleaned_data["tenant"], now)
        if tenant is None:
            form.add_error(None, _("This tenant does not offer that. Please ask your administrator."))
            return self._ask(request, form, status=400)
        return self._send(request, form, tenant, now)

    def _send(self, request: HttpRequest, form: PhoneForm, tenant: Tenant, now: datetime) -> HttpResponse:
        phone = form.cleaned_data["phone"]
        attempt = _attempt(request, tenant, phone, now, LoginEvent.Kind.SMS_REQUEST)
        try:
            withheld = _why_withheld(tenant, phone)
            issued = issue_code(CodeRequest(tenant, AUDIENCE, phone, attempt, withheld=withheld))
        except SmsLimitError as error:
            write(WritePlan([event_insert(attempt.refused(error.reason))]))
            form.add_error(None, _("Too many SMS codes were requested. Please try again later"))
            answer = self._ask(request, form, status=429)
            answer["Retry-After"] = str(error.retry_after_seconds)
            return answer
        request.session[_KEY] = {"tenant": tenant.code, "phone": phone, "since": now.timestamp()}
        answer = HttpResponseRedirect(reverse("accounts:forgotten-code"), status=303)
        return AnswerThen(answer, partial(send_after_answer, issued))

    def _ask(self, request: HttpRequest, form: PhoneForm, status: int = 200) -> HttpResponse:
        look = branding_of(form["tenant"].value() or "")
        if look is not None:
            form.fields["tenant"].widget = forms.HiddenInput()
        picture = self._draw(form)
        context = {"form": form, "picture": picture}
        return render_page(
            request, "account/forgotten.html", context, status=status, forms_stay=True, data_images=True, tenant=look
        )

    @staticmethod
    def _draw(form: PhoneForm) -> str:
        """A new picture for the form, as an address; "" where none can be kept now. Each is good for one answer."""
        try:
            captcha = issue_captcha(AUDIENCE, "", timezone.now())
        except CACHE_ERRORS:
            return ""
        form.initial["captcha_key"] = captcha.key
        if form.is_bound:
            form.data = {**dict(form.data.items()), "captcha_key": captcha.key, "captcha": ""}
        return f"data:image/png;base64,{base64.b64encode(captcha.png).decode()}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for in this browser a moment ago."""

    tenant: Tenant
    phone: str


class ForgottenCodeView(View):
    """`/account/forgotten/code/`: takes the code and a new password; the same page for every number."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked = _asked(request)
        if asked is None:
            return HttpResponseRedirect(reverse("accounts:forgotten"), status=303)
        return super().dispatch(request, asked, *args, **kwargs)

    def get(self, request: HttpRequest, asked: _Asked) -> HttpResponse:
        return self._ask(request, asked, CodeAndPasswordForm())

    def post(self, request: HttpRequest, asked: _Asked) -> HttpResponse:
        form, now = CodeAndPasswordForm(request.POST), timezone.now()
        if not form.is_valid():
            return self._ask(request, asked, form, status=400)
        attempt = _attempt(request, asked.tenant, asked.phone, now, LoginEvent.Kind.PASSWORD_CHANGED)
        presented = read_code(asked.tenant.pk, AUDIENCE, asked.phone, form.cleaned_data["code"])
        try:
            person = _prove(presented, asked, now)
        except VerificationError as error:
            refused = attempt.refused(error.reason, presented.person)
            write(WritePlan([event_insert(refused)], also=counting_of_try(presented.code)))
            form.add_error("code", _REJECTED)
            return self._ask(request, asked, form, status=400)
        if not is_password_usable(person.password):
            write(WritePlan([event_insert(attempt.refused("password_missing", person))]))
            form.add_error(None, _("You have no password here: you sign in otherwise. Please ask your administrator."))
            return self._ask(request, asked, form, status=400)
        user = User.objects.select_related("tenant").get(pk=person.user_id)
        new = ChangedPasswordFields(user, request.POST)
        if not new.is_valid():
            # The code stays good: he has proved himself, and only the password is not.
            for name, errors in new.errors.items():
                form.add_error(name, list(errors))
            return self._ask(request, asked, form, status=400)
        if presented.code is None or not self._change(new, presented.code, attempt, person, now):
            form.add_error("code", _REJECTED)
            return self._ask(request, asked, form, status=400)
        del request.session[_KEY]
        messages.success(request, gettext("Your new password is set. Sign in with it."))
        return HttpResponseRedirect(f"{reverse('accounts:login')}?tenant={asked.tenant.code}", status=303)

    @staticmethod
    def _change(new: ChangedPasswordFields, code: StoredCode, attempt: Attempt, person: Person, now: datetime) -> bool:
        """Use the code up and set the password, both or neither; False if another request was first."""
        with transaction.atomic():
            if write(WritePlan([event_insert(attempt.allowed(person))], guard=use_of_code(code, now))):
                new.save()
                return True
        write(WritePlan([event_insert(attempt.refused(why_lost(code), person))]))
        return False

    def _ask(self, request: HttpRequest, asked: _Asked, form: CodeAndPasswordForm, status: int = 200) -> HttpResponse:
        # What was typed as a code is not sent back.
        form.data = {**dict(form.data.items()), "code": ""} if form.is_bound else form.data
        context = {"form": form, "phone": asked.phone}
        look = branding_of(asked.tenant.code)
        return render_page(request, "account/forgotten_code.html", context, status=status, forms_stay=True, tenant=look)


def _asked(request: HttpRequest) -> _Asked | None:
    kept, now = request.session.get(_KEY), timezone.now()
    if not kept or now >= datetime.fromtimestamp(kept["since"], UTC) + timedelta(seconds=LIFETIME_SECONDS):
        return None
    tenant = _tenant_that_offers(kept["tenant"], now)
    return None if tenant is None else _Asked(tenant, kept["phone"])


def _tenant_that_offers(code: str, now: datetime) -> Tenant | None:
    registry.refresh()
    tenant = find_tenant(code)
    return tenant if tenant is not None and tenant.offers_password_reset and tenant.is_usable(now) else None


def _prove(presented: Presented, asked: _Asked, now: datetime) -> Person:
    """As `verify_code`, and not of one who has become an administrator since he asked.

    Raises:
        VerificationError: as there; second_factor_missing.
    """
    person = verify_code(presented, now)
    if withheld := _why_withheld(asked.tenant, asked.phone):
        raise VerificationError(withheld)
    return person


def _why_withheld(tenant: Tenant, phone: str) -> str:
    """Why this phone gives its person no new password; "" for anybody else, and for nobody.

    Whoever has the phone would get the console with it, and nobody vouches that the number is still his: of its people
    a second factor is asked for.
    """
    may_use_console = Q(is_staff=True) | Q(is_superuser=True)
    bare = User.objects.filter(may_use_console, tenant=tenant, phone=phone, authenticator_app=None, passkeys=None)
    return "second_factor_missing" if bare.exists() else ""


def _attempt(request: HttpRequest, tenant: Tenant, phone: str, now: datetime, kind: LoginEvent.Kind) -> Attempt:
    return Attempt(time=now, kind=kind, origin=origin_of(request), account=phone, tenant=tenant)
