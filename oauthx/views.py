"""The endpoints that apps call. The dialect's data say how to read and answer; nothing here asks for its name."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.history import Attempt
from accounts.models import LoginEvent
from accounts.origin import origin_of, printable
from accounts.phones import as_e164
from oauthx import cleanup, cors, store
from oauthx.admission import find_grant, named_tenant, resolve_tenant, tenant_for_history
from oauthx.authentication import Bearer, TokenRefusedError
from oauthx.client_auth import authenticate_client
from oauthx.conf import conf
from oauthx.dialects import Dialect
from oauthx.dialects.reading import read_request
from oauthx.errors import (
    METHOD_NOT_ALLOWED,
    SERVER_ERROR,
    TOKEN_MISSING,
    OAuthError,
)
from oauthx.grants import GRANTS, Grant
from oauthx.issuing import issue_token
from oauthx.logout.delivery import look_for_leftovers
from oauthx.models import Client
from oauthx.requests import MAX_LENGTH, TokenRequest, WireRequest
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
    # Whether web pages may call it (`cors.py`), and the client that asks, as soon as it is known.
    for_browsers: ClassVar[bool] = False
    asking: Client | None = None
    # What the history calls a request.
    kind: ClassVar[Any] = LoginEvent.Kind.TOKEN

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: REST framework's `Allow` belongs to a 405 alone."""
        return {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """REST framework's, once a browser knows that a page may call."""
        if not (self.for_browsers and cors.is_preflight(request)):
            return super().dispatch(request, *args, **kwargs)
        self.request = self.initialize_request(request, *args, **kwargs)
        try:
            registry.refresh()
            return cors.answer_preflight(request, self.dialect, self.http_method_names)
        except Exception as exc:  # noqa: BLE001 - as REST framework's own does
            return self.handle_exception(exc)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.user, Bearer):
            self.asking = request.user.client

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.for_browsers:
            cors.name_origin(request._request, response, self.asking)
        return response

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, TokenRefusedError):
            self.asking = exc.error.client
            response = self.dialect.render_error(exc.error)
            # Also for a token that was sent in two places (RFC 6750 section 3.1).
            response.setdefault("WWW-Authenticate", f'Bearer realm="hufu", error="{exc.error.refusal.code}"')
            return response
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
        """Answer a refusal, and record it: in the history if the client is known, else by a counter and a log line.

        What is nobody's attempt is recorded nowhere.
        """
        self.asking = known_client = client or error.client
        if not error.refusal.is_recorded:
            return self.dialect.render_error(error)
        if wire is not None and known_client is not None:
            attempt = attempt_of(wire, known_client, token_request, self.kind)
            store.record_refusal(attempt.refused(error.reason, error.person), error)
        else:
            _log_refusal(request._request, self.dialect, error)
        return self.dialect.render_error(error)


class TokenView(DialectView):
    """The token endpoint (RFC 6749 section 3.2): one pipeline for every grant and dialect."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it
    for_browsers = True
    grants: ClassVar[Sequence[Grant]] = GRANTS

    def post(self, request: Request) -> HttpResponse:
        cleanup.run_in_background()
        look_for_leftovers()
        now = conf().clock()
        wire = client = token_request = None
        try:
            registry.refresh()
            wire = read_request(self.dialect, request._request, now)
            client = authenticate_client(wire)
            self.asking = client.client
            grant = find_grant(wire, client, self.grants)
            token_request = resolve_tenant(wire, client, grant)
            subject = grant.authenticate(token_request)
            issued = issue_token(token_request, subject)
            store.save(token_request, subject, issued, attempt_of(wire, client.client, token_request))
        except OAuthError as error:
            return self.refuse(request, error, wire, client.client if client else None, token_request)
        return self.dialect.render_token(issued)


class ClientView(DialectView):
    """A POST by which an authenticated client asks for something other than tokens; a refusal stands in the history."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it
    # Whether its dialects do not matter: it asks about tokens, wherever it got them.
    of_any_dialect: ClassVar[bool] = True

    def post(self, request: Request) -> HttpResponse:
        wire = client = None
        try:
            registry.refresh()
            wire = read_request(self.dialect, request._request, conf().clock())
            self.asking = client = authenticate_client(wire, of_any_dialect=self.of_any_dialect).client
            return self.answer(wire, client)
        except OAuthError as error:
            return self.refuse(request, error, wire, client)

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        """The answer to this client.

        Raises:
            OAuthError: it is refused.
        """
        raise NotImplementedError


def attempt_of(
    wire: WireRequest, client: Client, request: TokenRequest | None, kind: LoginEvent.Kind = LoginEvent.Kind.TOKEN
) -> Attempt:
    """The attempt as the login history tells it, however far the request came."""
    return Attempt(
        time=wire.received_at,
        kind=kind,
        origin=wire.origin,
        account=printable(wire.shown("username") or as_e164(wire.shown("phone")), MAX_LENGTH),
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
