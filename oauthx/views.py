"""The endpoints that apps call. The dialect's data say how to read and answer; nothing here asks for its name."""

import base64
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.caches import CACHE_ERRORS
from accounts.history import Attempt
from accounts.models import LoginEvent
from accounts.origin import origin_of, printable
from accounts.verifiers.captcha import issue_captcha
from oauthx import cleanup, store
from oauthx.admission import find_grant, named_tenant, resolve_tenant, tenant_for_history
from oauthx.authentication import Bearer, BearerTokenAuthentication, TokenRefusedError
from oauthx.claims import Facts, IssuedToken
from oauthx.client_auth import authenticate_client
from oauthx.conf import conf
from oauthx.dialects import Dialect
from oauthx.dialects.base import json_response
from oauthx.dialects.reading import issuer_of, read_request
from oauthx.errors import (
    METHOD_NOT_ALLOWED,
    SERVER_ERROR,
    TEMPORARILY_UNAVAILABLE,
    TOKEN_MISSING,
    TOKEN_OF_ANOTHER_ENDPOINT,
    TOKEN_WITHOUT_USER,
    OAuthError,
)
from oauthx.grants import GRANTS, Grant
from oauthx.issuing import issue_token
from oauthx.models import Client
from oauthx.requests import MAX_LENGTH, TokenRequest, WireRequest
from oauthx.signing import published_keys
from tenants import registry

logger = logging.getLogger(__name__)


class _AnyMediaType(BaseContentNegotiation):
    """These endpoints answer JSON, whatever `Accept` says."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:  # noqa: ARG002
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Any, parsers: Any) -> Any:  # noqa: ARG002 - the interface
        return None


class DialectView(APIView):
    """An endpoint of one dialect: every refusal and every fault is answered in the dialect's form, never otherwise."""

    # Given by `as_view`.
    dialect: Dialect = None  # type: ignore[assignment]
    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()
    renderer_classes: Sequence[Any] = (JSONRenderer,)
    content_negotiation_class = _AnyMediaType

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: REST framework's `Allow` belongs to a 405 alone."""
        return {}

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, TokenRefusedError):
            return self.dialect.render_error(exc.error)
        if isinstance(exc, OAuthError):
            return self.dialect.render_error(exc)
        if isinstance(exc, NotAuthenticated):
            return self.dialect.render_error(OAuthError(TOKEN_MISSING))
        if isinstance(exc, MethodNotAllowed):
            return self.dialect.render_error(OAuthError(METHOD_NOT_ALLOWED, allow=", ".join(self.allowed_methods)))
        request_id = origin_of(self.request._request).request_id
        logger.error("uncaught in %s request_id=%s", type(self).__name__, request_id, exc_info=exc)
        return self.dialect.render_error(OAuthError(SERVER_ERROR))

    def refuse(
        self,
        request: Request,
        error: OAuthError,
        wire: WireRequest | None,
        client: Client | None,
        token_request: TokenRequest | None = None,
    ) -> HttpResponse:
        """Answer a refusal, and record it: in the history if the client is known, else by a counter and a log line."""
        known_client = client or error.client
        if wire is not None and known_client is not None:
            attempt = _attempt(wire, known_client, token_request)
            store.record_refusal(attempt.refused(error.reason, error.person), error)
        else:
            _log_refusal(request._request, self.dialect, error)
        return self.dialect.render_error(error)


class TokenView(DialectView):
    """The token endpoint (RFC 6749 section 3.2): one pipeline for every grant and dialect."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it
    grants: ClassVar[Sequence[Grant]] = GRANTS

    def post(self, request: Request) -> HttpResponse:
        cleanup.run_in_background()
        now = conf().clock()
        wire = client = token_request = None
        try:
            registry.refresh()
            wire = read_request(self.dialect, request._request, now)
            client = authenticate_client(wire)
            grant = find_grant(wire, client, self.grants)
            token_request = resolve_tenant(wire, client, grant)
            subject = grant.authenticate(token_request)
            issued = issue_token(token_request, subject)
            store.save(token_request, subject, issued, _attempt(wire, client.client, token_request))
        except OAuthError as error:
            return self.refuse(request, error, wire, client.client if client else None, token_request)
        return self.dialect.render_token(issued)


class ClientView(DialectView):
    """A POST by which an authenticated client asks for something other than tokens; a refusal stands in the history."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: Request) -> HttpResponse:
        wire = client = None
        try:
            registry.refresh()
            wire = read_request(self.dialect, request._request, conf().clock())
            client = authenticate_client(wire, of_any_dialect=True).client
            return self.answer(wire, client)
        except OAuthError as error:
            return self.refuse(request, error, wire, client)

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        """The answer to this client.

        Raises:
            OAuthError: it is refused.
        """
        raise NotImplementedError


