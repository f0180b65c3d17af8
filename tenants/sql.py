"""Raw SQL for the hot paths: prepared reads, and several writes in one round trip. It must not know any table.

The ORM costs about 0.2 ms of Python a statement, a prepared raw statement about 0.04 (docs/decisions/0002-hot-path.md);
everything that is not on the path of a token request uses the ORM.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


def database() -> BaseDatabaseWrapper:
    """Return this thread's connection itself: Django's `connection` proxy looks it up anew at every attribute."""
    return connections[DEFAULT_DB_ALIAS]


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """A cursor whose statements PostgreSQL prepares once a connection; elsewhere an ordinary one.

    Django's own cursor binds parameters on the client, where nothing can be prepared. Queries are still logged and
    counted, and a broken connection is still noticed.
    """
    connection = database()
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with _NumberedCursor(connection.connection) as raw:
        yield (_LoggedCursor if connection.queries_logged else CursorWrapper)(raw, connection)


class _NumberedCursor(psycopg.RawCursor[Any]):
    """Takes `%s` like every cursor of Django, and PostgreSQL's `$1` for what is sent.

    psycopg's own translation is not cached for statements of more than 50 parameters, and costs 0.2 ms then.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(_numbered(query), params, **options)


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


class _LoggedCursor(CursorDebugWrapper):
    """Logs statements as they are written: psycopg keeps no text of a prepared one. Parameters stay out of the log."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql):
            return CursorWrapper.execute(self, sql, params)


@dataclass(frozen=True, slots=True)
class RowId:
    """Stands for the id of the row that an earlier insert of the same plan makes."""

    step: str


@dataclass(frozen=True, slots=True)
class Insert:
    """One row to insert; `values` are columns to values, where a `RowId` stands for an earlier row's id.

    With `when`, it is inserted only if the guard's column of that name is true.
    """

    step: str
    table: str
    values: Mapping[str, Any]
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its parameters. As a guard it must return one row (column `id`) for the plan to go on.

    One that changes rows ends in `RETURNING`, and outside of a guard in `WHERE … RETURNING`.

    Attributes:
        turn: plans whose guards bear the same name are carried out one after the other, for a guard that must see what
            another one has just written, and locks no row of it. SQLite carries out all plans so.
    """

    sql: str
    params: Sequence[Any] = ()
    turn: str = ""


@dataclass(frozen=True, slots=True)
class WritePlan:
    """What is written together or not at all: nothing, unless the guard returns a row."""

    inserts: Sequence[Insert]
    guard: Statement | None = None
    also: Sequence[Statement] = field(default=())


def write(plan: WritePlan) -> bool:
    """Carry out the plan in one transaction; False, and nothing written, when its guard returned no row.

    On PostgreSQL it is one statement (common table expressions), so one round trip and one commit; a guard that updates
    a row takes that row's lock, so of many concurrent plans with one guard exactly one goes on.
    """
    connection = database()
    if connection.vendor == "postgresql":
        if plan.guard is None or not plan.guard.turn:
            return _write_at_once(plan)
        with transaction.atomic(using=connection.alias):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [plan.guard.turn])
            return _write_at_once(plan)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        guard: dict[str, Any] = {}
        if plan.guard is not None:
            cursor.execute(plan.guard.sql, plan.guard.params)
            row = cursor.fetchone()
            if row is None:
                return False
            guard = dict(zip((column[0] for column in cursor.description), row, strict=True))
        ids: dict[str, int] = {}
        for insert in plan.inserts:
            if insert.when is not None and not guard[insert.when]:
                continue
            values = [ids[value.step] if isinstance(value, RowId) else value for value in insert.values.values()]
            cursor.execute(_insert_sql(insert, ["%s"] * len(values), "VALUES (", ")"), _adapt(values))
            ids[insert.step] = cursor.fetchone()[0]
        for statement in plan.also:
            cursor.execute(statement.sql, statement.params)
    return True


def _write_at_once(plan: WritePlan) -> bool:
    sql, params = _as_one_statement(plan)
    with prepared_cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return bool(row and row[0])


def is_missing_row(error: IntegrityError) -> bool:
    """Whether what was written names a row that is no more: somebody has just deleted it."""
    return isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation) or "FOREIGN KEY" in str(error.__cause__)


def sql_time(moment: datetime) -> object:
    """The moment as a raw statement's parameter: SQLite's driver takes no aware datetimes."""
    connection = database()
    return moment if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(moment)


def _as_one_statement(plan: WritePlan) -> tuple[str, list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    guard = plan.guard or Statement("SELECT 1 AS id")
    parts.append(f"guard AS ({guard.sql})")
    params.extend(guard.params)
    for insert in plan.inserts:
        expressions, sources = [], ["guard"]
        for value in insert.values.values():
            if isinstance(value, RowId):
                expressions.append(f"{value.step}.id")
                sources.append(value.step)
            else:
                expressions.append("%s")
                params.append(value)
        source = f" FROM {', '.join(dict.fromkeys(sources))}" + (f" WHERE guard.{insert.when}" if insert.when else "")
        parts.append(f"{insert.step} AS ({_insert_sql(insert, expressions, 'SELECT ', source)})")
    for number, statement in enumerate(plan.also):
        parts.append(f"also{number} AS ({_after_guard(statement.sql)})")
        params.extend(statement.params)
    return f"WITH {', '.join(parts)} SELECT EXISTS (SELECT 1 FROM guard)", params  # noqa: S608 - made by code


def _after_guard(sql: str) -> str:
    """PostgreSQL carries out every common table expression: this one changes nothing unless the guard had a row."""
    change, returning, columns = sql.rpartition(" RETURNING ")
    return f"{change} AND EXISTS (SELECT 1 FROM guard){returning}{columns}"  # noqa: S608 - made by code


def _insert_sql(insert: Insert, expressions: list[str], before: str, after: str) -> str:
    columns = ", ".join(f'"{column}"' for column in insert.values)
    values = ", ".join(expressions)
    return f"INSERT INTO {insert.table} ({columns}) {before}{values}{after} RETURNING id"


def _adapt(values: list[Any]) -> list[Any]:
    """SQLite's driver takes no aware datetimes and no UUIDs: write them as Django's fields would."""
    return [
        sql_time(value) if isinstance(value, datetime) else value.hex if isinstance(value, UUID) else value
        for value in values
    ]
