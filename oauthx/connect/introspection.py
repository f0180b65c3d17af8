"""Tells whether a token stands (RFC 7662), to whom that concerns. It must not know how tokens are issued."""

from datetime import datetime

from django.http import HttpResponse

from oauthx import lookups
from oauthx.authentication import verify_access_token
from oauthx.client_auth import find_client
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import CLIENT_REJECTED, PARAMETER_MISSING, OAuthError
from oauthx.models import Client
from oauthx.requests import WireRequest
from oauthx.standing import why_ended
from oauthx.views import ClientView
from tenants.resolution import tenant_by_id

INACTIVE = {"active": False}


class IntrospectionView(ClientView):
    """`POST /connect/introspect`: a client asks about its tokens, of any dialect; a resource server about its tenant's.

    Whatever else is asked, the answer is `{"active": false}` and nothing more (RFC 7662 section 2.2).
    """

    dialect = CONNECT

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        if client.is_public:
            # RFC 7662 section 2.1: who asks must authenticate, or tokens could be fished for.
            raise OAuthError(CLIENT_REJECTED, "client_is_public")
        token = wire.value("token")
        if token is None:
            raise OAuthError(PARAMETER_MISSING)
        now = wire.received_at
        described = _describe_access(token, client, wire.issuer, now) or _describe_refresh(token, client, now)
        return json_response(described or INACTIVE, 200)


def _describe_access(token: str, client: Client, issuer: str, now: datetime) -> dict[str, object] | None:
    try:
        bearer = verify_access_token(token, now)
    except OAuthError:
        return None
    stored = bearer.token
    if not _concerns(client, stored.client_pk, stored.tenant_id):
        return None
    described: dict[str, object] = {
        "active": True,
        "token_type": "Bearer",
        "client_id": stored.client_id,
        "scope": " ".join(stored.scope),
        "exp": int(stored.expires_at.timestamp()),
        "iat": int(stored.issued_at.timestamp()),
        "iss": issuer,
        "jti": stored.jti,
        "sub": str(stored.person.user_id) if stored.person else stored.client_id,
    }
    if stored.person is not None:
        described["username"] = stored.person.account
    if bearer.tenant is not None:
        described["tenant_id"] = bearer.tenant.code
    return described


def _describe_refresh(token: str, client: Client, now: datetime) -> dict[str, object] | None:
    stored = lookups.find_refresh_token(token)
    if stored is None or not _concerns(client, stored.client_pk, stored.tenant_id):
        return None
    tenant = tenant_by_id(stored.tenant_id)
    reason = why_ended(
        ended=stored.ended or stored.used_at is not None,
        expires_at=stored.expires_at,
        client=find_client(stored.client_id),
        tenant=tenant,
        person=stored.person,
        has_user=True,
        now=now,
    )
    if reason is not None or stored.person is None:
        return None
    return {
        "active": True,
        "scope": " ".join(stored.scope),
        "exp": int(stored.expires_at.timestamp()),
        "sub": str(stored.person.user_id),
        "username": stored.person.account,
        "tenant_id": tenant.code,
    }


def _concerns(client: Client, owner_pk: int, tenant_id: int | None) -> bool:
    """Whether this client may know of a token: its own, or, for a resource server, its tenant's."""
    if owner_pk == client.pk:
        return True
    return client.is_resource_server and client.tenant_id is not None and client.tenant_id == tenant_id
