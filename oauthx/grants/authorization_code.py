"""An authorization code for tokens (RFC 6749 section 4.1.3), with PKCE (RFC 7636). It works once, also at once."""

import base64
import hashlib
import secrets
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from oauthx import lookups, store
from oauthx.errors import CODE_REJECTED, OAuthError
from oauthx.grants.base import Param, check_standing
from oauthx.lookups import StoredCode
from oauthx.requests import Subject, TokenRequest


class AuthorizationCodeGrant:
    name = "authorization_code"
    label = _("Authorization code")
    params = (Param("code"), Param("redirect_uri"), Param("code_verifier", required=False))
    is_login = False
    personal = True
    knows_tenant = True

    def authenticate(self, request: TokenRequest) -> Subject:
        """The person who signed in for this code. Its replay ends what it brought (RFC 6749 section 4.1.2)."""
        stored = lookups.find_code(request.params["code"])
        if stored is None:
            raise OAuthError(CODE_REJECTED)
        if stored.client_pk != request.client.pk:
            raise OAuthError(CODE_REJECTED, "code_of_another_client")
        if request.tenant is not None and stored.tenant.pk != request.tenant.pk:
            raise OAuthError(CODE_REJECTED, "code_of_another_tenant", person=stored.person)
        if stored.family_id is not None:
            raise self._replayed(stored, request)
        self._check(request, stored)
        family_id = uuid4()
        return Subject(
            person=stored.person,
            tenant=stored.tenant,
            auth_time=stored.auth_time,
            amr=stored.amr,
            scope=stored.scope,
            nonce=stored.nonce,
            browser_session_id=stored.browser_session_id,
            requested_claims=stored.requested_claims,
            family_id=family_id,
            guard=store.use_of_code(stored.row_id, family_id, request.received_at),
            # Another request was first: that is a replay too, and what the first one got ends with it.
            lost=lambda: self._replayed(stored, request),
        )

    @staticmethod
    def _replayed(stored: StoredCode, request: TokenRequest) -> OAuthError:
        return OAuthError(
            CODE_REJECTED,
            "code_replayed",
            person=stored.person,
            consequences=[store.ending_of_family_of_code(stored.row_id, request.received_at)],
        )

    @staticmethod
    def _check(request: TokenRequest, stored: StoredCode) -> None:
        """Everything that must agree with the authorization request.

        Raises:
            OAuthError: invalid_grant; the code stays good for the one whom it was made for.
        """
        if request.received_at >= stored.expires_at:
            raise OAuthError(CODE_REJECTED, "code_expired", person=stored.person)
        if request.params["redirect_uri"] != stored.redirect_uri:
            raise OAuthError(CODE_REJECTED, "code_redirect_mismatch", person=stored.person)
        if not _verifier_matches(request.params.get("code_verifier"), stored.code_challenge):
            raise OAuthError(CODE_REJECTED, "code_verifier_mismatch", person=stored.person)
        check_standing(request, stored.tenant, stored.person, stored.expires_at, CODE_REJECTED)


def _verifier_matches(verifier: str | None, challenge: str) -> bool:
    """RFC 7636 section 4.6, S256 alone; a verifier without a challenge is a downgrade (RFC 9700 section 4.8.2)."""
    if not challenge or verifier is None:
        return not challenge and verifier is None
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
