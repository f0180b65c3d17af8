"""The sign-in page for applications' people. It must not know which application sent them."""

from django import forms
from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View

from accounts.branding import branding_of
from accounts.models import User
from accounts.pages import render_page


class SignInForm(forms.Form):
    """Tenant, account and password; the tenant is asked for only where it is not known."""

    tenant = forms.CharField(
        label=_("Tenant"), max_length=255, widget=forms.TextInput({"autocomplete": "organization"})
    )
    username = forms.CharField(label=_("Account"), max_length=255, widget=forms.TextInput({"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=255,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class SignInView(View):
    """`/account/login/?next=…&tenant=…&login_hint=…`: signs a person in, then leads on to `next` on this host."""

    def get(self, request: HttpRequest) -> HttpResponse:
        initial = {"tenant": request.GET.get("tenant", ""), "username": request.GET.get("login_hint", "")}
        return self._page(request, SignInForm(initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if form.is_valid():
            user = authenticate(request, **form.cleaned_data)
            if isinstance(user, User):
                login(request, user)
                return HttpResponseRedirect(_safe_next(request), status=303)
            form.add_error(None, _("Incorrect username or password"))
        return self._page(request, form, status=400)

    def _page(self, request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
        tenant = branding_of(request.GET.get("tenant", ""))
        if tenant is not None:
            form.fields["tenant"].widget = forms.HiddenInput()
        form.fields[_first_to_fill(form, is_tenant_known=tenant is not None)].widget.attrs["autofocus"] = True
        nonce = tenant.nonce if tenant is not None else ""
        context = {"form": form, "tenant": tenant}
        return render_page(request, "account/login.html", context, status=status, style_nonce=nonce)


def _first_to_fill(form: SignInForm, *, is_tenant_known: bool) -> str:
    """The first visible field that is wrong, or else empty."""
    names = [name for name in form.fields if not (is_tenant_known and name == "tenant")]
    return next((name for name in names if form[name].errors or not form[name].value()), "password")


def _safe_next(request: HttpRequest) -> str:
    """Where to go on: an address of this host alone, so that nobody is led elsewhere."""
    target = request.GET.get("next", "") or "/"
    allowed = url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=request.is_secure())
    return target if allowed and target.startswith("/") else "/"
