"""Records logouts and exports of the console in the login history. It must not know forms or pages."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from accounts.browser_session import person_of_session
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import look_up
from tenants.console.transfer.exporting import rows_exported
from tenants.sql import WritePlan, write

_DETAIL_LENGTH = 512


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


def record_export(request: HttpRequest, model: type[Model], kind: str, query: str, **_signal: Any) -> None:
    """Say that somebody took rows along: of which model, as what, and what the list was narrowed to."""
    person = request.user
    if not isinstance(person, User):
        return
    attempt, found = _attempt(request, person, LoginEvent.Kind.EXPORT)
    detail = f"{model._meta.label_lower} {kind} {query}".strip()[:_DETAIL_LENGTH]
    write(WritePlan([event_insert(replace(attempt, actor=person.account, detail=detail).allowed(found))]))


def connect() -> None:
    """Record every logout of a browser session, and every export of a list, from now on."""
    rows_exported.connect(record_export, dispatch_uid="login-history-export")
    user_logged_out.connect(record_logout, dispatch_uid="login-history-logout")


def _attempt(request: HttpRequest, user: User, kind: LoginEvent.Kind) -> tuple[Attempt, Any]:
    found = look_up(user.tenant_id, user.account)
    attempt = Attempt(
        time=timezone.now(), kind=kind, origin=origin_of(request), account=user.account, tenant=user.tenant
    )
    return attempt, found.person
