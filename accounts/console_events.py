"""Records the logouts of browser sessions in the login history. It must not know forms or pages."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from accounts.browser_session import person_of_session
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import look_up
from tenants.sql import WritePlan, write


def record_logout(request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    """Say that a browser session ended by its owner's wish, also one that lacked the second factor asked of him."""
    if request is None:
        return
    if not isinstance(user, User):
        user = person_of_session(request)
    if user is None:
        return
    attempt, person = _attempt(request, user, LoginEvent.Kind.LOGOUT)
    write(WritePlan([event_insert(attempt.allowed(person))]))


def connect() -> None:
    """Record every logout of a browser session from now on."""
    user_logged_out.connect(record_logout, dispatch_uid="login-history-logout")


def _attempt(request: HttpRequest, user: User, kind: LoginEvent.Kind) -> tuple[Attempt, Any]:
    found = look_up(user.tenant_id, user.account)
    attempt = Attempt(
        time=timezone.now(), kind=kind, origin=origin_of(request), account=user.account, tenant=user.tenant
    )
    return attempt, found.person
