"""What a dialect is: the data of one document. Reading and rendering here know no dialect by name.

A member reads like the API document. If somewhere needs `if dialect.name == …`, a field is missing here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.http import HttpResponse

from accounts.verifiers.password import PresentedPassword
from oauthx.claims import IssuedToken
from oauthx.errors import TOKEN_MISSING, OAuthError

if TYPE_CHECKING:
    from oauthx.grants.base import Grant
    from oauthx.models import Client
    from oauthx.requests import WireRequest

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

ResponseField = Callable[[IssuedToken], object]
ErrorField = Callable[[OAuthError], object]


class Passwords(Enum):
    """How a password is encoded on the wire."""

    PLAIN = "plain"
    MD5 = "md5"

    def present(self, wire: str) -> PresentedPassword:
        return PresentedPassword.from_plain(wire) if self is Passwords.PLAIN else PresentedPassword.from_md5(wire)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One document.

    Attributes:
        prefix: the path before `/oauth/token` or `/token`, without slashes around it.
        bodies: the content types that it takes; `reads_query` whether parameters may stand in the query string.
        parameters: wire name to canonical name; everything else is ignored.
        headers: header (lower case) to canonical name.
        token_name: what follows the prefix. people_only: whether its answers can only tell of a person.
        tenant_code: finds the tenant that a request names.
        body_credentials: whether client_id and client_secret may stand in the body.
        encoded_basic: whether the parts of a Basic header are form-encoded (RFC 6749 section 2.3.1).
        percent_basic: whether `Basic%20…` counts, as real clients of these endpoints send it.
        scope_required: whether a login must name its scope; otherwise it gets all that the client may have.
        algorithm: which signing key; empty: the client says. `key_id` whether the JWT header names it.
        names_tenant_always: whether every request must name its tenant, also where a token leads to it.
        opaque_allowed: whether a client may choose access tokens that say nothing.
        token_type: the JWT header's `typ`. openid: whether ID tokens are issued.
        access_claims, refresh_claims: names in wire order (`claims.py`); no refresh claims: an opaque token.
        refreshable: whether this scope brings a refresh token.
        fields: the response's fields, in wire order; `errors` those of a refusal.
    """

    name: str
    prefix: str
    token_name: str
    people_only: bool
    bodies: frozenset[str]
    reads_query: bool
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    tenant_code: Callable[["WireRequest"], str | None]
    passwords: Passwords
    body_credentials: bool
    encoded_basic: bool
    percent_basic: bool
    scope_required: bool
    algorithm: str
    names_tenant_always: bool
    opaque_allowed: bool
    token_type: str
    key_id: bool
    openid: bool
    access_claims: tuple[str, ...]
    refresh_claims: tuple[str, ...]
    refreshable: Callable[[tuple[str, ...]], bool]
    fields: Mapping[str, ResponseField]
    errors: Mapping[str, ErrorField]

    @property
    def token_path(self) -> str:
        return f"{self.prefix}/{self.token_name}"

    def speaks(self, grant: "Grant") -> bool:
        """Whether this document has words for all that the grant needs, and sends plain what must be."""
        known = set(self.parameters.values())
        sends_digests = self.passwords is not Passwords.PLAIN
        return (grant.personal or not self.people_only) and all(
            param.name in known and not (param.plain and sends_digests) for param in grant.params if param.required
        )

    def algorithm_for(self, client: "Client") -> str:
        """The algorithm of this client's tokens."""
        return self.algorithm or client.algorithm or "RS256"

    def gives_opaque(self, client: "Client") -> bool:
        """Whether this client's access tokens are random words instead of JWTs."""
        return self.opaque_allowed and client.access_token_format == "opaque"  # noqa: S105 - no password

    def render_token(self, issued: IssuedToken) -> HttpResponse:
        """The answer of RFC 6749 section 5.1, with this document's fields in its order; None where it says so."""
        answer = {name: value(issued) for name, value in self.fields.items()}
        return json_response({name: value for name, value in answer.items() if value is not OMITTED}, 200)

    def render_error(self, error: OAuthError) -> HttpResponse:
        """The refusal in this document's form (RFC 6749 section 5.2)."""
        answer = {name: value(error) for name, value in self.errors.items()}
        told = {name: value for name, value in answer.items() if value is not OMITTED}
        response = json_response(told, error.refusal.status)
        if error.refusal.status == 401 and error.basic_challenge:  # noqa: PLR2004 - the HTTP status itself
            response["WWW-Authenticate"] = 'Basic realm="hufu", charset="UTF-8"'
        elif error.refusal is TOKEN_MISSING:
            # Nothing was tried, so there is no error to name (RFC 6750 section 3.1).
            response["WWW-Authenticate"] = 'Bearer realm="hufu"'
        elif error.refusal.code in {"invalid_token", "insufficient_scope"}:
            response["WWW-Authenticate"] = f'Bearer realm="hufu", error="{error.refusal.code}"'
        if error.allow:
            response["Allow"] = error.allow
        if error.retry_after_seconds:
            response["Retry-After"] = str(error.retry_after_seconds)
        return response


class _Omitted:
    """The value of a field that is left out this time."""


OMITTED = _Omitted()


def json_response(body: object, status: int) -> HttpResponse:
    """Compact JSON that no cache keeps (RFC 6749 section 5.1)."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return no_store(HttpResponse(text.encode(), status=status, content_type="application/json"))


def no_store(response: HttpResponse) -> HttpResponse:
    """The same response, which no cache keeps."""
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response
