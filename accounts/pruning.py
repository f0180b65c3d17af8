"""Deletes login events that are older than their tenant keeps them: the only way on which one ever goes.

On PostgreSQL the connection must be one of the role `hufu_prune`: the triggers let no other delete.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.history_tables import TABLE, allow_deletions, refuse_changes
from tenants.models import Tenant
from tenants.pruner import require_pruner

BATCH = 5000
# Dropping a partition waits for all who read or write the history; they must not wait for that in turn.
_LOCK_TIMEOUT = "2s"
_TENANTS = Tenant._meta.db_table
_MONTH = re.compile(rf"{TABLE}_(\d{{4}})_(\d{{2}})")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Due:
    """Events that may go: those before a moment, of the tenants that keep theirs for so long.

    Events of no tenant, and of one that was deleted, are kept for as long as the installation says.
    """

    days: int
    before: datetime
    condition: str
    params: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Number:
    """How many events of a tenant may go; `code` is empty for those of none."""

    code: str
    days: int
    count: int


def find_due(connection: BaseDatabaseWrapper, now: datetime) -> list[Due]:
    """What may go at this moment, by how long it is kept; what is kept for ever stands in none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT login_history_days FROM {_TENANTS} ORDER BY 1")  # noqa: S608 - our names
        kept = [days for (days,) in cursor.fetchall()]
    of_tenants = f"tenant_id IN (SELECT id FROM {_TENANTS} WHERE login_history_days = %s)"  # noqa: S608 - our names
    due = [Due(days, now - timedelta(days=days), of_tenants, (days,)) for days in kept if days]
    if days := settings.HUFU_LOGIN_HISTORY_DAYS:
        of_none = f"(tenant_id IS NULL OR tenant_id NOT IN (SELECT id FROM {_TENANTS}))"  # noqa: S608 - our names
        due.append(Due(days, now - timedelta(days=days), of_none, ()))
    return due


def count_due(connection: BaseDatabaseWrapper, due: Sequence[Due]) -> list[Number]:
    """How many would go, tenant by tenant."""
    numbers = []
    # Of those that name no tenant, each may have sent another code.
    code = "CASE WHEN tenant_id IS NULL THEN '' ELSE max(tenant_code) END"
    with connection.cursor() as cursor:
        for part in due:
            sql = f"SELECT {code}, count(*) FROM {TABLE} WHERE time < %s AND {part.condition}"  # noqa: S608 - our names
            cursor.execute(f"{sql} GROUP BY tenant_id ORDER BY 1", [_bound(connection, part.before), *part.params])
            numbers += [Number(tenant, part.days, count) for tenant, count in cursor.fetchall()]
    return numbers


def prune(connection: BaseDatabaseWrapper, due: Sequence[Due], now: datetime, progress: Progress) -> None:
    """Delete what is due: whole months where that is possible, and the rest in batches, each committed by itself.

    Raises:
        NotThePrunerError: on PostgreSQL, the connection is another role's. Nothing was deleted.
    """
    require_pruner(connection)
    if connection.vendor == "postgresql":
        for month, _end in _months(connection):
            last = _last_kept(connection, due)
            if last is not None and _end <= last:
                _drop(connection, month, progress)
    for part in due:
        _delete(connection, part, progress)
    if connection.vendor == "postgresql":
        for month, end in _months(connection):
            if end <= now and _is_empty(connection, month):
                _drop(connection, month, progress)


def _last_kept(connection: BaseDatabaseWrapper, due: Sequence[Due]) -> datetime | None:
    """Before this moment everybody's events may go; None if somebody keeps his for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_TENANTS} WHERE login_history_days = 0)")  # noqa: S608 - our names
        for_ever = bool(cursor.fetchone()[0]) or not settings.HUFU_LOGIN_HISTORY_DAYS
    return None if for_ever or not due else min(part.before for part in due)


def _months(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, datetime]]:
    """Each month's partition and the moment at which the month ends, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        names = sorted(name for (name,) in cursor.fetchall())
    for name in names:
        if match := _MONTH.fullmatch(name):
            year, month = (int(part) for part in match.groups())
            yield name, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _is_empty(connection: BaseDatabaseWrapper, month: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {month})")  # noqa: S608 - matched by _MONTH
        return bool(cursor.fetchone()[0])


def _drop(connection: BaseDatabaseWrapper, month: str, progress: Progress) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {month}")  # noqa: S608 - matched by _MONTH
        count = cursor.fetchone()[0]
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        cursor.execute(f"DROP TABLE {month}")
    progress(count)


def _delete(connection: BaseDatabaseWrapper, part: Due, progress: Progress) -> None:
    since: Any = _bound(connection, datetime(1970, 1, 1, tzinfo=UTC))
    before = _bound(connection, part.before)
    where = f"time >= %s AND time < %s AND {part.condition}"
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT max(time) FROM (SELECT time FROM {TABLE} WHERE {where}"  # noqa: S608 - our names
                f" ORDER BY time LIMIT {BATCH}) AS batch",
                [since, before, *part.params],
            )
            until = cursor.fetchone()[0]
            if until is None:
                return
            if connection.vendor == "sqlite":
                allow_deletions(connection)
            cursor.execute(
                f"DELETE FROM {TABLE} WHERE {where} AND time <= %s",  # noqa: S608 - our names
                [since, before, *part.params, until],
            )
            count = cursor.rowcount
            if connection.vendor == "sqlite":
                refuse_changes(connection)
        # What is before was looked at: the next batch does not pass over it again.
        since = until
        progress(count)


def _bound(connection: BaseDatabaseWrapper, moment: datetime) -> Any:
    """The moment as a raw statement's parameter: SQLite's driver takes no aware datetimes."""
    return moment if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(moment)
