"""A refresh token for a new pair (RFC 6749 section 6). It works once; its replay ends the family (RFC 9700, 4.14.2)."""

from django.utils.translation import gettext_lazy as _

from oauthx import lookups, store
from oauthx.errors import REFRESH_TOKEN_REJECTED, OAuthError
from oauthx.grants.base import Param, check_main_account, check_standing
from oauthx.lookups import StoredRefreshToken
from oauthx.requests import Subject, TokenRequest
from tenants.resolution import tenant_by_id
from tenants.sql import Statement


class RefreshTokenGrant:
    name = "refresh_token"
    label = _("Refresh token")
    params = (Param("refresh_token"),)
    is_login = False
    personal = True
    knows_tenant = True

    def authenticate(self, request: TokenRequest) -> Subject:
        """The person of this token as he is now. It works only for the client, dialect and tenant of its issue."""
        stored = lookups.find_refresh_token(request.params["refresh_token"])
        if stored is None:
            raise OAuthError(REFRESH_TOKEN_REJECTED)
        self._check_holder(request, stored)
        if stored.ended:
            raise OAuthError(REFRESH_TOKEN_REJECTED, "refresh_revoked", person=stored.person)
        replayed = OAuthError(
            REFRESH_TOKEN_REJECTED,
            "refresh_replayed",
            person=stored.person,
            consequences=[store.ending_of_family(stored.family_id, "refresh_replayed", request.received_at)],
        )
        reuse = request.client.refresh_reuse
        if stored.used_at is not None and request.received_at >= stored.used_at + reuse:
            raise replayed
        if request.received_at >= stored.expires_at:
            raise OAuthError(REFRESH_TOKEN_REJECTED, "refresh_expired", person=stored.person)
        check_main_account(request, stored.main_account, stored.person)
        tenant = request.tenant or tenant_by_id(stored.tenant_id)
        check_standing(request, tenant, stored.person, stored.expires_at, REFRESH_TOKEN_REJECTED)
        use_up = store.use_of_refresh_token(stored.row_id, request.received_at)
        guard, also = self._consumption(use_up, may_lose=bool(reuse))
        return Subject(
            person=stored.person,
            tenant=tenant,
            auth_time=stored.auth_time,
            amr=stored.amr,
            scope=stored.scope,
            browser_session_id=stored.browser_session_id,
            requested_claims=stored.requested_claims,
            family_id=stored.family_id,
            starts_family=False,
            consumed_refresh_id=stored.row_id if guard else None,
            guard=guard,
            lost=lambda: replayed,
            also=also,
        )

    @staticmethod
    def _check_holder(request: TokenRequest, stored: StoredRefreshToken) -> None:
        if stored.client_pk != request.client.pk:
            raise OAuthError(REFRESH_TOKEN_REJECTED, "refresh_of_another_client")
        if stored.dialect != request.dialect.name:
            raise OAuthError(REFRESH_TOKEN_REJECTED, "refresh_of_another_dialect")
        if request.tenant is not None and stored.tenant_id != request.tenant.pk:
            raise OAuthError(REFRESH_TOKEN_REJECTED, "refresh_of_another_tenant")

    @staticmethod
    def _consumption(use_up: Statement, *, may_lose: bool) -> tuple[Statement | None, tuple[Statement, ...]]:
        """Using the token up decides who wins among concurrent requests, unless the client forgives the others."""
        return (None, (use_up,)) if may_lose else (use_up, ())
