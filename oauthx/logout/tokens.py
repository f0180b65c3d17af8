"""Makes logout tokens (OpenID Connect Back-Channel Logout section 2.4). It must not know how they are sent."""

from datetime import datetime, timedelta
from uuid import uuid4

from oauthx.dialects.connect import CONNECT
from oauthx.models import LogoutNotice
from oauthx.signing import signing_backend

LIFETIME = timedelta(minutes=2)
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def make_logout_token(notice: LogoutNotice, now: datetime) -> str:
    """A new token, at each attempt: whose session has ended, for that client, signed as its ID tokens are.

    It has no `nonce`, so that nobody can take it for an ID token (section 2.4).
    """
    backend = signing_backend(CONNECT.algorithm_for(notice.client), None)
    issued_at = int(now.timestamp())
    claims = {
        "iss": notice.issuer,
        "sub": notice.subject,
        "aud": notice.client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(LIFETIME.total_seconds()),
        "jti": str(uuid4()),
        "events": {EVENT: {}},
        "sid": str(notice.sid),
    }
    return backend.encode(claims, {"typ": "logout+jwt", "kid": backend.key.kid})