def _attempt(wire: WireRequest, client: Client, request: TokenRequest | None) -> Attempt:
    """The attempt as the login history tells it, however far the request came."""
    return Attempt(
        time=wire.received_at,
        kind=LoginEvent.Kind.TOKEN,
        origin=wire.origin,
        account=printable(wire.shown("username"), MAX_LENGTH),
        tenant=request.tenant if request else tenant_for_history(wire, client),
        # The tenant itself says its code; only a request that did not come so far needs what it named.
        tenant_code="" if request else printable(named_tenant(wire), MAX_LENGTH),
        client_id=client.client_id,
        client_name=client.name,
        dialect=wire.dialect.name,
        grant=printable(wire.shown("grant_type"), 64),
        main_account=printable(wire.shown("main_account"), MAX_LENGTH),
        fingerprint=printable(wire.shown("fingerprint"), MAX_LENGTH),
    )


def _log_refusal(request: HttpRequest, dialect: Dialect, error: OAuthError) -> None:
    """A counter and a log line for an unknown client or an unreadable body: no stranger may fill the history."""
    try:
        cache.add(f"refused:{error.reason}", 0, timeout=None)
        cache.incr(f"refused:{error.reason}")
    except Exception:
        # A cache that is down must not turn a refusal into a fault.
        logger.exception("cannot count refusals")
    origin = origin_of(request)
    logger.warning(
        "refused reason=%s dialect=%s address=%s request_id=%s",
        error.reason,
        dialect.name,
        origin.address,
        origin.request_id,
    )


class CaptchaView(DialectView):
    """`GET {prefix}/oauth/captcha` → `{"key":"…","image":"data:image/png;base64,…"}`."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it

    def get(self, request: Request) -> HttpResponse:
        wire = read_request(self.dialect, request._request, conf().clock())
        try:
            captcha = issue_captcha(self.dialect.prefix, self.dialect.tenant_code(wire) or "", wire.received_at)
        except CACHE_ERRORS as error:
            raise OAuthError(TEMPORARILY_UNAVAILABLE) from error
        image = base64.b64encode(captcha.png).decode()
        return json_response({"key": captcha.key, "image": f"data:image/png;base64,{image}"}, 200)


class _ResourceView(DialectView):
    """An endpoint beside the token endpoint that wants a token of any dialect."""

    authentication_classes = (BearerTokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a wrong method before asking for a token: a 401 would make apps sign their people out."""
        if str(request.method).lower() not in self.http_method_names:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)


class UserInfoView(_ResourceView):
    """`GET {prefix}/oauth/user-info`: the dialect's response fields without the tokens, for the user as he is now."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it

    def get(self, request: Request) -> HttpResponse:
        bearer: Bearer = request.user  # type: ignore[assignment]  # what our authentication returns
        if bearer.token.person is None:
            raise OAuthError(TOKEN_WITHOUT_USER)
        if self.dialect.name not in bearer.client.dialects:
            # What is told here is this document's: a token for another endpoint did not ask for it.
            raise OAuthError(TOKEN_OF_ANOTHER_ENDPOINT)
        issued = _as_if_issued(bearer, issuer_of(request._request), conf().clock())
        data = {
            name: value(issued)
            for name, value in self.dialect.fields.items()
            if name not in {"access_token", "refresh_token"}
        }
        return _success(data)


class LogoutView(_ResourceView):
    """`GET|POST {prefix}/oauth/logout`: ends the token's family, so every token of this login, on every surface."""

    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it

    def get(self, request: Request) -> HttpResponse:
        bearer: Bearer = request.user  # type: ignore[assignment]  # what our authentication returns
        now, stored = conf().clock(), bearer.token
        attempt = Attempt(
            time=now,
            kind=LoginEvent.Kind.LOGOUT,
            origin=origin_of(request._request),
            tenant=bearer.tenant,
            client_id=bearer.client.client_id,
            client_name=bearer.client.name,
            dialect=self.dialect.name,
        )
        store.record(
            attempt.allowed(stored.person, stored.jti), also=[store.ending_of_access_token(stored, "logout", now)]
        )
        return _success({})

    def post(self, request: Request) -> HttpResponse:
        return self.get(request)


@csrf_exempt
@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """The public keys (RFC 7517), next and retired ones included, so that anyone can check a signature."""
    registry.refresh()
    response = JsonResponse({"keys": published_keys(conf().clock())})
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _success(data: dict[str, object]) -> HttpResponse:
    return json_response({"code": 200, "success": True, "data": data, "msg": gettext("Done")}, 200)


def _as_if_issued(bearer: Bearer, issuer: str, now: datetime) -> IssuedToken:
    """The facts of a stored token, for response fields that tell of them."""
    stored = bearer.token
    facts = Facts(
        person=stored.person,
        tenant=bearer.tenant,
        client=bearer.client,
        scope=stored.scope,
        issuer=issuer,
        issued_at=now,
        expires_at=stored.expires_at,
        auth_time=now,
        amr="",
        jti=stored.jti,
    )
    return IssuedToken(facts=facts, access_token="")
