"""Answers an authorization request: signs the person in, asks him, and sends the code (RFC 6749 section 4.1.2)."""

import logging
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.browser_session import amr, auth_time
from accounts.models import User
from accounts.origin import origin_of
from accounts.pages import render_page
from oauthx.authorize.request import (
    PARAMETERS,
    Answer,
    AuthorizationError,
    AuthorizationRequest,
    UntrustedRequestError,
    read_authorization_request,
)
from oauthx.choices import scope_texts
from oauthx.claims import digest
from oauthx.conf import conf
from oauthx.dialects.reading import issuer_of
from oauthx.models import AuthorizationCode, Consent
from tenants import registry
from tenants.models import Tenant
from tenants.resolution import TenantError, resolve

logger = logging.getLogger(__name__)

CODE_LIFETIME = timedelta(seconds=60)
# How long a consent page may stay open.
CONSENT_SECONDS = 3600
_SALT = "oauthx.authorize.consent"
# Refusals that are not the application's fault.
_OVER = {"consent_expired", "consent_of_another_person"}


class _AuthorizationView(View):
    """Reads the request again at each step: what a page carries is never believed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        registry.refresh()
        try:
            return super().dispatch(request, *args, **kwargs)
        except UntrustedRequestError as error:
            origin = origin_of(request)
            logger.warning(
                "refused reason=%s address=%s request_id=%s", error.reason, origin.address, origin.request_id
            )
            context = {"request_id": origin.request_id, "is_over": error.reason in _OVER}
            return render_page(request, "connect/error.html", context, status=400)
        except AuthorizationError as error:
            return send(request, error.answer, {"error": error.code, "error_description": error.description})


@method_decorator(csrf_exempt, name="dispatch")
class AuthorizeView(_AuthorizationView):
    """`GET|POST /connect/authorize`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = read_authorization_request({name: request.GET.getlist(name) for name in PARAMETERS})
        tenant = _tenant_of(wanted)
        user = _signed_in(request, wanted, tenant)
        if user is None:
            if "none" in wanted.prompt:
                raise AuthorizationError("login_required", "The person is not signed in", wanted.answer)
            return _to_sign_in(wanted, tenant)
        if "consent" in wanted.prompt or not _has_consented(user, wanted):
            if "none" in wanted.prompt:
                raise AuthorizationError("consent_required", "The person has not agreed yet", wanted.answer)
            return _ask(request, wanted, user)
        return _send_code(request, wanted, user)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on by GET: a form of another site brings no session cookie (SameSite), a navigation does."""
        pairs = [(name, value) for name in PARAMETERS for value in request.POST.getlist(name)]
        return _see_other(f"{reverse('oauthx:authorize')}?{urlencode(pairs)}")


class ConsentView(_AuthorizationView):
    """`POST /connect/consent`: the person's answer to what an application asks for."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - Django's hook
        """Where a reload or the change of the language leads, after a refusal here."""
        raise UntrustedRequestError("consent_expired")

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        try:
            asked = signing.loads(request.POST.get("request", ""), salt=_SALT, max_age=CONSENT_SECONDS)
        except signing.BadSignature:
            raise UntrustedRequestError("consent_expired") from None
        if not isinstance(user, User) or asked["user"] != user.pk:
            raise UntrustedRequestError("consent_of_another_person")
        wanted = read_authorization_request({name: [value] for name, value in asked["parameters"].items()})
        if "allow" not in request.POST:
            raise AuthorizationError("access_denied", "The person did not agree", wanted.answer)
        if _signed_in(request, wanted, _tenant_of(wanted), after_prompt=True) != user:
            raise UntrustedRequestError("consent_of_another_person")
        consent, _created = Consent.objects.get_or_create(user=user, client=wanted.client)
        consent.scopes = sorted({*consent.scopes, *wanted.scope})
        consent.save()
        return _send_code(request, wanted, user)


def _tenant_of(wanted: AuthorizationRequest) -> Tenant | None:
    """The tenant that client or request name; None where only the sign-in can tell.

    Raises:
        AuthorizationError: they contradict each other, or the tenant cannot be used.
    """
    if wanted.client.tenant is None and wanted.tenant_code is None:
        return None
    try:
        return resolve(wanted.tenant_code, wanted.client.tenant, wanted.client.served_tenant_ids(), conf().clock())
    except TenantError:
        raise AuthorizationError("invalid_request", "The tenant cannot be used", wanted.answer) from None


