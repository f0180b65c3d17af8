"""Reads back an ID token that we issued, when an application hands it in as a hint. It must not know sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from rest_framework_simplejwt.exceptions import TokenBackendError

from oauthx.models.client import ALGORITHMS
from oauthx.signing import verifying_backends

# A retired key still proves hints for so long after its overlap: an ID token outlives its `exp` as a hint. Keys that
# may have leaked are deleted, so they prove nothing.
KEY_MEMORY = timedelta(days=1)
_BEGINNING = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """What a proven ID token says: for whom (`sub`), of which browser session (None: of none), to which client."""

    sub: str
    sid: str | None
    client_id: str


def read_id_token_hint(token: str, issuer: str, now: datetime) -> IdTokenHint | None:
    """What this ID token says, if we signed it for one client under this issuer; also when it has expired.

    None for everything else, other kinds of our own tokens included (OpenID Connect RP-Initiated Logout section 2,
    OpenID Connect Core section 3.1.2.1, `id_token_hint`).
    """
    claims = _verified_claims(token, now)
    if claims is None or claims.get("iss") != issuer:
        return None
    subject, audience, sid = claims.get("sub"), claims.get("aud"), claims.get("sid")
    if not isinstance(subject, str) or not isinstance(audience, str) or not (sid is None or isinstance(sid, str)):
        return None
    return IdTokenHint(sub=subject, sid=sid, client_id=audience)


def _verified_claims(token: str, now: datetime) -> dict[str, Any] | None:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    # By their `typ` access tokens and logout tokens are told apart (RFC 8725 section 3.11). No shared secret is tried:
    # whoever holds one could make hints for everyone.
    if header.get("typ") != "JWT" or header.get("alg") not in [name for name, _label in ALGORITHMS]:
        return None
    for backend in verifying_backends(header["alg"], None, now - KEY_MEMORY):
        try:
            return backend.decode(token, now=_BEGINNING)
        except TokenBackendError:
            continue
    return None
