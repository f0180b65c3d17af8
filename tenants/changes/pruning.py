"""Deletes recorded changes that are older than the installation keeps them: the only way on which one ever goes.

On PostgreSQL the connection must be one of the role `hufu_prune`: the triggers let no other delete.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tenants.changes.guard import TABLE, allow_deletions, refuse_changes
from tenants.pruner import require_pruner

BATCH = 5000


def count_old(connection: BaseDatabaseWrapper, before: datetime) -> list[tuple[str, int]]:
    """How many would go, tenant by tenant; "" for those of none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tenant_code, count(*) FROM {TABLE} WHERE time < %s GROUP BY tenant_code ORDER BY 1",  # noqa: S608 - our name
            [_bound(connection, before)],
        )
        return [(code, count) for code, count in cursor.fetchall()]


def prune(connection: BaseDatabaseWrapper, before: datetime, progress: Callable[[int], None]) -> None:
    """Delete what is older, in batches, each committed by itself.

    Raises:
        NotThePrunerError: on PostgreSQL, the connection is another role's. Nothing was deleted.
    """
    require_pruner(connection)
    while count := _delete_some(connection, _bound(connection, before)):
        progress(count)


def _delete_some(connection: BaseDatabaseWrapper, before: Any) -> int:
    oldest = f"SELECT id FROM {TABLE} WHERE time < %s ORDER BY time, id LIMIT {BATCH}"  # noqa: S608 - our name
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        allow_deletions(connection.alias)
        cursor.execute(f"DELETE FROM {TABLE} WHERE id IN ({oldest})", [before])  # noqa: S608 - our name
        count: int = cursor.rowcount
        refuse_changes(connection.alias)
    return count


def _bound(connection: BaseDatabaseWrapper, moment: datetime) -> Any:
    """The moment as a raw statement's parameter: SQLite's driver takes no aware datetimes."""
    return moment if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(moment)
