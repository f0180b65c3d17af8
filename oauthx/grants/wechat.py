"""A person whom WeChat names, by a code that is exchanged there, or by the word of a client that may vouch."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts import bind_tickets
from accounts.authority import is_trusted
from accounts.caches import CACHE_ERRORS
from accounts.gateways.wechat import Trouble, WechatError
from accounts.identities import WELL_FORMED, Identity, binding_at_sign_in, is_taken, noting_of_use
from accounts.models import LoginEvent, WechatApp
from accounts.verifiers import VerificationError
from accounts.verifiers.wechat import find_app, find_person, prove_by_code, verify_identity
from oauthx.errors import (
    PARAMETER_MALFORMED,
    PARAMETER_MISSING,
    SERVER_ERROR,
    TEMPORARILY_UNAVAILABLE,
    WECHAT_APP_REJECTED,
    WECHAT_CODE_REJECTED,
    WECHAT_PROOFS_CONFLICT,
    WECHAT_REJECTED,
    WECHAT_VOUCHING_REFUSED,
    OAuthError,
    Refusal,
)
from oauthx.grants.base import Param, check_main_account, require_tenant
from oauthx.requests import Subject, TokenRequest
from oauthx.vouching import may_vouch

# In the words of RFC 8176 there is none for this: what a reader of `amr` cannot take for more than it is.
BY_CODE, VOUCHED = "wechat", "wechat vouched"
VOUCHED_REMARK = "wechat_vouched"
_REFUSALS: dict[Trouble, Refusal] = {
    Trouble.CODE: WECHAT_CODE_REJECTED,
    Trouble.BUSY: TEMPORARILY_UNAVAILABLE,
    Trouble.SETUP: SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class _Proof:
    """Who it is at WeChat, and how that was proven."""

    identity: Identity
    amr: str = BY_CODE
    remark: str = ""

    @property
    def is_vouched(self) -> bool:
        return self.amr == VOUCHED


class WechatGrant:
    name = "wechat"
    label = _("WeChat")
    params = (Param("code", required=False), Param("openid", required=False), Param("app_id", required=False))
    is_login = True
    personal = True
    knows_tenant = False

    def authenticate(self, request: TokenRequest) -> Subject:
        """The person to whom this identity is bound, or another one of the same union id."""
        tenant, now = require_tenant(request), request.received_at
        proof = _prove(request)
        found = find_person(proof.identity)
        try:
            person = verify_identity(found, now)
        except VerificationError as error:
            if found.look_up.person is None and tenant.offers_bind_tickets and _can_be_bound(proof):
                raise _refused_with_ticket(request, proof.identity) from error
            raise OAuthError(WECHAT_REJECTED, error.reason, person=found.look_up.person) from error
        if proof.is_vouched and not is_trusted(request.client.vouching_allowed_by_id, person.user_id):
            raise OAuthError(WECHAT_VOUCHING_REFUSED, "wechat_vouching_untrusted", person=person)
        check_main_account(request, found.look_up.main_account, person)
        using = binding_at_sign_in if found.by_unionid else noting_of_use
        return Subject(
            person=person,
            tenant=tenant,
            auth_time=now,
            amr=proof.amr,
            guard=using(proof.identity, person, now),
            # It was unbound, or bound to somebody else, while we looked.
            lost=lambda: OAuthError(WECHAT_REJECTED, person=person),
            remark=proof.remark,
            events=(LoginEvent.Kind.BIND,) if found.by_unionid else (),
        )


def _prove(request: TokenRequest) -> _Proof:
    """Whom WeChat or the client names.

    Raises:
        OAuthError: invalid_request, unauthorized_client, invalid_grant, temporarily_unavailable, server_error.
    """
    code, openid = request.params.get("code"), request.params.get("openid")
    if code is not None and openid is not None:
        raise OAuthError(WECHAT_PROOFS_CONFLICT)
    if openid is not None:
        app = _vouched_app(request)
        if not WELL_FORMED.fullmatch(openid):
            raise OAuthError(PARAMETER_MALFORMED)
        return _Proof(Identity(app.tenant_id, app.app_id, openid), VOUCHED, VOUCHED_REMARK)
    if code is None:
        raise OAuthError(PARAMETER_MISSING)
    try:
        return _Proof(prove_by_code(_app(request), code))
    except WechatError as error:
        raise OAuthError(_REFUSALS[error.trouble], error.reason) from error
    except CACHE_ERRORS as error:
        raise OAuthError(TEMPORARILY_UNAVAILABLE) from error


def _app(request: TokenRequest) -> WechatApp:
    """The app that the request names, else the client's own.

    Raises:
        OAuthError: invalid_request; there is none, or it is not in use.
    """
    own = request.client.wechat_app
    app_id = request.params.get("app_id") or (own.app_id if own is not None else None)
    if app_id is None:
        raise OAuthError(WECHAT_APP_REJECTED, "wechat_app_missing")
    app = find_app(require_tenant(request).pk, app_id)
    if app is None:
        raise OAuthError(WECHAT_APP_REJECTED)
    if not app.is_active:
        raise OAuthError(WECHAT_APP_REJECTED, "wechat_app_disabled")
    return app


def _vouched_app(request: TokenRequest) -> WechatApp:
    """The client's own app, if it may vouch for identities there.

    Raises:
        OAuthError: unauthorized_client, or invalid_request.
    """
    if not may_vouch(request.client):
        raise OAuthError(WECHAT_VOUCHING_REFUSED)
    app = _app(request)
    if app.pk != request.client.wechat_app_id:
        raise OAuthError(WECHAT_VOUCHING_REFUSED, "wechat_vouching_elsewhere")
    return app


def _can_be_bound(proof: _Proof) -> bool:
    """Whether a ticket would be of use: a client's word binds nothing, and a union id that people share is nobody's."""
    return not proof.is_vouched and not is_taken(proof.identity, user_id=0)


def _refused_with_ticket(request: TokenRequest, identity: Identity) -> OAuthError:
    """Not bound; the ticket by which it can be becomes good together with the refusal's event."""
    ticket = bind_tickets.new_ticket()
    keeping = bind_tickets.keeping_of_ticket(ticket, identity, request.client.client_id, request.received_at)
    return OAuthError(WECHAT_REJECTED, consequences=[keeping], bind_ticket=ticket)
