"""Makes the tokens of a granted request: scope, claims, signatures. It must not know the store or the wire."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import replace

from oauthx.claims import Facts, IssuedToken, NewToken, claims_of
from oauthx.conf import conf
from oauthx.dialects.base import Dialect
from oauthx.errors import PARAMETER_MISSING, SCOPE_REFUSED, OAuthError
from oauthx.models import Client
from oauthx.requests import Subject, TokenRequest, words
from oauthx.signing import SigningBackend, signing_backend
from oauthx.standard_claims import describe, names_within

# Scopes that only make sense with a person (OpenID Connect Core sections 5.4 and 11).
PERSONAL_SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "organisation", "offline_access"})


def random_token_id() -> str:
    """A `jti`: a random UUID, as the documents' tokens have."""
    return str(uuid.uuid4())


def asked_scope(text: str | None, client: Client) -> tuple[str, ...]:
    """What a request asks for, or all that the client may have (connect.md, `scope`).

    Raises:
        OAuthError: invalid_scope; it is empty, or exceeds that.
    """
    asked = tuple(client.scopes) if text is None else words(text)
    if (text is not None and not asked) or not set(asked) <= set(client.scopes):
        raise OAuthError(SCOPE_REFUSED)
    return asked


def check_requested_scope(request: TokenRequest, *, is_login: bool) -> None:
    """Check the scope of a request before anybody is asked for a proof.

    Raises:
        OAuthError: invalid_request, where the document wants a scope; invalid_scope for one that the client lacks.
    """
    if request.scope is None:
        if is_login and request.dialect.scope_required:
            raise OAuthError(PARAMETER_MISSING, "scope_missing")
    elif not request.scope or not set(request.scope) <= set(request.client.scopes):
        raise OAuthError(SCOPE_REFUSED)


def granted_scope(request: TokenRequest, subject: Subject) -> tuple[str, ...]:
    """What is granted: what was asked for, or all that may be had; never more than the grant allows (RFC 6749, 3.3, 6).

    Raises:
        OAuthError: invalid_scope.
    """
    allowed = tuple(request.client.scopes)
    if subject.scope is not None:
        allowed = tuple(name for name in subject.scope if name in allowed)
    if subject.person is None:
        allowed = tuple(name for name in allowed if name not in PERSONAL_SCOPES)
    if request.scope is None:
        return allowed
    if not set(request.scope) <= set(allowed):
        raise OAuthError(SCOPE_REFUSED)
    return request.scope


def issue_token(request: TokenRequest, subject: Subject) -> IssuedToken:
    """The signed tokens for this subject. Nothing is stored yet, so nothing is good yet.

    Raises:
        OAuthError: invalid_scope.
    """
    client, now = request.client, request.received_at
    facts = Facts(
        person=subject.person,
        tenant=subject.tenant,
        client=client,
        scope=granted_scope(request, subject),
        issuer=request.issuer,
        issued_at=now,
        expires_at=now + client.access_token_lifetime,
        auth_time=subject.auth_time,
        amr=subject.amr,
        jti=conf().new_token_id(),
        nonce=subject.nonce,
        browser_session_id=subject.browser_session_id,
        requested_claims=subject.requested_claims,
    )
    backend = signing_backend(request.dialect.algorithm_for(client), subject.tenant)
    access_token = _access_token(request.dialect, facts, backend)
    return IssuedToken(
        facts=facts,
        access_token=access_token,
        # A refresh never narrows the refresh token (RFC 6749 section 6).
        refresh=_refresh_token(request.dialect, replace(facts, scope=subject.scope or facts.scope), backend),
        id=_id_token(request.dialect, facts, backend, access_token),
    )


def _access_token(dialect: Dialect, facts: Facts, backend: SigningBackend) -> str:
    """A JWT, or 256 random bits for a client that wants no one to read its tokens."""
    if dialect.gives_opaque(facts.client):
        return secrets.token_urlsafe(32)
    headers = {"typ": dialect.token_type, **({"kid": backend.key.kid} if dialect.key_id else {})}
    return backend.encode(claims_of(facts, dialect.access_claims), headers)


def _refresh_token(dialect: Dialect, facts: Facts, backend: SigningBackend) -> NewToken | None:
    """A JWT where the document has one, else 256 random bits; None where none is due."""
    if facts.person is None or not dialect.refreshable(facts.scope):
        return None
    jti = conf().new_token_id()
    # `exp` is in whole seconds, and what the store goes by must not outlast it.
    expires_at = facts.issued_at.replace(microsecond=0) + facts.client.refresh_token_lifetime
    if not dialect.refresh_claims:
        return NewToken(secrets.token_urlsafe(32), jti, facts.scope, expires_at)
    of_refresh = replace(facts, jti=jti, ati=facts.jti, expires_at=expires_at)
    value = backend.encode(claims_of(of_refresh, dialect.refresh_claims), {"typ": dialect.token_type})
    return NewToken(value, jti, facts.scope, expires_at)


def _id_token(dialect: Dialect, facts: Facts, backend: SigningBackend, access_token: str) -> NewToken | None:
    """OpenID Connect Core section 2, with the claims that were asked for by name; None where `openid` was not granted.

    `at_hash` (section 3.1.3.6) is made with SHA-256: so is each of our algorithms.
    """
    if facts.person is None or not dialect.openid or "openid" not in facts.scope:
        return None
    jti = str(uuid.uuid4())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    named = names_within(facts.requested_claims.get("id_token", ()), facts.client.scopes)
    claims = {
        **describe(facts.person, facts.tenant, named),
        **claims_of(facts, ("iss", "sub", "exp", "iat", "auth_time", "nonce", "amr", "acr", "sid")),
        "aud": facts.client.client_id,
        "jti": jti,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }
    return NewToken(backend.encode(claims, {"typ": "JWT", "kid": backend.key.kid}), jti, facts.scope, facts.expires_at)
