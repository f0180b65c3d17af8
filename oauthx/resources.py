"""What stands beside the token endpoints: captcha, user-info and logout of the documents, and the public keys."""

import base64
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.caches import CACHE_ERRORS
from accounts.history import Attempt
from accounts.models import LoginEvent
from accounts.origin import origin_of
from accounts.verifiers.captcha import issue_captcha
from oauthx import store
from oauthx.authentication import Bearer, BearerTokenAuthentication
from oauthx.claims import Facts, IssuedToken
from oauthx.conf import conf
from oauthx.dialects.base import json_response
from oauthx.dialects.reading import issuer_of, read_request
from oauthx.errors import TEMPORARILY_UNAVAILABLE, TOKEN_OF_ANOTHER_ENDPOINT, TOKEN_WITHOUT_USER, OAuthError
from oauthx.signing import JWKS_MAX_AGE_SECONDS, published_keys
from oauthx.views import DialectView
from tenants import registry


class CaptchaView(DialectView):
    """`GET {prefix}/oauth/captcha` → `{"key":"…","image":"data:image/png;base64,…"}`."""

    http_method_names = ["get"]  # noqa: RUF012 - as Django declares it
    for_browsers = True

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
    for_browsers = True

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
    response["Cache-Control"] = f"public, max-age={JWKS_MAX_AGE_SECONDS}"
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
