r"""Counts what is tried with a person's password at a directory, and stops before the directory itself locks him.

An attempt is counted before it is made, so that however many come at once, no more than the limit reach the directory.
The rows stand among the lockouts, by the directory's id, where an administrator can lift them; no account of ours is
locked by one, whatever it is called.
"""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Directory
from tenants.sql import Statement, database, prepared_cursor, sql_time

_TAKE = """
    INSERT INTO accounts_lockout (tenant_id, account, at_directory, failures, failed_at, locked_until)
    VALUES (%s, %s, TRUE, 1, %s, CASE WHEN %s = 1 THEN {time} END)
    ON CONFLICT (tenant_id, account, at_directory) DO UPDATE SET
        failures = CASE WHEN accounts_lockout.failed_at <= {time} THEN 1 ELSE accounts_lockout.failures + 1 END,
        locked_until = CASE
            WHEN %s = CASE WHEN accounts_lockout.failed_at <= {time} THEN 1 ELSE accounts_lockout.failures + 1 END
            THEN {time} END,
        failed_at = excluded.failed_at
    WHERE accounts_lockout.failed_at <= {time} OR accounts_lockout.failures < %s
    RETURNING failures"""


def row_of(directory: Directory, account: str) -> str:
    """Under what the attempts for this account of the directory are counted, however it is called. AD knows no case."""
    return f"{directory.pk}\\{account.casefold()}"[:255]


def take_attempt(directory: Directory, row: str, now: datetime) -> int | None:
    """Count one attempt now, and return which of those of late it is; None if it must not be made: nothing is counted.

    The times have a margin, so that the directory has forgotten what is forgotten here.
    """
    limit, lasts = directory.attempt_limit, timedelta(seconds=directory.attempt_seconds)
    moment, until, forgotten = sql_time(now), sql_time(now + lasts), sql_time(now - lasts)
    sql = _TAKE.format(time="CAST(%s AS timestamptz)" if database().vendor == "postgresql" else "%s")
    params: tuple[Any, ...] = (
        *(directory.tenant_id, row, moment, limit, until),
        forgotten,
        *(limit, forgotten, until),
        *(forgotten, limit),
    )
    with prepared_cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchone()
    return int(found[0]) if found else None


def give_back_attempt(directory: Directory, row: str) -> None:
    """Uncount one that was not made, or that was no wrong password."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_lockout SET locked_until = NULL,"
            " failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END"
            " WHERE tenant_id = %s AND account = %s AND at_directory",
            (directory.tenant_id, row),
        )


def forget_attempts(directory: Directory, row: str) -> None:
    """Forget what was counted, for a success."""
    with prepared_cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_lockout WHERE tenant_id = %s AND account = %s AND at_directory",
            (directory.tenant_id, row),
        )


def telling_of_lock() -> Statement:
    """For the history of the attempt that reached the limit, which writes an event of kind lockout (tenants/sql.py)."""
    return Statement("SELECT 1 AS id, 1 = 1 AS just_locked")
