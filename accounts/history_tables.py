"""The tables behind the login history: append-only by triggers, one partition a month on PostgreSQL.

It must not know what an event means, or when anything is too old.
"""

from datetime import date

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "accounts_loginevent"
MONTHS_AHEAD = 3
# Adding a partition waits for transactions on the table; whoever signs in meanwhile must not wait for that.
_LOCK_TIMEOUT = "2s"

_REFUSALS = {
    "history_keeps_rows_as_they_are": f"CREATE TRIGGER history_keeps_rows_as_they_are BEFORE UPDATE ON {TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'the login history is append-only: UPDATE is refused'); END",
    "history_keeps_rows": f"CREATE TRIGGER history_keeps_rows BEFORE DELETE ON {TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'the login history is append-only: DELETE is refused'); END",
}


def prepare_tables(connection: BaseDatabaseWrapper, today: date) -> None:
    """Make what a migration cannot make for good: the coming months, and SQLite's triggers.

    Django makes a table of SQLite anew for many a change of it, and leaves triggers behind.
    """
    if connection.vendor == "postgresql":
        create_months(connection, today, MONTHS_AHEAD + 1)
    else:
        refuse_changes(connection)


def create_months(connection: BaseDatabaseWrapper, first: date, count: int) -> int:
    """Make the partitions of `count` months from that of `first` on; returns how many were missing.

    A month of which rows stand in the default partition already gets none: they stay there. On SQLite there are none.
    """
    if connection.vendor != "postgresql":
        return 0
    made = 0
    for number in range(count):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(f"SELECT {TABLE}_create_month(%s)", [date(year, month + 1, 1)])
            made += bool(cursor.fetchone()[0])
    return made


def refuse_changes(connection: BaseDatabaseWrapper) -> None:
    """Let SQLite refuse every change and deletion of a row, whoever asks."""
    with connection.cursor() as cursor:
        for name, sql in _REFUSALS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(sql)


def allow_deletions(connection: BaseDatabaseWrapper) -> None:
    """Let SQLite delete rows until `refuse_changes`, which must come in the same transaction: nobody else sees this."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS history_keeps_rows")


def prepare_after_migrating(using: str, today: date) -> None:
    """Prepare the tables of this database, if they are there: one may migrate to a state before them, or to none."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [f"{TABLE}_create_month"])
            if not cursor.fetchone()[0]:
                return
    prepare_tables(connection, today)
