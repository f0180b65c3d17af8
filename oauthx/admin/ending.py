"""Ends sessions and tokens by an administrator's hand, and says so in the login history. It must not know pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.history import Attempt
from accounts.models import LoginEvent
from accounts.origin import origin_of
from accounts.people import look_up
from oauthx import store
from oauthx.models import AccessToken, TokenFamily

REASON = "console"


def end_session(request: HttpRequest, family: TokenFamily, now: datetime) -> bool:
    """End the session, so every token of it, on every surface; False if it had ended before."""
    if family.ended_at is not None:
        return False
    person = look_up(family.tenant_id, family.user.account).person
    attempt = _attempt(request, family.client, family, now).allowed(person)
    store.record(attempt, also=[store.ending_of_family(family.pk, REASON, now)])
    return True


def end_token(request: HttpRequest, token: Any, now: datetime) -> bool:
    """End the token's session, or the token alone where it belongs to none; False if it had ended before."""
    if token.token_family is not None:
        return end_session(request, token.token_family, now)
    if not isinstance(token, AccessToken):
        return False
    attempt = _attempt(request, token.application, token, now).allowed(None, token.jti)
    store.record(attempt, also=[store.ending_of_lone_access_token(token.pk)])
    return True


def _attempt(request: HttpRequest, client: Any, of: Any, now: datetime) -> Attempt:
    actor: Any = request.user
    return Attempt(
        time=now,
        kind=LoginEvent.Kind.LOGOUT,
        origin=origin_of(request),
        tenant=of.tenant,
        client_id=client.client_id,
        client_name=client.name,
        dialect=of.dialect,
        reason=REASON,
        actor=actor.account,
    )
