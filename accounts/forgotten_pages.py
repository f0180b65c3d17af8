"""A forgotten password: a code by SMS or mail proves the person, who chooses a new one. It must not know vendors.

Nothing here says who exists: the same page follows for every phone and account, and a message goes out only after it.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import is_password_usable
from django.db import transaction
from django.forms import HiddenInput
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
from accounts.code_limits import CodeLimitError
from accounts.forgotten_forms import AccountForm, CodeAndPasswordForm, PhoneForm, RecipientForm, say_wait
from accounts.forgotten_ways import AUDIENCE, Asked, Way, way_of, ways_of
from accounts.forms import ChangedPasswordFields
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.pages import render_page
from accounts.people import Person
from accounts.tracking import acting_person
from accounts.verifiers import VerificationError
from accounts.verifiers.captcha import issue_captcha, verify_captcha
from accounts.verifiers.sent_codes import StoredCode, counting_of_try, use_of_code, why_lost
from accounts.views import tenant_code_of
from tenants import registry
from tenants.models import Tenant
from tenants.resolution import find_tenant
from tenants.sql import WritePlan, write

_KEY = "forgotten_password"
_REJECTED = _("The code is wrong or has expired.")
_FORMS: Mapping[str, type[RecipientForm]] = {"sms": PhoneForm, "mail": AccountForm}


class ForgottenView(View):
    """`/account/forgotten/?way=…`: asks for tenant and phone, or account, where the tenant allows it."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest) -> HttpResponse:
        code = tenant_code_of(request)
        offered = ways_of(_usable_tenant(code, timezone.now())) or ways_of(None)
        wanted = way_of(request.GET.get("way", ""))
        way = wanted if wanted in offered and wanted is not None else offered[0]
        return self._ask(request, way, _FORMS[way.name](initial={"tenant": code}))

    def post(self, request: HttpRequest) -> HttpResponse:
        way, now = way_of(request.POST.get("way", "")) or ways_of(None)[0], timezone.now()
        form = _FORMS[way.name](request.POST)
        if not form.is_valid():
            return self._ask(request, way, form, status=400)
        try:
            verify_captcha(form.cleaned_data["captcha_key"], form.cleaned_data["captcha"], AUDIENCE, "", now)
        except VerificationError:
            form.add_error("captcha", _("These are not the characters. Look at the new picture."))
            return self._ask(request, way, form, status=400)
        except CACHE_ERRORS:
            form.add_error(None, _("The service is busy. Please try again later"))
            return self._ask(request, way, form, status=503)
        tenant = _usable_tenant(form.cleaned_data["tenant"], now)
        if tenant is None or not way.is_offered(tenant):
            form.add_error(None, _("This tenant does not offer that. Please ask your administrator."))
            return self._ask(request, way, form, status=400)
        return self._send(request, form, Asked(tenant, way, form.cleaned_data[form.recipient]), now)

    def _send(self, request: HttpRequest, form: RecipientForm, asked: Asked, now: datetime) -> HttpResponse:
        way, tenant = asked.way, asked.tenant
        attempt = _attempt(request, asked, now, way.kind)
        try:
            send = way.issue(tenant, asked.recipient, attempt)
        except CodeLimitError as error:
            write(WritePlan([event_insert(attempt.refused(error.reason))]))
            form.add_error(None, say_wait(error.retry_after_seconds))
            answer = self._ask(request, way, form, status=429)
            answer["Retry-After"] = str(error.retry_after_seconds)
            return answer
        request.session[_KEY] = {
            "tenant": tenant.code, "way": way.name, "recipient": asked.recipient, "since": now.timestamp()
        }  # fmt: skip
        return AnswerThen(HttpResponseRedirect(reverse("accounts:forgotten-code"), status=303), send)

    def _ask(self, request: HttpRequest, way: Way, form: RecipientForm, status: int = 200) -> HttpResponse:
        look = branding_of(form["tenant"].value() or "")
        if look is not None:
            form.fields["tenant"].widget = HiddenInput()
        offered = ways_of(find_tenant(look.code) if look is not None else None)
        context = {
            "form": form,
            "way": way.name,
            "others": [other.name for other in offered if other is not way],
            "picture": self._draw(form),
            # Of this browser alone: it says nothing of who exists.
            "has_asked": status == HTTPStatus.TOO_MANY_REQUESTS and _asked(request) is not None,
        }
        return render_page(
            request, "account/forgotten.html", context, status=status, forms_stay=True, data_images=True, tenant=look
        )

    @staticmethod
    def _draw(form: RecipientForm) -> str:
        """A new picture for the form, as an address; "" where none can be kept now. Each is good for one answer."""
        try:
            captcha = issue_captcha(AUDIENCE, "", timezone.now())
        except CACHE_ERRORS:
            return ""
        form.initial["captcha_key"] = captcha.key
        if form.is_bound:
            form.data = {**dict(form.data.items()), "captcha_key": captcha.key, "captcha": ""}
        return f"data:image/png;base64,{base64.b64encode(captcha.png).decode()}"


class ForgottenCodeView(View):
    """`/account/forgotten/code/`: takes the code and a new password; the same page for everybody."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked = _asked(request)
        if asked is None:
            return HttpResponseRedirect(reverse("accounts:forgotten"), status=303)
        return super().dispatch(request, asked, *args, **kwargs)

    def get(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        return self._ask(request, asked, CodeAndPasswordForm(way=asked.way.name))

    def post(self, request: HttpRequest, asked: Asked) -> HttpResponse:
        form, now = CodeAndPasswordForm(request.POST, way=asked.way.name), timezone.now()
        if not form.is_valid():
            return self._ask(request, asked, form, status=400)
        attempt = _attempt(request, asked, now, LoginEvent.Kind.PASSWORD_CHANGED)
        presented = asked.read(form.cleaned_data["code"])
        try:
            person = asked.prove(presented, now)
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
        with acting_person(request, user):
            is_changed = presented.code is not None and self._change(new, presented.code, attempt, person, now)
        if not is_changed:
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

    def _ask(self, request: HttpRequest, asked: Asked, form: CodeAndPasswordForm, status: int = 200) -> HttpResponse:
        # What was typed as a code is not sent back.
        form.data = {**dict(form.data.items()), "code": ""} if form.is_bound else form.data
        context = {"form": form, "way": asked.way.name, "recipient": asked.recipient}
        look = branding_of(asked.tenant.code)
        return render_page(request, "account/forgotten_code.html", context, status=status, forms_stay=True, tenant=look)


def _asked(request: HttpRequest) -> Asked | None:
    kept, now = request.session.get(_KEY) or {}, timezone.now()
    way = way_of(kept.get("way", ""))
    if way is None or now >= datetime.fromtimestamp(kept["since"], UTC) + timedelta(seconds=way.lifetime_seconds):
        return None
    tenant = _usable_tenant(kept["tenant"], now)
    return None if tenant is None or not way.is_offered(tenant) else Asked(tenant, way, kept["recipient"])


def _usable_tenant(code: str, now: datetime) -> Tenant | None:
    registry.refresh()
    tenant = find_tenant(code)
    return tenant if tenant is not None and tenant.is_usable(now) else None


def _attempt(request: HttpRequest, asked: Asked, now: datetime, kind: LoginEvent.Kind) -> Attempt:
    return Attempt(time=now, kind=kind, origin=origin_of(request), account=asked.recipient, tenant=asked.tenant)
