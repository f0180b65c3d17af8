"""Ends sessions and tokens by an administrator's hand. It must not know pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from oauthx import store
from oauthx.ending import end_family, ending_attempt
from oauthx.models import AccessToken, TokenFamily

REASON = "console"


def end_session(request: HttpRequest, family: TokenFamily, now: datetime) -> bool:
    """End the session, so every token of it, on every surface; False if it had ended before."""
    return end_family(request, family, now, reason=REASON, actor=_account(request))


def end_token(request: HttpRequest, token: Any, now: datetime) -> bool:
    """End the token's session, or the token alone where it belongs to none; False if it had ended before."""
    if token.token_family is not None:
        return end_session(request, token.token_family, now)
    if not isinstance(token, AccessToken):
        return False
    client: Any = token.application
    attempt = ending_attempt(request, client, token, now, reason=REASON, actor=_account(request))
    store.record(attempt.allowed(None, token.jti), also=[store.ending_of_lone_access_token(token.pk)])
    return True


def _account(request: HttpRequest) -> str:
    actor: Any = request.user
    return str(actor.account)
