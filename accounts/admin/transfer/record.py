"""Writes what an import did to people who were there into the login history, in bulk. It must not know the file."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import Origin, origin_of
from tenants.changes import current_author
from tenants.console.transfer.entries import Entry, Scope

_Kind = LoginEvent.Kind


def record_import(scope: Scope, entries: Sequence[Entry]) -> None:
    """An event for each person who was enabled or disabled, and for each who got another password, as by the pages."""
    now, author = timezone.now(), current_author()
    origin = origin_of(scope.request) if scope.request else Origin(author.address, "", author.request_id)
    actor = scope.viewer.account if isinstance(scope.viewer, User) else ""
    events = []
    for entry in entries:
        person: User = entry.instance
        for kind in () if entry.is_new else _kinds_of(entry):
            # By the command, nobody did it, and the command's name says what did.
            attempt = Attempt(now, kind, origin, person.account, scope.tenant, actor=actor, detail=author.system)
            values = event_insert(attempt).values
            events.append(LoginEvent(**{**values, "user_id": person.pk, "real_name": person.real_name}))
    LoginEvent.objects.bulk_create(events, batch_size=500)


def _kinds_of(entry: Entry) -> Iterable[LoginEvent.Kind]:
    if "is_active" in entry.changed:
        yield _Kind.ENABLED if entry.instance.is_active else _Kind.DISABLED
    if "password" in entry.changed:
        yield _Kind.PASSWORD_RESET
