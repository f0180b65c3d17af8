"""Signs a person out at an application's request (OpenID Connect RP-Initiated Logout). It must not know tokens."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.branding import Branding, branding_of
from accounts.browser_session import current_session
from accounts.domains import tenant_of_domain
from accounts.languages import speak
from accounts.models import BrowserSession
from accounts.origin import origin_of
from accounts.pages import render_page
from oauthx.authorize.answers import see_other
from oauthx.conf import conf
from oauthx.dialects.reading import issuer_of
from oauthx.logout.front_channel import frames_of
from oauthx.logout.request import PARAMETERS, LogoutRefusedError, LogoutRequest, read_logout_request
from tenants import registry
from tenants.models import Tenant

logger = logging.getLogger(__name__)

# How long the question may stay open.
QUESTION_SECONDS = 3600
_SALT = "oauthx.logout.question"
# Refusals that are not the application's fault.
_OVER = {"logout_expired", "logout_of_another_session"}


class _LogoutView(View):
    """Reads the request again at each step: what a page carries is never believed."""

    # No HEAD: whoever looks ahead at a link shall sign nobody out.
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        registry.refresh()
        try:
            return super().dispatch(request, *args, **kwargs)
        except LogoutRefusedError as error:
            origin = origin_of(request)
            logger.warning(
                "refused reason=%s address=%s request_id=%s", error.reason, origin.address, origin.request_id
            )
            context = {"request_id": origin.request_id, "is_over": error.reason in _OVER}
            return render_page(request, "connect/logout_error.html", context, status=400, forms_stay=True)


@method_decorator(csrf_exempt, name="dispatch")
class EndSessionView(_LogoutView):
    """`GET|POST /connect/endsession`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Sign out at once if the session's own ID token says whose wish it is; otherwise ask him (section 2)."""
        wanted = _read(request, {name: request.GET.getlist(name) for name in PARAMETERS})
        session = current_session(request)
        if session is None or _is_proven(wanted, session):
            return _sign_out(request, wanted, session)
        return _ask(request, wanted, session)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on by GET: a form of another site brings no session cookie (SameSite), a navigation does."""
        pairs = [(name, value) for name in PARAMETERS for value in request.POST.getlist(name)]
        return see_other(f"{reverse('oauthx:end-session')}?{urlencode(pairs)}")


class AnswerView(_LogoutView):
    """`POST /connect/endsession/answer`: the person's answer to the question whether he wants to sign out."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - Django's hook
        """Where a reload or the change of the language leads."""
        return see_other(reverse("oauthx:end-session"))

    def post(self, request: HttpRequest) -> HttpResponse:
        if "request" not in request.POST:
            # The button of our own pages, by Django's CSRF check: no application asks, and nothing is left to ask.
            return _sign_out(request, _read(request, {}), current_session(request))
        try:
            asked = signing.loads(request.POST.get("request", ""), salt=_SALT, max_age=QUESTION_SECONDS)
        except signing.BadSignature:
            raise LogoutRefusedError("logout_expired") from None
        wanted = _read(request, {name: [value] for name, value in asked["parameters"].items()})
        session = current_session(request)
        if session is not None and str(session.pk) != asked["session"]:
            raise LogoutRefusedError("logout_of_another_session")
        if session is not None and "sign_out" not in request.POST:
            look = _branding(request, wanted, session)
            return render_page(request, "connect/still_signed_in.html", {}, forms_stay=True, tenant=look)
        return _sign_out(request, wanted, session)


def _read(request: HttpRequest, values: Mapping[str, Sequence[str]]) -> LogoutRequest:
    speak(request, " ".join(values.get("ui_locales", ())))
    return read_logout_request(values, issuer_of(request), conf().clock())


def _is_proven(wanted: LogoutRequest, session: BrowserSession) -> bool:
    """Whether the hint is of this very session, or of its person where it names no session."""
    hint = wanted.hint
    return hint is not None and hint.sub == str(session.user_id) and hint.sid in {None, str(session.pk)}


def _ask(request: HttpRequest, wanted: LogoutRequest, session: BrowserSession) -> HttpResponse:
    carried = {"session": str(session.pk), "parameters": dict(wanted.parameters)}
    context = {"person": session.user, "signed_request": signing.dumps(carried, salt=_SALT)}
    look = _branding(request, wanted, session)
    return render_page(request, "connect/end_session.html", context, tenant=look)


def _sign_out(request: HttpRequest, wanted: LogoutRequest, session: BrowserSession | None) -> HttpResponse:
    """End the session, tell the applications, and lead on. Without one, what the browser still keeps goes all the same.

    The order is of section 3: on to the application when the others have been told, as far as that is the browser's.
    """
    look = _branding(request, wanted, session)
    frames = [] if session is None else frames_of(session)
    logout(request)
    if wanted.target is not None and not frames:
        return see_other(wanted.target)
    context = {"frames": frames, "target": wanted.target}
    origins = sorted({frame.origin for frame in frames})
    return render_page(request, "connect/signed_out.html", context, forms_stay=True, frame_origins=origins, tenant=look)


def _branding(request: HttpRequest, wanted: LogoutRequest, session: BrowserSession | None) -> Branding | None:
    """The look of the person's tenant, else of the application's, else of the one whose host this is."""
    tenant: Tenant | None = session.user.tenant if session is not None else None
    if session is None:
        tenant = (wanted.client.tenant if wanted.client else None) or tenant_of_domain(request)
    return branding_of(tenant.code) if tenant is not None else None
