"""Checks the JWT by which a client proves itself: private_key_jwt (RFC 7523 section 2.2). It must not know grants.

Whatever is wrong with it is `invalid_client` (RFC 7521 section 4.2.1); the history keeps what it was. Sections named
below without their RFC are those of RFC 7523.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse
from jwt import PyJWS, PyJWTError

from oauthx.claims import digest
from oauthx.client_keys import KeysUnavailableError, find_keys
from oauthx.errors import CLIENT_REJECTED, OAuthError
from oauthx.key_sets import KEY_KINDS
from oauthx.models import Client, UsedAssertion
from oauthx.requests import MAX_LENGTH, WireRequest
from tenants.sql import prepared_cursor, sql_time

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# The header's `typ` of draft-ietf-oauth-rfc7523bis, in lower case.
_EXPLICIT_TYPE = "client-authentication+jwt"
_TYPES = {"", "jwt", _EXPLICIT_TYPE}
# How far the client's clock and ours may differ.
LEEWAY = timedelta(seconds=30)
# Longer ones are good for nothing but theft, and each used one is remembered until its time is over.
MAX_LIFETIME = timedelta(hours=1)

# The year 10,000.
_END_OF_TIME = 253_402_300_800

_jws = PyJWS()


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion as it was sent; nothing of it is proven yet. `client_id` is whom it says that it comes from."""

    text: str = field(repr=False)
    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(repr=False)
    client_id: str


def read_assertion(wire: WireRequest) -> Assertion | None:
    """The assertion of this request; None where there is none.

    Raises:
        OAuthError: invalid_client; it is no JWT of a client about itself, or of no type that is known here.
    """
    kind, text = wire.value("client_assertion_type"), wire.value("client_assertion")
    if kind is None and text is None:
        return None
    if kind != ASSERTION_TYPE or text is None:
        raise _refused("client_assertion_malformed")
    try:
        decoded = _jws.decode_complete(text, options={"verify_signature": False})
        claims = json.loads(decoded["payload"])
    except (PyJWTError, ValueError, RecursionError):
        raise _refused("client_assertion_malformed") from None
    header = decoded["header"]
    client_id = claims["sub"] if isinstance(claims, dict) and claims.keys() >= {"iss", "sub"} else None
    # Section 3: issuer and subject are both the client. Other types are tokens for something else (RFC 8725 section
    # 3.12), and `crit` names rules that nobody here knows (RFC 7515 section 4.1.11).
    if not _is_name(client_id) or claims["iss"] != client_id or _type_of(header) not in _TYPES or "crit" in header:
        raise _refused("client_assertion_malformed")
    return Assertion(text, header, claims, client_id)


def verify_assertion(assertion: Assertion, client: Client, wire: WireRequest) -> None:
    """Return if the client made this assertion for this request, now and for the first time; it is used up by that.

    Raises:
        OAuthError: invalid_client.
    """
    expires_at = _check_time(assertion, client, wire.received_at)
    _check_audience(assertion, client, wire)
    if not _is_name(assertion.claims.get("jti")):
        raise _refused("client_assertion_malformed", client)
    _check_signature(assertion, client, wire.received_at)
    # Last, so that nobody but the client itself adds rows.
    if not _use(f"{client.pk} {assertion.claims['jti']}", expires_at):
        raise _refused("client_assertion_replayed", client)


def _refused(reason: str, client: Client | None = None) -> OAuthError:
    return OAuthError(CLIENT_REJECTED, reason, client=client)


def _is_name(value: object) -> bool:
    """Whether it is text such as an id is, which any database can hold."""
    return isinstance(value, str) and 0 < len(value) <= MAX_LENGTH and value.isprintable()


def _type_of(header: Mapping[str, Any]) -> str:
    """The header's `typ`, as media types are compared (RFC 7515 section 4.1.9)."""
    return str(header.get("typ") or "").lower().removeprefix("application/")


def _check_time(assertion: Assertion, client: Client, now: datetime) -> datetime:
    """Until when it can be used, by our clock (section 3, items 4 to 6)."""
    moments = {name: assertion.claims.get(name) for name in ("exp", "nbf", "iat")}
    present = {name: moment for name, moment in moments.items() if moment is not None}
    if "exp" not in present or not all(_is_moment(moment) for moment in present.values()):
        raise _refused("client_assertion_malformed", client)
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    has_begun = all(present.get(name, seconds) <= seconds + leeway for name in ("nbf", "iat"))
    lasts = present["exp"] - seconds
    if not has_begun or not -leeway < lasts <= MAX_LIFETIME.total_seconds() + leeway:
        raise _refused("client_assertion_untimely", client)
    return datetime.fromtimestamp(present["exp"], UTC) + LEEWAY


def _is_moment(value: object) -> bool:
    """Whether it is a NumericDate (RFC 7519 section 2) that a datetime can hold; NaN is within no bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _END_OF_TIME


def _check_audience(assertion: Assertion, client: Client, wire: WireRequest) -> None:
    """Exactly one audience, and it is us (section 3, item 3).

    With a second one, that other server could use the assertion here. draft-ietf-oauth-rfc7523bis goes further and
    takes the issuer alone, so that no server can talk a client into making assertions for another one. What says by its
    type that it follows the draft is held to that. Others may name the token endpoint, as OpenID Connect Core section 9
    had it for ten years, or the endpoint that they call (RFC 9126 section 2): many libraries know nothing else.
    """
    named = assertion.claims.get("aud")
    ours = {wire.issuer}
    if _type_of(assertion.header) != _EXPLICIT_TYPE:
        ours |= {wire.endpoint, f"{wire.issuer}{reverse('oauthx:connect-token')}"}
    audiences = named if isinstance(named, list) else [named]
    if len(audiences) != 1 or not isinstance(audiences[0], str) or audiences[0] not in ours:
        raise _refused("client_assertion_audience", client)


def _check_signature(assertion: Assertion, client: Client, now: datetime) -> None:
    algorithm = assertion.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KEY_KINDS:
        raise _refused("client_assertion_signature", client)
    try:
        keys = find_keys(client, algorithm, assertion.header.get("kid"), now)
    except KeysUnavailableError:
        raise _refused("client_keys_unavailable", client) from None
    if not any(_is_signed_by(key.public, assertion.text, algorithm) for key in keys):
        raise _refused("client_assertion_signature", client)


def _is_signed_by(public: Any, text: str, algorithm: str) -> bool:
    try:
        _jws.decode(text, public, algorithms=[algorithm])
    except PyJWTError:
        return False
    return True


def _use(name: str, expires_at: datetime) -> bool:
    """Note that this assertion was used; False if it was before, by whichever process (section 3, item 7)."""
    sql = f"INSERT INTO {UsedAssertion._meta.db_table} (digest, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"  # noqa: S608
    params: list[Any] = [digest(name), sql_time(expires_at)]
    with prepared_cursor() as cursor:
        cursor.execute(sql, params)
        return bool(cursor.rowcount == 1)
