"""Authenticates the client of a request (RFC 6749 section 2.3). It must not know grants, tenants or people."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from django.contrib.auth.hashers import check_password, identify_hasher

from accounts.hashers import GeneratedSecretHasher
from oauthx.client_assertion import Assertion, read_assertion, verify_assertion
from oauthx.errors import (
    CLIENT_REJECTED,
    CREDENTIALS_REPEATED,
    DIALECT_NOT_ALLOWED,
    PARAMETER_CONFLICT,
    OAuthError,
)
from oauthx.models import Client
from oauthx.requests import MAX_LENGTH, AuthenticatedClient, WireRequest
from tenants import registry

# How long a slow check of a human-chosen secret is remembered, in this process's memory, by a keyed digest.
REMEMBERED_SECONDS = 300.0
_digest_key = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    secret: str | None = field(default=None, repr=False)
    assertion: Assertion | None = field(default=None, repr=False)
    from_basic: bool = False


def authenticate_client(wire: WireRequest, *, of_any_dialect: bool = False) -> AuthenticatedClient:
    """The client that this request proves to come from, if it may use this dialect at all.

    With `of_any_dialect`, its dialects do not matter: it asks about tokens, wherever it got them.

    Raises:
        OAuthError: invalid_client (401), invalid_request for credentials in two places, unauthorized_client.
    """
    credentials = _read_credentials(wire)
    client = find_client(credentials.client_id)
    if client is None:
        raise _rejected(credentials, "client_unknown")
    _verify(client, credentials, wire)
    if not client.is_active:
        raise _rejected(credentials, "client_disabled", client)
    if not of_any_dialect and wire.dialect.name not in client.dialects:
        raise OAuthError(DIALECT_NOT_ALLOWED, client=client)
    return AuthenticatedClient(client)


def find_client(client_id: str) -> Client | None:
    """The client of this id, active or not, from this process's memory."""
    if "\x00" in client_id:
        return None
    return registry.cached_if_found(
        ("client", client_id),
        lambda: Client.objects.select_related("tenant", "wechat_app").filter(client_id=client_id).first(),
    )


def _verify(client: Client, credentials: _Credentials, wire: WireRequest) -> None:
    """Return if the client proves itself in its own way: by nothing, by a secret or by a key; another way is none."""
    if client.is_public:
        if credentials.secret:
            raise _rejected(credentials, "client_secret_unexpected", client)
        if credentials.assertion is not None:
            raise _rejected(credentials, "client_method_mismatch", client)
    elif client.has_secret:
        if credentials.assertion is not None:
            raise _rejected(credentials, "client_method_mismatch", client)
        if not credentials.secret:
            # Also when none was ever set: the hash of an empty secret must open nothing.
            raise _rejected(credentials, "client_secret_missing", client)
        if not _secret_matches(client, credentials.secret, wire):
            raise _rejected(credentials, "client_secret_mismatch", client)
    else:
        if credentials.secret:
            raise _rejected(credentials, "client_method_mismatch", client)
        if credentials.assertion is None:
            raise _rejected(credentials, "client_assertion_missing", client)
        verify_assertion(credentials.assertion, client, wire)


def _rejected(credentials: _Credentials, reason: str, client: Client | None = None) -> OAuthError:
    return OAuthError(CLIENT_REJECTED, reason, client=client, basic_challenge=credentials.from_basic)


def _read_credentials(wire: WireRequest) -> _Credentials:
    """The one place where the credentials stand. Two places are refused (RFC 6749 section 2.3)."""
    basic = _read_basic(wire)
    named = basic.client_id if basic else None
    try:
        body_id = wire.value("client_id")
        named = named or body_id
        body_secret = wire.value("client_secret")
        assertion = read_assertion(wire)
        named = named or (assertion.client_id if assertion else None)
        if assertion is None:
            _refuse_two_places(basic, body_id, body_secret)
        else:
            _refuse_beside_assertion(assertion, basic, body_id, body_secret)
    except OAuthError as error:
        # The history tells of every request whose client is known, whatever else is wrong with it.
        error.client = find_client(named) if named else None
        raise
    if basic is not None:
        return basic
    if assertion is not None:
        return _Credentials(assertion.client_id, assertion=assertion)
    if wire.dialect.body_credentials and body_id is not None:
        return _Credentials(body_id, body_secret)
    raise OAuthError(CLIENT_REJECTED, "client_missing")


def _refuse_two_places(basic: _Credentials | None, body_id: str | None, body_secret: str | None) -> None:
    if basic is not None and body_secret is not None:
        raise OAuthError(CREDENTIALS_REPEATED)
    if basic is not None and body_id not in {None, basic.client_id}:
        raise OAuthError(PARAMETER_CONFLICT)


def _refuse_beside_assertion(
    assertion: Assertion, basic: _Credentials | None, body_id: str | None, body_secret: str | None
) -> None:
    """No other method, and no other client, beside it: here too it is `invalid_client` (RFC 7521 section 4.2.1)."""
    if basic is not None or body_secret is not None:
        raise OAuthError(CLIENT_REJECTED, "credentials_repeated", basic_challenge=basic is not None)
    if body_id not in {None, assertion.client_id}:
        raise OAuthError(CLIENT_REJECTED, "client_assertion_mismatch")


def _read_basic(wire: WireRequest) -> _Credentials | None:
    """The credentials of an `Authorization: Basic` header (RFC 7617); None where there is no such header."""
    header = wire.authorization.strip()
    if wire.dialect.percent_basic and header[:8].lower() == "basic%20":
        header = f"Basic {header[8:]}"
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if wire.dialect.encoded_basic:
        client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if not colon or not client_id or "\x00" in client_id + secret or max(len(client_id), len(secret)) > MAX_LENGTH:
        raise OAuthError(CLIENT_REJECTED, "basic_broken", basic_challenge=True)
    return _Credentials(client_id, secret, from_basic=True)


def _secret_matches(client: Client, secret: str, wire: WireRequest) -> bool:
    return any(_matches(secret, encoded) for encoded in client.secret_hashes(wire.received_at))


def _matches(secret: str, encoded: str) -> bool:
    """Whether the hash is this secret's. A slow hash is computed once, then remembered for a short time."""
    if identify_hasher(encoded).algorithm == GeneratedSecretHasher.algorithm:
        return check_password(secret, encoded)
    presented = hmac.digest(_digest_key, f"{encoded}\n{secret}".encode(), hashlib.sha256)
    now = time.monotonic()
    remembered: dict[str, tuple[bytes, float]] = registry.cached("checked-secrets", dict)
    known = remembered.get(encoded)
    if known is not None and now < known[1] and hmac.compare_digest(known[0], presented):
        return True
    if not check_password(secret, encoded):
        return False
    remembered[encoded] = (presented, now + REMEMBERED_SECONDS)
    return True
