"""The pages where a person lets a device in, or not (RFC 8628 section 3.3). It must not know how the device asks."""

import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.branding import branding_of
from accounts.caches import CACHE_ERRORS
from accounts.models import User
from accounts.origin import origin_of
from accounts.pages import render_page
from oauthx.choices import scope_texts
from oauthx.conf import conf
from oauthx.device.decision import decide, find_device_client, may_decide
from oauthx.device.guessing import (
    WINDOW_SECONDS,
    TooManyWrongCodesError,
    find_waiting,
    limits_of_nobody,
    limits_of_person,
)
from oauthx.device.user_codes import MAX_TYPED, show_user_code
from oauthx.models import Client, DeviceGrant
from tenants import registry

logger = logging.getLogger(__name__)

_SALT = "oauthx.device.decision"
_DONE = "oauthx.device.done"
# How long the page after the decision can be loaded again.
DONE_SECONDS = 3600


class _ProblemError(Exception):
    """Why a person cannot decide: `reason` for the log, `text` for him, and what he may do about it."""

    def __init__(
        self, reason: str, text: str, status: int = 400, *, can_retry: bool = True, is_about_person: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text
        self.status = status
        self.can_retry = can_retry
        self.is_about_person = is_about_person


class DevicePage(View):
    """`GET /connect/device` asks for the code, then for the decision; `POST` brings the decision."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        registry.refresh()
        try:
            return super().dispatch(request, *args, **kwargs)
        except _ProblemError as problem:
            return _tell(request, problem)

    def get(self, request: HttpRequest) -> HttpResponse:
        now, typed = conf().clock(), _typed(request)
        user = _signed_in(request, now)
        if user is None:
            return _to_sign_in(request, typed, now)
        if not typed:
            return _page(request, "connect/device.html", {"can_retry": True})
        grant, client = _find(request, user, typed, now)
        context = {
            "client": client,
            "person": user,
            "scopes": scope_texts(grant.scope.split()),
            # To compare, also for who came by a link that had it already (sections 3.3.1 and 5.4).
            "user_code": show_user_code(grant.user_code),
            "signed_request": signing.dumps({"user": user.pk, "grant": grant.pk}, salt=_SALT),
            "other_account": _sign_in_address(typed, grant.tenant.code if grant.tenant is not None else ""),
        }
        return _page(request, "connect/device_confirm.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Decide. What the page carries is signed, and says for whom it was made and about what."""
        now = conf().clock()
        user = _signed_in(request, now)
        try:
            asked = signing.loads(request.POST.get("request", ""), salt=_SALT)
        except signing.BadSignature:
            raise _over() from None
        if user is None or asked["user"] != user.pk:
            raise _over()
        grant = DeviceGrant.objects.filter(pk=asked["grant"]).first()
        client = None if grant is None else find_device_client(grant)
        if grant is None or client is None or not may_decide(user, grant, client):
            raise _over()
        is_allowed = "allow" in request.POST
        if not decide(request, user, grant, client, now, is_allowed=is_allowed):
            raise _over()
        done = signing.dumps({"client": client.name or client.client_id, "allowed": is_allowed}, salt=_DONE)
        return HttpResponseRedirect(f"{reverse('oauthx:device-done')}?{urlencode({'done': done})}", status=303)


class DeviceDonePage(View):
    """`GET /connect/device/done`: what was decided just now, as the redirect there says, signed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            done = signing.loads(request.GET.get("done", ""), salt=_DONE, max_age=DONE_SECONDS)
        except signing.BadSignature:
            return HttpResponseRedirect(reverse("oauthx:device"), status=303)
        return _page(request, "connect/device_done.html", done)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    tenant = branding_of(request.user.tenant.code) if isinstance(request.user, User) else None
    return render_page(request, template, context, status=status, forms_stay=True, tenant=tenant)


def _typed(request: HttpRequest) -> str:
    return request.GET.get("user_code", "")[:MAX_TYPED].strip()


def _signed_in(request: HttpRequest, now: datetime) -> User | None:
    user = request.user
    return user if isinstance(user, User) and user.is_active and user.tenant.is_usable(now) else None


def _page_with(typed: str) -> str:
    address = reverse("oauthx:device")
    return f"{address}?{urlencode({'user_code': typed})}" if typed else address


def _sign_in_address(typed: str, tenant_code: str = "") -> str:
    hints = {"next": _page_with(typed), "tenant": tenant_code}
    return f"{reverse('accounts:login')}?{urlencode({name: value for name, value in hints.items() if value})}"


def _to_sign_in(request: HttpRequest, typed: str, now: datetime) -> HttpResponse:
    """Sign in first. The code, if the address has it already, may tell the tenant."""
    grant = None
    if typed:
        try:
            grant = find_waiting(typed, limits_of_nobody(origin_of(request).address), now)
        except (TooManyWrongCodesError, *CACHE_ERRORS):
            # He can say himself where he belongs.
            logger.info("no tenant to fill in request_id=%s", origin_of(request).request_id)
    tenant_code = grant.tenant.code if grant is not None and grant.tenant is not None else ""
    return HttpResponseRedirect(_sign_in_address(typed, tenant_code), status=303)


def _find(request: HttpRequest, user: User, typed: str, now: datetime) -> tuple[DeviceGrant, Client]:
    """What this person may decide about by this code.

    Raises:
        _ProblemError: it leads to nothing (400), not for him (403), too many wrong ones came before (429), or they
            cannot be counted now (503).
    """
    try:
        grant = find_waiting(typed, limits_of_person(user.pk, origin_of(request).address), now)
    except TooManyWrongCodesError:
        text = _("Too many wrong codes. Try again in ten minutes")
        raise _ProblemError("user_codes_guessed", text, 429, can_retry=False) from None
    except CACHE_ERRORS:
        text = _("The service is busy. Please try again later")
        raise _ProblemError("temporarily_unavailable", text, 503, can_retry=False) from None
    client = None if grant is None else find_device_client(grant)
    if grant is None or client is None:
        raise _ProblemError("user_code_unknown", _("This code is wrong, used or out of date. Look at the device again"))
    if not may_decide(user, grant, client):
        text = _("%(name)s is not open to people of %(tenant)s")
        text %= {"name": client.name or client.client_id, "tenant": user.tenant.name}
        raise _ProblemError("tenant_not_served", text, 403, can_retry=False, is_about_person=True)
    return grant, client


def _over() -> _ProblemError:
    text = _("This page was open for too long, or somebody else has signed in meanwhile. Enter the code again")
    return _ProblemError("device_decision_over", text)


def _tell(request: HttpRequest, problem: _ProblemError) -> HttpResponse:
    origin, typed = origin_of(request), _typed(request)
    logger.warning("refused reason=%s address=%s request_id=%s", problem.reason, origin.address, origin.request_id)
    context = {
        "problem": problem.text,
        "typed": typed,
        "can_retry": problem.can_retry,
        "other_account": _sign_in_address(typed) if problem.is_about_person else "",
    }
    response = _page(request, "connect/device.html", context, status=problem.status)
    if problem.status == 429:  # noqa: PLR2004 - the HTTP status itself
        response["Retry-After"] = str(WINDOW_SECONDS)
    return response
