"""Rows of one tenant, and ids that were given by hand. It must not know any model."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from tenants.models import Tenant

# What other transactions may draw between the two looks at a counter.
_MARGIN = 100


def of_tenant(rows: QuerySet[Any], tenant: Tenant | None) -> QuerySet[Any]:
    """Those of these rows that belong to this tenant; None: those that belong to none."""
    return rows.filter(tenant_id=tenant.pk) if tenant is not None else rows.filter(tenant_id=None)


def portions(values: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    """These values, so many at a time: what a statement may name is limited."""
    rest = list(values)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


def advance_ids(model: type[Model], given: Sequence[int]) -> None:
    """Let the ids that the database draws by itself go on above those that were given.

    SQLite does that by itself. On PostgreSQL nothing is locked: others go on drawing meanwhile.
    """
    if not given or connection.vendor != "postgresql":
        return
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column])
        [sequence] = cursor.fetchone() or [None]
        cursor.execute(
            f"SELECT setval(%s::regclass, %s) FROM {sequence} WHERE last_value <= %s",  # noqa: S608 - the catalogue's own name
            [sequence, max(given) + _MARGIN, max(given)],
        )