def _signed_in(
    request: HttpRequest, wanted: AuthorizationRequest, tenant: Tenant | None, *, after_prompt: bool = False
) -> User | None:
    """The person of this browser's session, if he will do for this request; a session of another tenant never does."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    allowed = {tenant.pk} if tenant is not None else wanted.client.served_tenant_ids()
    if user.tenant_id not in allowed or not user.tenant.is_usable(conf().clock()):
        return None
    if after_prompt:
        return user
    if wanted.wants_new_sign_in:
        return None
    age = (conf().clock() - auth_time(request)).total_seconds()
    return None if wanted.max_age is not None and age > wanted.max_age else user


def _to_sign_in(wanted: AuthorizationRequest, tenant: Tenant | None) -> HttpResponse:
    hints = {
        "next": f"{reverse('oauthx:authorize')}?{wanted.without_prompt()}",
        "tenant": tenant.code if tenant else "",
        "login_hint": wanted.login_hint,
    }
    return _see_other(
        f"{reverse('accounts:login')}?{urlencode({name: value for name, value in hints.items() if value})}"
    )


def _has_consented(user: User, wanted: AuthorizationRequest) -> bool:
    if wanted.client.skip_authorization:
        return True
    consent = Consent.objects.filter(user=user, client=wanted.client).first()
    return consent is not None and consent.covers(wanted.scope)


def _ask(request: HttpRequest, wanted: AuthorizationRequest, user: User) -> HttpResponse:
    carried = {"user": user.pk, "parameters": dict(wanted.parameters)}
    context = {
        "client": wanted.client,
        "person": user,
        "scopes": scope_texts(wanted.scope),
        "signed_request": signing.dumps(carried, salt=_SALT),
        "target": urlsplit(wanted.answer.redirect_uri).netloc,
    }
    return render_page(request, "connect/consent.html", context, form_targets=[_origin(wanted.answer)])


def _origin(answer: Answer) -> str:
    """The origin of the redirect URI; of a scheme that has none, the scheme."""
    target = urlsplit(answer.redirect_uri)
    return f"{target.scheme}://{target.netloc}" if target.netloc else f"{target.scheme}:"


def _send_code(request: HttpRequest, wanted: AuthorizationRequest, user: User) -> HttpResponse:
    """Make a code, kept as a digest, for one minute and one use (RFC 6749 section 4.1.2)."""
    code = secrets.token_urlsafe(32)
    AuthorizationCode.objects.create(
        code=digest(code),
        user=user,
        tenant=user.tenant,
        application=wanted.client,
        expires=conf().clock() + CODE_LIFETIME,
        redirect_uri=wanted.answer.redirect_uri,
        scope=" ".join(wanted.scope),
        nonce=wanted.nonce,
        code_challenge=wanted.code_challenge,
        code_challenge_method="S256" if wanted.code_challenge else "",
        auth_time=auth_time(request),
        amr=amr(request),
    )
    return send(request, wanted.answer, {"code": code})


def send(request: HttpRequest, answer: Answer, parameters: dict[str, str]) -> HttpResponse:
    """Send an answer to the proven redirect URI, with `state` and `iss` (RFC 9207 section 2)."""
    parameters = {**parameters, "iss": issuer_of(request)}
    if answer.state is not None:
        parameters["state"] = answer.state
    if answer.response_mode == "form_post":
        context = {"redirect_uri": answer.redirect_uri, "parameters": parameters, "title": _("Going on")}
        return render_page(request, "connect/form_post.html", context, form_targets=[_origin(answer)])
    target = urlsplit(answer.redirect_uri)
    query = "&".join(part for part in (target.query, urlencode(parameters)) if part)
    return _see_other(urlunsplit(target._replace(query=query)))


def _see_other(location: str) -> HttpResponse:
    """A redirect that turns a POST into a GET (RFC 9700 section 4.12), to any scheme that a client registered."""
    response = HttpResponse(status=303)
    response["Location"] = location
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
