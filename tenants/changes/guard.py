"""Lets SQLite refuse to change or delete what was recorded, as PostgreSQL does by its migrations."""

from typing import Any

from django.db import connections

TABLE = "tenants_change"
_REFUSAL = "SELECT RAISE(ABORT, 'what was recorded of a change is never changed or deleted')"
TRIGGERS = {
    "change_keeps_rows_as_they_are": f"BEFORE UPDATE ON {TABLE}",
    "change_keeps_rows": f"BEFORE DELETE ON {TABLE}",
}


def refuse_changes(using: str, **_signal: Any) -> None:
    """Make the triggers, after something migrated.

    Django makes a table of SQLite anew for many a change of it, and leaves triggers behind.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        for name, moment in TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {moment} BEGIN {_REFUSAL}; END")


def allow_deletions(using: str) -> None:
    """Let SQLite delete rows until `refuse_changes`, which must come in the same transaction: nobody else sees this."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS change_keeps_rows")
