"""The pages between a right password and being signed in: second factor, enrolment, new password.

They must not know which application sent the person.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.branding import branding_of
from accounts.browser_session import with_factor
from accounts.factors.changes import record
from accounts.factors.passkeys import begin_assertion, check_assertion, host_of
from accounts.factors.proving import check_any_code, pass_by
from accounts.factors.standing import Step, factors_of
from accounts.forms import ChangedPasswordFields
from accounts.models import LoginEvent, User
from accounts.pages import render_page
from accounts.pending import Pending, go_on, note_new_password, note_proof, pending_at
from accounts.tracking import acting_person

MAX_CODE_LENGTH = 64


class _CodeInput(forms.TextInput):
    """What was typed is not sent back: it may be a recovery code that is still good elsewhere."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:  # noqa: ARG002 - Django's hook
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=MAX_CODE_LENGTH,
        error_messages={"required": _("Enter the code."), "max_length": _("The code is wrong.")},
        widget=_CodeInput(
            {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "class": "code-input"}
        ),
    )


class _StepView(View):
    """A page for whoever is at this step of a sign-in; anyone else is led to where he is."""

    step: Step
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        pending = pending_at(request, self.step)
        return go_on(request) if pending is None else super().dispatch(request, pending, *args, **kwargs)

    def page(
        self,
        request: HttpRequest,
        pending: Pending,
        template: str,
        context: dict[str, Any],
        status: int = HTTPStatus.OK,
    ) -> HttpResponse:
        """The page in the look of the person's tenant. Its forms may lead on to an application."""
        shared = {"person": pending.user, "start_again": _start_of(pending)}
        look = branding_of(pending.user.tenant.code)
        return render_page(request, template, {**shared, **context}, status=status, tenant=look)


class SecondFactorView(_StepView):
    """`/account/login/second-factor/`: a code of the app, a recovery code, or a passkey."""

    step = Step.SECOND_FACTOR

    def get(self, request: HttpRequest, pending: Pending) -> HttpResponse:
        return self._ask(request, pending, CodeForm())

    def post(self, request: HttpRequest, pending: Pending) -> HttpResponse:
        user, answer = pending.user, request.POST.get("credential", "")
        form = CodeForm(None if answer else request.POST)
        if answer:
            amr = pass_by(request, user, lambda now: check_assertion(request, user, answer, now))
        elif form.is_valid():
            code = form.cleaned_data["code"]
            amr = pass_by(request, user, lambda now: check_any_code(user.pk, code, now))
        else:
            return self._ask(request, pending, form, status=400)
        if amr is not None:
            return go_on(request, note_proof(request, pending, with_factor(pending.proved_by, amr)))
        if answer:
            form = CodeForm()
            problem = _("This passkey was not accepted. Try again, or use another way.")
            return self._ask(request, pending, form, status=400, problem=problem)
        # One answer to a wrong code, a used one, one that came too soon and a locked account.
        form.add_error("code", _("The code is wrong, was used before, or too many were wrong. Wait for the next one."))
        return self._ask(request, pending, form, status=400)

    def _ask(
        self, request: HttpRequest, pending: Pending, form: CodeForm, status: int = 200, **more: Any
    ) -> HttpResponse:
        factors, options = factors_of(pending.user.pk), begin_assertion(request, pending.user)
        elsewhere = sorted({passkey.host for passkey in factors.passkeys} - {host_of(request)})
        context = {
            "form": form,
            "has_app": factors.app is not None,
            "has_codes": factors.recovery_codes_left > 0,
            "options": options,
            "elsewhere": ", ".join(elsewhere),
            **more,
        }
        if options is None or form.errors:
            form.fields["code"].widget.attrs["autofocus"] = True
        return self.page(request, pending, "account/step_factor.html", context, status)


class EnrolmentView(_StepView):
    """`/account/login/enrolment/`: chooses which factor to set up; the pages for that are the account page's."""

    step = Step.ENROLMENT
    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest, pending: Pending) -> HttpResponse:
        context = {"offers_passkeys": host_of(request) is not None}
        return self.page(request, pending, "account/step_enrolment.html", context)


class NewPasswordForm(ChangedPasswordFields):
    """A new password for a sign-in whose old one is over."""


class NewPasswordView(_StepView):
    """`/account/login/password/`: the old password was right, but another one must be chosen."""

    step = Step.NEW_PASSWORD

    def get(self, request: HttpRequest, pending: Pending) -> HttpResponse:
        return self._ask(request, pending, NewPasswordForm(pending.user))

    def post(self, request: HttpRequest, pending: Pending) -> HttpResponse:
        form = NewPasswordForm(pending.user, request.POST)
        if not form.is_valid():
            return self._ask(request, pending, form, status=400)
        user = pending.user
        with transaction.atomic(), acting_person(request, user):
            # The password that was right is the one to be replaced: another one that was set meanwhile ends this.
            unchanged = User.objects.select_for_update().filter(pk=user.pk, password=user.password, is_active=True)
            if unchanged.values_list("pk").first() is None:
                return go_on(request)
            form.save()
            record(request, user, LoginEvent.Kind.PASSWORD_CHANGED, "")
        return go_on(request, note_new_password(request, pending))

    def _ask(self, request: HttpRequest, pending: Pending, form: NewPasswordForm, status: int = 200) -> HttpResponse:
        form.fields["password1"].widget.attrs["autofocus"] = True
        context = {"form": form, "is_set_by_other": pending.person.must_change_password}
        return self.page(request, pending, "account/step_password.html", context, status)


class GoOnView(View):
    """`POST /account/login/go-on/`: the button below what was shown once."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Where a reload leads."""
        return HttpResponseRedirect(reverse("accounts:login"), status=303)

    def post(self, request: HttpRequest) -> HttpResponse:
        return go_on(request)


def _start_of(pending: Pending) -> str:
    return reverse("admin:login" if pending.is_console else "accounts:login")
