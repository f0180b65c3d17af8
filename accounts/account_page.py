"""The account page: what a person sees of his account, and ends with a button. It must not know what sections show."""

from functools import cache

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.views import View

from accounts.account_sections import Action, Section, Visit
from accounts.branding import branding_of
from accounts.browser_session import current_session
from accounts.models import User
from accounts.pages import render_page


class AccountPageView(View):
    """`GET /account/`: every section, for the signed-in person; anyone else is led to the sign-in page and back."""

    http_method_names = ["get", "head"]  # noqa: RUF012 - as Django declares it

    def get(self, request: HttpRequest) -> HttpResponse:
        visit = visit_of(request)
        if visit is None:
            return to_sign_in()
        look = branding_of(visit.user.tenant.code)
        with timezone.override(visit.user.tenant.zone):
            parts = [
                (section, render_to_string(section.template, section.context(visit), request)) for section in sections()
            ]
        context = {"parts": parts, "sign_out_url": resolve_url(settings.SIGN_OUT_URL)}
        return render_page(request, "account/page.html", context, forms_stay=True, tenant=look)


class AccountActionView(View):
    """`POST /account/SECTION/ACTION/`: does it, and leads back to the page, which tells what was done."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def get(self, _request: HttpRequest, section: str, action: str) -> HttpResponse:  # noqa: ARG002 - the address's parts
        """Where the sign-in page or a reload leads."""
        return see_other(reverse("accounts:account"))

    def post(self, request: HttpRequest, section: str, action: str) -> HttpResponse:
        visit = visit_of(request)
        if visit is None:
            return to_sign_in()
        done = _action(section, action)(visit)
        messages.success(request, done)
        return see_other(reverse("accounts:account"))


def sections() -> tuple[Section, ...]:
    """The sections of `ACCOUNT_SECTIONS`, in that order."""
    return _load(tuple(settings.ACCOUNT_SECTIONS))


@cache
def _load(paths: tuple[str, ...]) -> tuple[Section, ...]:
    return tuple(import_string(path)() for path in paths)


def _action(section: str, action: str) -> Action:
    """What the button of this address does.

    Raises:
        Http404: no section has such a button.
    """
    found = next((one.actions[action] for one in sections() if one.name == section and action in one.actions), None)
    if found is None:
        raise Http404
    return found


def visit_of(request: HttpRequest) -> Visit | None:
    """None of somebody who is not signed in, or no longer."""
    session = current_session(request)
    if session is None or not isinstance(request.user, User):
        return None
    return Visit(request=request, user=request.user, session=session, now=timezone.now())


def to_sign_in(leads_to: str = "") -> HttpResponse:
    """To the sign-in page, and from there to this address of ours, or back to the account page."""
    return see_other(f"{reverse('accounts:login')}?{urlencode({'next': leads_to or reverse('accounts:account')})}")


def see_other(address: str) -> HttpResponse:
    """On to this address."""
    return HttpResponseRedirect(address, status=303)
