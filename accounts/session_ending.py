"""Ends a browser session from elsewhere, and says so in the login history. It must not know who asks, or tokens."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.history import Attempt, event_insert
from accounts.models import BrowserSession, LoginEvent
from accounts.origin import origin_of
from accounts.people import look_up
from tenants.sql import WritePlan, write

PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, no password


def end_browser_session(request: HttpRequest, session: BrowserSession, *, reason: str, actor: str = "") -> bool:
    """End it with all that came of it, with a login event in the same transaction; False if it had ended before.

    Not for the session that the request itself came in: that one ends by Django's `logout`, which also leaves an event.
    `actor` is the account of who did it, unless it was the person himself.
    """
    user = session.user
    attempt = Attempt(
        time=timezone.now(),
        kind=LoginEvent.Kind.LOGOUT,
        origin=origin_of(request),
        account=user.account,
        tenant=user.tenant,
        reason=reason,
        actor=actor,
    )
    event = event_insert(attempt.allowed(look_up(user.tenant_id, user.account).person))
    with transaction.atomic():
        if not session.end(reason):
            return False
        write(WritePlan([event]))
    return True
