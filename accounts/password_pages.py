"""A signed-in person proves anew that it is he, and changes his password. It must not know what else he changes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.branding import branding_of
from accounts.browser_session import begin_anew, confirm, current_session, hold_session
from accounts.factors.changes import record
from accounts.forms import ChangedPasswordFields
from accounts.models import LoginEvent, User
from accounts.pages import render_page
from accounts.signing_in import confirm_password
from accounts.views import safe_path


class _CurrentPassword(forms.Form):
    current = forms.CharField(
        label=_("Present password"),
        max_length=255,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )


class ChangePasswordForm(ChangedPasswordFields, _CurrentPassword):
    """The present password, and a new one twice. `confirm` says whether the present one is right, and counts it."""

    field_order = ("current", "password1", "password2")

    def __init__(self, user: User, confirm: Callable[[str], bool], data: Any = None) -> None:
        super().__init__(user, data)
        self.confirm = confirm

    def clean(self) -> dict[str, Any]:
        # Before anything is said of the new one: that would tell a borrowed browser what the present one is.
        current = self.cleaned_data.get("current")
        if current is None:
            return self.cleaned_data
        if not self.confirm(current):
            self.add_error("current", _("This is not your present password, or your account is locked."))
            return self.cleaned_data
        return super().clean()


class _SignedInView(View):
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if current_session(request) is None or not isinstance(request.user, User):
            return self.to_sign_in(request)
        return super().dispatch(request, request.user, *args, **kwargs)

    @staticmethod
    def to_sign_in(request: HttpRequest) -> HttpResponse:
        """Where nobody is signed in, or no longer."""
        address = reverse("accounts:login")
        return HttpResponseRedirect(f"{address}?{urlencode({'next': request.get_full_path()})}", status=303)

    def page(
        self, request: HttpRequest, user: User, template: str, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        look = branding_of(user.tenant.code)
        return render_page(
            request, template, {"form": form, "person": user}, status=status, forms_stay=True, tenant=look
        )


class ConfirmView(_SignedInView):
    """`/account/confirm/?next=…`: asks for the password before something that a borrowed browser shall not do."""

    def get(self, request: HttpRequest, user: User) -> HttpResponse:
        return self.page(request, user, "account/confirm.html", _CurrentPassword())

    def post(self, request: HttpRequest, user: User) -> HttpResponse:
        form = _CurrentPassword(request.POST)
        if form.is_valid():
            if confirm_password(request, user, form.cleaned_data["current"]):
                confirm(request)
                return HttpResponseRedirect(safe_path(request.GET.get("next", "")), status=303)
            form.add_error("current", _("This is not your present password, or your account is locked."))
        return self.page(request, user, "account/confirm.html", form, status=400)


class ChangePasswordView(_SignedInView):
    """`/account/password/`: a new password in place of the present one; it ends every other session."""

    def get(self, request: HttpRequest, user: User) -> HttpResponse:
        return self.page(request, user, "account/change_password.html", self._form(request, user))

    def post(self, request: HttpRequest, user: User) -> HttpResponse:
        form = self._form(request, user)
        if not form.is_valid():
            return self.page(request, user, "account/change_password.html", form, status=400)
        with transaction.atomic():
            # The password that was right is the one to be replaced, and by a session that still lasts. The person's row
            # comes first, as wherever a new password ends sessions.
            unchanged = User.objects.select_for_update().filter(pk=user.pk, password=user.password, is_active=True)
            if unchanged.values_list("pk").first() is None or hold_session(request) is None:
                return self.to_sign_in(request)
            form.save()
            record(request, user, LoginEvent.Kind.PASSWORD_CHANGED, "")
        # The new password ended every session, this one too: it goes on in a new one.
        update_session_auth_hash(request, user)
        begin_anew(request)
        confirm(request)
        messages.success(request, gettext("Your password is changed. You are signed out everywhere else."))
        return HttpResponseRedirect(reverse("accounts:account"), status=303)

    @staticmethod
    def _form(request: HttpRequest, user: User) -> ChangePasswordForm:
        data = request.POST if request.method == "POST" else None
        return ChangePasswordForm(user, partial(confirm_password, request, user), data)
