"""Ends a token at its client's wish (RFC 7009). It must not know how tokens are issued."""

from datetime import datetime

from django.http import HttpResponse

from accounts.history import Attempt
from accounts.models import LoginEvent
from oauthx import lookups, store
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import PARAMETER_MISSING, TOKEN_OF_ANOTHER_CLIENT, OAuthError
from oauthx.lookups import StoredAccessToken, StoredRefreshToken
from oauthx.models import Client
from oauthx.requests import WireRequest
from oauthx.views import ClientView
from tenants.resolution import tenant_by_id
from tenants.sql import Statement


class RevocationView(ClientView):
    """`POST /connect/revocation`: ends the token, of any dialect, and all that came of the same login (section 2.1).

    A token that is unknown or over already is answered like one that was ended now (section 2.2).
    """

    dialect = CONNECT
    for_browsers = True

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        token = wire.value("token")
        if token is None:
            raise OAuthError(PARAMETER_MISSING)
        stored = lookups.find_access_token(token) or lookups.find_refresh_token(token)
        if stored is None or stored.ended:
            return json_response({}, 200)
        if stored.client_pk != client.pk:
            raise OAuthError(TOKEN_OF_ANOTHER_CLIENT)
        attempt = Attempt(
            time=wire.received_at,
            kind=LoginEvent.Kind.LOGOUT,
            origin=wire.origin,
            tenant=None if stored.tenant_id is None else tenant_by_id(stored.tenant_id),
            client_id=client.client_id,
            client_name=client.name,
            dialect=stored.dialect,
            reason="revoked",
        )
        store.record(attempt.allowed(stored.person, stored.jti), also=[_ending(stored, wire.received_at)])
        return json_response({}, 200)


def _ending(stored: StoredAccessToken | StoredRefreshToken, now: datetime) -> Statement:
    if isinstance(stored, StoredRefreshToken):
        return store.ending_of_family(stored.family_id, "revoked", now)
    return store.ending_of_access_token(stored, "revoked", now)
