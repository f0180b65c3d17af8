"""The pages on which a person sets up and removes his second factors: from his account page, or led there at a sign-in.

They must not know how a factor is checked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from accounts.branding import branding_of
from accounts.browser_session import (
    add_proof,
    current_session,
    has_shown_factor,
    hold_session,
    is_fresh,
    with_factor,
)
from accounts.factors import changes, totp
from accounts.factors.passkeys import begin_registration, finish_registration, host_of
from accounts.factors.standing import Step, factors_of
from accounts.models import AuthenticatorApp, Passkey, User
from accounts.pages import render_page
from accounts.pending import Pending, go_on, note_proof, pending_at
from accounts.step_pages import CodeForm
from accounts.verifiers import VerificationError
from tenants import encryption
from tenants.console.keys import is_key

_SECRET = "new_authenticator_secret"  # noqa: S105 - the name in the session


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose factors are changed; with the sign-in that waits for it, if one does."""

    user: User
    pending: Pending | None = None


class _FactorView(View):
    """A page for whoever has just proved himself: by his password, and by a second factor if he has one."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it
    # Whether it may also come before somebody is signed in, who must have a factor and has none.
    is_for_enrolment = True

    @method_decorator(sensitive_post_parameters())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        pending = pending_at(request, Step.ENROLMENT) if self.is_for_enrolment else None
        if pending is not None:
            return super().dispatch(request, _Owner(pending.user, pending), *args, **kwargs)
        here = reverse("accounts:second-factor")
        user = request.user
        if current_session(request) is None or not isinstance(user, User):
            return _see_other("accounts:login", next=here)
        if factors_of(user.pk).number and not has_shown_factor(request):
            # Signed in before there was one: the password alone must not take it away.
            messages.warning(request, gettext("Sign in with your second factor first."))
            return _see_other("accounts:login", next=here)
        if not is_fresh(request):
            back = request.path if request.method == "GET" else here
            return _see_other("accounts:confirm", next=back)
        return super().dispatch(request, _Owner(user), *args, **kwargs)

    def page(
        self, request: HttpRequest, owner: _Owner, template: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        back = reverse("accounts:second-factor" if owner.pending is None else "accounts:login-enrolment")
        shared = {"back": back, "is_enrolment": owner.pending is not None}
        look = branding_of(owner.user.tenant.code)
        stays = owner.pending is None
        return render_page(request, template, {**shared, **context}, status=status, forms_stay=stays, tenant=look)

    @staticmethod
    def change(request: HttpRequest, owner: _Owner, act: Callable[[], list[str]]) -> list[str] | None:
        """What `act` returns; None, and nothing is done, if a moment ago somebody ended what led here."""
        with transaction.atomic():
            # The person's row comes first, as wherever his sessions end.
            User.objects.select_for_update().filter(pk=owner.user.pk).first()
            lasts = hold_session(request) if owner.pending is None else pending_at(request, Step.ENROLMENT)
            return None if lasts is None else act()

    def done(self, request: HttpRequest, owner: _Owner, amr: str, codes: list[str], text: str) -> HttpResponse:
        """After a factor was added and shown: the recovery codes, if there are new ones, and on from there."""
        pending = owner.pending
        if pending is None:
            add_proof(request, amr)
        else:
            pending = note_proof(request, pending, with_factor(pending.proved_by, amr))
        if codes:
            return self.show_codes(request, owner, codes)
        messages.success(request, text)
        return _see_other("accounts:second-factor") if pending is None else go_on(request, pending)

    def show_codes(self, request: HttpRequest, owner: _Owner, codes: list[str]) -> HttpResponse:
        return self.page(request, owner, "account/recovery_codes.html", {"codes": codes})


class SecondFactorPage(_FactorView):
    """`GET /account/second-factor/`: what the person has, with buttons."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it
    is_for_enrolment = False

    def get(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        factors = factors_of(owner.user.pk)
        context = {
            "factors": factors,
            "here": host_of(request),
            "is_required": _is_required(owner.user),
            "may_add_passkey": host_of(request) is not None and len(factors.passkeys) < changes.MAX_PASSKEYS,
        }
        with timezone.override(owner.user.tenant.zone):
            return self.page(request, owner, "account/second_factor.html", context)


class AuthenticatorView(_FactorView):
    """`/account/second-factor/authenticator/`: sets an app up, which is settled by its first code."""

    def get(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        if AuthenticatorApp.objects.filter(user=owner.user).exists():
            return _see_other("accounts:second-factor")
        # Anew each time that the page is opened: one that somebody saw over a shoulder shall not stay.
        secret = totp.new_secret()
        request.session[_SECRET] = encryption.encrypt(secret.encode())
        return self._ask(request, owner, CodeForm(), secret)

    def post(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        secret = _kept_secret(request)
        if secret is None:
            return HttpResponseRedirect(request.path, status=303)
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._ask(request, owner, form, secret, status=400)
        step = totp.step_of(secret, "".join(form.cleaned_data["code"].split()), timezone.now())
        if step is None:
            form.add_error("code", _("The code is wrong. Look whether the clock of your phone is right."))
            return self._ask(request, owner, form, secret, status=400)
        del request.session[_SECRET]
        try:
            codes = self.change(request, owner, lambda: changes.add_app(request, owner.user, secret, step))
        except changes.FactorTakenError:
            return _see_other("accounts:second-factor")
        if codes is None:
            return _see_other("accounts:login")
        return self.done(request, owner, "otp", codes, gettext("The authenticator app is set up."))

    def _ask(self, request: HttpRequest, owner: _Owner, form: CodeForm, secret: str, status: int = 200) -> HttpResponse:
        address = totp.address_of(secret, owner.user.account, owner.user.tenant.name)
        grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        context = {"form": form, "qr_code": totp.qr_code(address), "secret": grouped, "address": address}
        return self.page(request, owner, "account/authenticator.html", context, status)


class PasskeyForm(forms.Form):
    """What the passkey shall be called; the script adds what the device says."""

    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=64,
        help_text=_("Such as the device that it is on."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class PasskeyView(_FactorView):
    """`/account/second-factor/passkey/`: makes a passkey for this host."""

    def get(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        return self._ask(request, owner, PasskeyForm(initial={"name": gettext("My passkey")}))

    def post(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        form = PasskeyForm(request.POST)
        if not form.is_valid():
            return self._ask(request, owner, form, status=400)
        try:
            answer, name = request.POST.get("credential", ""), form.cleaned_data["name"]
            passkey = finish_registration(request, owner.user, answer, name, timezone.now())
            codes = self.change(request, owner, lambda: changes.add_passkey(request, passkey))
        except changes.TooManyPasskeysError:
            return _see_other("accounts:second-factor")
        except (VerificationError, changes.FactorTakenError):
            form.add_error(None, _("This passkey was not accepted. Try again."))
            return self._ask(request, owner, form, status=400)
        if codes is None:
            return _see_other("accounts:login")
        amr = "swk" if passkey.is_synced else "hwk"
        return self.done(request, owner, amr, codes, gettext("The passkey is set up."))

    def _ask(self, request: HttpRequest, owner: _Owner, form: PasskeyForm, status: int = 200) -> HttpResponse:
        if len(factors_of(owner.user.pk).passkeys) >= changes.MAX_PASSKEYS:
            return _see_other("accounts:second-factor")
        context = {"form": form, "options": begin_registration(request, owner.user), "host": host_of(request)}
        return self.page(request, owner, "account/passkey.html", context, status)


class RecoveryCodesView(_FactorView):
    """`/account/second-factor/recovery-codes/`: new ones in place of the old."""

    is_for_enrolment = False

    def get(self, request: HttpRequest, owner: _Owner) -> HttpResponse:  # noqa: ARG002 - Django's hook
        """Where a reload leads."""
        return _see_other("accounts:second-factor")

    def post(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        if not factors_of(owner.user.pk).number:
            return _see_other("accounts:second-factor")
        codes = self.change(request, owner, lambda: changes.renew_recovery_codes(request, owner.user))
        return _see_other("accounts:login") if codes is None else self.show_codes(request, owner, codes)


class RemoveFactorView(_FactorView):
    """`/account/second-factor/remove/`: asks, then takes the app or a passkey away."""

    is_for_enrolment = False

    def get(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        return self._ask(request, owner, self._factor(request.GET, owner))

    def post(self, request: HttpRequest, owner: _Owner) -> HttpResponse:
        factor = self._factor(request.POST, owner)
        try:
            changes.remove(request, owner.user, factor)
        except changes.LastFactorError:
            problem = _("Your organisation asks for a second factor. Set another one up first.")
            return self._ask(request, owner, factor, status=400, problem=problem)
        messages.success(request, gettext("It is removed."))
        return _see_other("accounts:second-factor")

    def _ask(
        self, request: HttpRequest, owner: _Owner, factor: AuthenticatorApp | Passkey, status: int = 200, **more: Any
    ) -> HttpResponse:
        is_last = factors_of(owner.user.pk).number == 1
        context = {"passkey": factor if isinstance(factor, Passkey) else None, "is_last": is_last, **more}
        return self.page(request, owner, "account/remove_factor.html", context, status)

    @staticmethod
    def _factor(sent: Any, owner: _Owner) -> AuthenticatorApp | Passkey:
        key = sent.get("passkey", "")
        found: AuthenticatorApp | Passkey | None
        if key:
            own = Passkey.objects.filter(user=owner.user)
            found = own.filter(pk=key).first() if is_key(Passkey._meta.pk, key) else None
        else:
            found = AuthenticatorApp.objects.filter(user=owner.user).first()
        if found is None:
            raise Http404
        return found


def _kept_secret(request: HttpRequest) -> str | None:
    """What the page showed; None if it showed none, or under a key that is no more: then it begins anew."""
    try:
        return encryption.decrypt(request.session.get(_SECRET) or "").decode()
    except InvalidToken:
        return None


def _is_required(user: User) -> bool:
    return user.tenant.requires_second_factor or user.roles.filter(requires_second_factor=True).exists()


def _see_other(name: str, **query: str) -> HttpResponse:
    address = reverse(name)
    return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address, status=303)
