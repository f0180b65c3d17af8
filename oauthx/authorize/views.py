"""Answers an authorization request: signs the person in, asks him, and sends the code (RFC 6749 section 4.1.2)."""

import json
import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.branding import branding_of
from accounts.browser_session import amr, auth_time, hold_session
from accounts.domains import tenant_of_domain
from accounts.languages import speak
from accounts.models import User
from accounts.origin import origin_of
from accounts.pages import render_page
from oauthx.authorize.answers import see_other, send
from oauthx.authorize.asking import CHOOSER, CONSENT, Asked, ask, read_answered, sign_in_address
from oauthx.authorize.person import (
    find_person,
    has_consented,
    has_signed_in_in_vain,
    may_answer,
    must_choose,
    tenant_of,
)
from oauthx.authorize.progress import PARAMETER, address_of, read_progress
from oauthx.authorize.pushed import read_request, use_up
from oauthx.authorize.request import (
    MAX_QUERY_LENGTH,
    PARAMETERS,
    AuthorizationError,
    AuthorizationRequest,
    UntrustedRequestError,
)
from oauthx.claims import digest
from oauthx.conf import conf
from oauthx.dialects.reading import issuer_of
from oauthx.models import AuthorizationCode, Consent
from tenants import registry

logger = logging.getLogger(__name__)

CODE_LIFETIME = timedelta(seconds=60)
# Refusals that are not the application's fault: time has passed, or somebody else came.
_OVER = {"consent_expired", "consent_of_another_person", "request_uri_unknown", "request_uri_expired"}


class _AuthorizationView(View):
    """Reads the request again at each step: what a page carries is never believed."""

    # No HEAD: whoever looks ahead at a link shall use nothing up.
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        registry.refresh()
        if "request_uri" not in request.GET:  # What was pushed counts alone.
            speak(request, request.GET.get("ui_locales", ""))
        try:
            try:
                return super().dispatch(request, *args, **kwargs)
            except AuthorizationError as error:
                use_up(error.answer)
                return send(request, error.answer, {"error": error.code, "error_description": error.description})
        except UntrustedRequestError as error:
            origin = origin_of(request)
            logger.warning(
                "refused reason=%s address=%s request_id=%s", error.reason, origin.address, origin.request_id
            )
            context = {"request_id": origin.request_id, "is_over": error.reason in _OVER}
            own = tenant_of_domain(request)
            tenant = branding_of(own.code) if own is not None else None
            return render_page(request, "connect/error.html", context, status=400, forms_stay=True, tenant=tenant)


@method_decorator(csrf_exempt, name="dispatch")
class AuthorizeView(_AuthorizationView):
    """`GET|POST /connect/authorize`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = read_request({name: request.GET.getlist(name) for name in PARAMETERS}, issuer_of(request))
        speak(request, wanted.ui_locales)
        progress = read_progress(wanted, request.GET.get(PARAMETER, ""))
        tenant = tenant_of(request, wanted)
        user = find_person(request, wanted, tenant, progress)
        if user is None:
            if "none" in wanted.prompt:
                raise AuthorizationError("login_required", "The person is not signed in", wanted.answer)
            in_vain = has_signed_in_in_vain(request, wanted, tenant, progress)
            return see_other(sign_in_address(wanted, tenant, progress, was_in_vain=in_vain))
        asked = Asked(wanted, user, progress)
        if must_choose(request, wanted, progress, user):
            return ask(request, CHOOSER, asked, tenant)
        if "consent" in wanted.prompt or not has_consented(user, wanted.client, wanted.told_scope):
            if "none" in wanted.prompt:
                raise AuthorizationError("consent_required", "The person has not agreed yet", wanted.answer)
            return ask(request, CONSENT, asked, tenant)
        return _send_code(request, wanted, user)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on by GET: a form of another site brings no session cookie (SameSite), a navigation does."""
        values = {name: request.POST.getlist(name) for name in PARAMETERS}
        query = urlencode(values, doseq=True)
        if len(query) > MAX_QUERY_LENGTH:
            # It cannot become an address, which the application is told, unless what counts of it is short.
            query = urlencode(read_request(values, issuer_of(request)).carried)
        return see_other(f"{reverse('oauthx:authorize')}?{query}")


class _AnsweredView(_AuthorizationView):
    """Where a page of ours sends what the person said."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - Django's hook
        """Where a reload or the change of the language leads, after a refusal here."""
        raise UntrustedRequestError("consent_expired")


class ConsentView(_AnsweredView):
    """`POST /connect/consent`: the person's answer to what an application asks for."""

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = read_answered(request, CONSENT)
        wanted, user = asked.wanted, asked.user
        speak(request, wanted.ui_locales)
        if "allow" not in request.POST:
            raise AuthorizationError("access_denied", "The person did not agree", wanted.answer)
        if not may_answer(user, wanted, tenant_of(request, wanted)):
            raise UntrustedRequestError("consent_of_another_person")
        with transaction.atomic():
            Consent.allow(user, wanted.client, wanted.told_scope)
            return _send_code(request, wanted, user)


class ChooseAccountView(_AnsweredView):
    """`POST /connect/account`: the person goes on as who he is signed in as."""

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = read_answered(request, CHOOSER)
        return see_other(address_of(asked.wanted, replace(asked.progress, chosen=asked.user.pk)))


def _still_consents(user: User, wanted: AuthorizationRequest) -> bool:
    consent = Consent.hold(user, wanted.client)
    return consent is not None and consent.covers(wanted.told_scope)


def _send_code(request: HttpRequest, wanted: AuthorizationRequest, user: User) -> HttpResponse:
    """Make a code, kept as a digest, for one minute and one use (RFC 6749 section 4.1.2).

    Session and consent are held meanwhile: their end takes the code with it, or comes first.

    Raises:
        AuthorizationError: login_required, consent_required; one of them ended at this very moment.
    """
    code = secrets.token_urlsafe(32)
    with transaction.atomic():
        browser_session = hold_session(request)
        if browser_session is None:
            raise AuthorizationError("login_required", "The session has ended", wanted.answer)
        if not (wanted.client.skip_authorization or _still_consents(user, wanted)):
            raise AuthorizationError("consent_required", "The consent was withdrawn", wanted.answer)
        use_up(wanted.answer)
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
            browser_session=browser_session,
            claims=json.dumps(wanted.claims.as_json()),
        )
    return send(request, wanted.answer, {"code": code})
