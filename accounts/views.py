"""The sign-in page for applications' people. It must not know which application sent them."""

import re
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View

from accounts.branding import branding_of
from accounts.domains import tenant_of_domain
from accounts.forgotten_ways import ways_of
from accounts.languages import speak
from accounts.models import User
from accounts.pages import render_page
from accounts.pending import abandon, enter
from tenants.resolution import find_tenant

# One slash, and nothing that browsers take for a second one or leave out: no backslash, space or control character.
# Django's own check refuses what is longer than 2,048 characters; an authorization request may be.
_PATH = re.compile(r"/(?!/)[^\x00-\x20\x7f\\]*")


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
    """`/account/login/?next=…&tenant=…&login_hint=…&ui_locales=…`: signs a person in, and leads on to `next`.

    What else is asked of him (`accounts/pending.py`) comes in between.

    With `in_vain` it says that the account that is signed in may not use the application. Without `next` it leads to
    the account page, and whoever is signed in already goes there at once.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        speak(request, request.GET.get("ui_locales", ""))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        abandon(request)
        if request.user.is_authenticated and "next" not in request.GET:
            return HttpResponseRedirect(reverse("accounts:account"), status=303)
        initial = {"tenant": tenant_code_of(request), "username": request.GET.get("login_hint", "")}
        return self._page(request, SignInForm(initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if form.is_valid():
            user = authenticate(request, **form.cleaned_data)
            if isinstance(user, User):
                return enter(request, user, leads_to=_safe_next(request), is_console=False)
            form.add_error(None, _("Incorrect username or password"))
        return self._page(request, form, status=400)

    def _page(self, request: HttpRequest, form: SignInForm, status: int = HTTPStatus.OK) -> HttpResponse:
        code = tenant_code_of(request)
        tenant = branding_of(code)
        if tenant is not None:
            form.fields["tenant"].widget = forms.HiddenInput()
        form.fields[_first_to_fill(form, is_tenant_known=tenant is not None)].widget.attrs["autofocus"] = True
        in_vain = status == HTTPStatus.OK and "in_vain" in request.GET and request.user.is_authenticated
        context = {
            "form": form,
            "refused": request.user if in_vain else None,
            # Where none was named, the page behind it asks for one.
            "offers_reset": bool(ways_of(find_tenant(tenant.code))) if tenant is not None else not code,
        }
        return render_page(request, "account/login.html", context, status=status, tenant=tenant)


def tenant_code_of(request: HttpRequest) -> str:
    """The tenant that whoever sent the person here named, if only as unknown; else the one whose page this host is."""
    if "tenant" in request.GET:
        return request.GET["tenant"]
    own = tenant_of_domain(request)
    return own.code if own is not None else ""


def _first_to_fill(form: SignInForm, *, is_tenant_known: bool) -> str:
    """The first visible field that is wrong, or else empty."""
    names = [name for name in form.fields if not (is_tenant_known and name == "tenant")]
    return next((name for name in names if form[name].errors or not form[name].value()), "password")


def _safe_next(request: HttpRequest) -> str:
    """Where to go on: an address of this host alone, so that nobody is led elsewhere."""
    return safe_path(request.GET.get("next", ""))


def safe_path(target: str) -> str:
    """This address, if it is one of this host; otherwise the account page's."""
    return target if _PATH.fullmatch(target) else reverse("accounts:account")
