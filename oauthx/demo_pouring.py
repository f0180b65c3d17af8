"""Writes very many rows as fast as the database takes them. It must not know what they tell.

On PostgreSQL by COPY, with the table's indexes and constraints put aside until the rows are there: made once for all
rows, they take a third of the time. It happens in the caller's transaction: undone, everything is as it was, and nobody
ever sees the table without them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

from django.db import connection
from django.db.models import DateTimeField, Model, UUIDField

# Told of what how much was done: rows, or an index made of them, which counts as a part of them.
OnProgress = Callable[[str, float], None]

_BATCH = 5_000
_SHARE_OF_AN_INDEX = 0.1
_MEMORY = "256MB"

# How each is dropped and made again: indexes first, then constraints. Of a partitioned table, PostgreSQL describes the
# index of the table above the partitions alone.
_PUT_ASIDE = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON '), ''
FROM pg_index WHERE indrelid = %(table)s::regclass AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)), conname
FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('u', 'f')
ORDER BY 3
"""


def work_of(model: type[Model], number: int) -> float:
    """How much `pour` tells of so many rows of this model, all in all."""
    return number * (1 + _SHARE_OF_AN_INDEX * len(_parts(model)))


def pour(
    prototype: Model, names: Sequence[str], rows: Iterable[Sequence[Any]], number: int, on_progress: OnProgress
) -> None:
    """Write `number` rows, each the values of `names`; what that leaves out is as in the prototype.

    Must be called within a transaction. Other transactions that use the table wait for its end.
    """
    model = type(prototype)
    title = str(model._meta.verbose_name_plural)
    with _without_indexes(model, lambda: on_progress(title, number * _SHARE_OF_AN_INDEX)):
        for written in _write(prototype, names, iter(rows)):
            on_progress(title, written)


def settle(models: Iterable[type[Model]]) -> None:
    """Let PostgreSQL note which rows everybody sees, and the planner what there is."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    may_vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {tables}" if may_vacuum else "ANALYZE")


# --- Rows -------------------------------------------------------------------------------------------------------------


def _write(prototype: Model, names: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[int]:
    """Write them, and yield how many of them were written since the last time."""
    fields = {field.attname: field for field in prototype._meta.concrete_fields}
    left_out = [
        name
        for name, field in fields.items()
        if name not in names and not (field.has_db_default() or (field.primary_key and not field.has_default()))
    ]
    usual = tuple(
        fields[name].get_db_prep_save(fields[name].pre_save(prototype, add=True), connection) for name in left_out
    )
    prepared = [(place, fields[name]) for place, name in enumerate(names) if _is_prepared(fields[name])]
    columns = ", ".join(connection.ops.quote_name(str(fields[name].column)) for name in (*names, *left_out))
    table = connection.ops.quote_name(prototype._meta.db_table)
    while batch := list(islice(rows, _BATCH)):
        _write_batch(table, columns, [(*_prepare(row, prepared), *usual) for row in batch])
        yield len(batch)


def _is_prepared(field: Any) -> bool:
    """Whether the driver needs another form of a value; PostgreSQL's takes times and UUIDs as they are."""
    is_json: bool = field.get_internal_type() == "JSONField"
    if connection.vendor == "postgresql":
        return is_json
    kept = getattr(field, "target_field", field)
    return is_json or isinstance(kept, DateTimeField | UUIDField)


def _prepare(row: Sequence[Any], prepared: Sequence[tuple[int, Any]]) -> Sequence[Any]:
    if not prepared:
        return row
    values = list(row)
    for place, field in prepared:
        values[place] = field.get_db_prep_save(values[place], connection)
    return values


def _write_batch(table: str, columns: str, batch: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cast("Any", cursor).copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(batch[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)  # noqa: S608 - our own names


# --- Indexes ----------------------------------------------------------------------------------------------------------


def _parts(model: type[Model]) -> list[tuple[str, str, str]]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PUT_ASIDE, {"table": model._meta.db_table})
        found: list[tuple[str, str, str]] = cursor.fetchall()
        return found


@contextmanager
def _without_indexes(model: type[Model], on_made: Callable[[], None]) -> Iterator[None]:
    parts = _parts(model)
    if parts:
        # What this transaction has written is checked now: a table with checks outstanding cannot be altered.
        connection.check_constraints()
    with connection.cursor() as cursor:
        for drop, _make, _name in parts:
            cursor.execute(drop)
        yield
        if parts:
            cursor.execute(f"SET LOCAL maintenance_work_mem = '{_MEMORY}'")
        for _drop, make, _name in parts:
            cursor.execute(make)
            on_made()
