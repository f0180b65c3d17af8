"""Tells an application about the person of its token (OpenID Connect Core section 5.3). It must not know grants."""

from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from oauthx.authentication import Bearer, BearerTokenAuthentication
from oauthx.conf import conf
from oauthx.dialects.base import FORM, json_response, no_store
from oauthx.dialects.connect import CONNECT
from oauthx.dialects.reading import issuer_of, read_request
from oauthx.errors import SCOPE_INSUFFICIENT, TOKEN_IN_TWO_PLACES, TOKEN_WITHOUT_USER, OAuthError
from oauthx.signing import signing_backend
from oauthx.standard_claims import describe, names_of_scopes, names_within
from oauthx.views import DialectView


class _HeaderOrFormToken(BearerTokenAuthentication):
    """A token in the header, or as `access_token` in the form of a POST (RFC 6750 sections 2.1 and 2.2).

    Never in the address (section 2.3): it would stand in every log on the way.
    """

    def read_token(self, request: HttpRequest) -> str | None:
        """The token of this request, if it has one.

        Raises:
            OAuthError: invalid_request; it is in both places, or the form cannot be read.
        """
        in_header = super().read_token(request)
        if request.method != "POST" or request.content_type != FORM:
            return in_header
        in_form = read_request(CONNECT, request, conf().clock()).value("access_token")
        if in_header is not None and in_form is not None:
            raise OAuthError(TOKEN_IN_TWO_PLACES)
        return in_header or in_form


class UserinfoView(DialectView):
    """`GET|POST /connect/userinfo`: `sub`, and the claims of the granted scopes, for the person as he is now.

    Besides those that the application asked for by name (section 5.5). Signed, if the client wants it so.
    """

    dialect = CONNECT
    authentication_classes = (_HeaderOrFormToken,)
    permission_classes = (IsAuthenticated,)
    http_method_names = ["get", "post"]  # noqa: RUF012 - as Django declares it
    for_browsers = True

    def get(self, request: Request) -> HttpResponse:
        bearer: Bearer = request.user  # type: ignore[assignment]  # what our authentication returns
        person, token = bearer.token.person, bearer.token
        if person is None:
            raise OAuthError(TOKEN_WITHOUT_USER, client=bearer.client)
        if "openid" not in token.scope:
            raise OAuthError(SCOPE_INSUFFICIENT, client=bearer.client)
        named = names_within(token.requested_claims.get("userinfo", ()), bearer.client.scopes)
        names = [*names_of_scopes(token.scope), *named]
        claims = {"sub": str(person.user_id), **describe(person, bearer.tenant, names)}
        if bearer.client.userinfo_algorithm:
            return _signed(claims, bearer, issuer_of(request._request))
        return json_response(claims, 200)

    def post(self, request: Request) -> HttpResponse:
        return self.get(request)


def _signed(claims: dict[str, object], bearer: Bearer, issuer: str) -> HttpResponse:
    """The claims as a JWT (section 5.3.2). It has no `exp`, so that nobody takes it for an ID token."""
    backend = signing_backend(bearer.client.userinfo_algorithm, None)
    payload = {"iss": issuer, "aud": bearer.client.client_id, **claims}
    token = backend.encode(payload, {"typ": "JWT", "kid": backend.key.kid})
    return no_store(HttpResponse(token, content_type="application/jwt"))
