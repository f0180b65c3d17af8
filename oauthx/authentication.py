"""Authenticates resource requests by bearer token, in `Blade-Auth` or `Authorization` (RFC 6750).

It must not know grants.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenBackendError

from oauthx import lookups
from oauthx.client_auth import find_client
from oauthx.conf import conf
from oauthx.errors import TOKEN_REJECTED, TOKENS_CONFLICT, OAuthError
from oauthx.lookups import StoredAccessToken
from oauthx.models import Client, SigningKey
from oauthx.requests import MAX_TOKEN_LENGTH
from oauthx.signing import verifying_backends
from oauthx.standing import why_ended
from tenants import registry
from tenants.models import Tenant
from tenants.resolution import tenant_by_id


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds a token that stands; what REST framework calls the user."""

    token: StoredAccessToken
    client: Client
    tenant: Tenant | None
    is_authenticated: bool = True

    @property
    def pk(self) -> int | None:
        return self.token.person.user_id if self.token.person else None


class TokenRefusedError(AuthenticationFailed):
    """A refused token as REST framework knows it (401), with the catalogue's error inside."""

    def __init__(self, error: OAuthError) -> None:
        super().__init__(error.refusal.description, code=error.refusal.code)
        self.error = error


class BearerTokenAuthentication(JWTAuthentication):
    """A token of any dialect, whose signature holds and which still stands in the store."""

    www_authenticate_realm = "hufu"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The bearer and the stored token; None where no token is sent.

        Raises:
            TokenRefusedError: invalid_token; also for two different tokens.
        """
        try:
            token = self.read_token(request._request)
            if token is None:
                return None
            registry.refresh()
            bearer = verify_access_token(token, conf().clock())
        except OAuthError as error:
            raise TokenRefusedError(error) from error
        return bearer, bearer.token

    def read_token(self, request: HttpRequest) -> str | None:
        """The token of this request, if it has one.

        Raises:
            OAuthError: more than one.
        """
        return read_bearer_token(request)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the interface
        return 'Bearer realm="hufu"'


def read_bearer_token(request: HttpRequest) -> str | None:
    """The token of `Blade-Auth` (with or without `bearer`, in any case) or of `Authorization: Bearer`.

    Apps send the client's Basic `Authorization` beside `Blade-Auth`: Basic is ignored here.

    Raises:
        OAuthError: two different tokens.
    """
    # Apps send it twice at times; it then arrives as one, joined by a comma (RFC 9110 section 5.3).
    blade = request.META.get("HTTP_BLADE_AUTH", "").split(",")
    tokens = {_after_scheme(value) or value.strip() for value in blade}
    tokens.add(_after_scheme(request.META.get("HTTP_AUTHORIZATION", "")))
    tokens.discard("")
    if len(tokens) > 1:
        raise OAuthError(TOKENS_CONFLICT)
    return tokens.pop() if tokens else None


def _after_scheme(value: str) -> str:
    """What follows `Bearer`, in any case; "" where another scheme or nothing stands."""
    scheme, _space, token = value.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def verify_access_token(token: str, now: datetime) -> Bearer:
    """The bearer of a token: signed by a key that still verifies, and standing (`standing.py`).

    The registry must be fresh: whoever calls this refreshes it first.

    Raises:
        OAuthError: invalid_token; the reason says what is wrong with it.
    """
    if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
        raise OAuthError(TOKEN_REJECTED, "token_malformed")
    stored = lookups.find_access_token(token)
    if stored is None:
        raise OAuthError(TOKEN_REJECTED, "token_unknown")
    client = find_client(stored.client_id)
    tenant = None if stored.tenant_id is None else tenant_by_id(stored.tenant_id)
    # An opaque one is known by its digest alone: 256 random bits.
    if "." in token and not _is_signed(token, tenant, now):
        raise OAuthError(TOKEN_REJECTED, "token_signature", client=client)
    reason = why_ended(
        ended=stored.ended,
        expires_at=stored.expires_at,
        client=client,
        tenant=tenant,
        person=stored.person,
        has_user=stored.has_user,
        now=now,
    )
    if client is None or reason is not None:
        raise OAuthError(TOKEN_REJECTED, reason or "client_unknown", client=client)
    return Bearer(stored, client, tenant)


def _is_signed(token: str, tenant: Tenant | None, now: datetime) -> bool:
    """Whether a key that still verifies has signed it, and its `exp` lies ahead."""
    algorithm = _algorithm_of(token)
    backends = verifying_backends(algorithm, tenant, now) if algorithm in SigningKey.Algorithm.values else []
    for backend in backends:
        try:
            backend.decode(token, now=now)
        except TokenBackendError:
            continue
        return True
    return False


def _algorithm_of(token: str) -> str:
    """What the header claims; "" where it cannot be read. Only a key of that very algorithm is then tried."""
    encoded = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        return ""
    return str(header.get("alg", "")) if isinstance(header, dict) else ""
