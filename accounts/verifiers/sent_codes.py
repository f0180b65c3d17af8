"""Judges codes that were sent to a person: good once, and for so many tries. It must not know how they were sent.

What was tried at once is judged in the order in which it is written: the code is used up by a guard, and each wrong try
by a statement of its refusal's transaction.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.people import LookUp, Person, as_datetime
from accounts.verifiers import VerificationError
from tenants.sql import Statement, prepared_cursor, sql_time

MAX_TRIES = 5

# What `stored_code` reads of the newest row.
COLUMNS = "c.id, c.digest, c.expires_at, c.tries, c.used_at"


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Where the codes of one kind stand; their reasons begin with `prefix`, and `nobody` is that of a stranger's."""

    name: str
    prefix: str
    nobody: str


@dataclass(frozen=True, slots=True)
class StoredCode:
    """The newest code, as it was read. `matches` says whether it is the one that was presented."""

    table: CodeTable
    row_id: int
    expires_at: datetime
    tries: int
    is_used: bool
    matches: bool

    def why_over(self, now: datetime) -> str:
        """The reason why it is good for nobody any more; "" while it is good."""
        if self.is_used:
            return f"{self.table.prefix}_spent"
        if self.tries >= MAX_TRIES:
            return f"{self.table.prefix}_exhausted"
        return f"{self.table.prefix}_expired" if now >= self.expires_at else ""


@dataclass(frozen=True, slots=True)
class Presented:
    """A code that somebody presented: who the person is that it should prove, and what is stored for him."""

    table: CodeTable
    found: LookUp
    code: StoredCode | None

    @property
    def main_account(self) -> str | None:
        return self.found.main_account

    @property
    def person(self) -> Person | None:
        return self.found.person


def verify_code(presented: Presented, now: datetime) -> Person:
    """The person, if the code is good; `use_of_code` must then go with what it is good for.

    Where there is nobody, it costs what a wrong code costs.

    Raises:
        VerificationError: phone_unknown or unknown_user; sms_code_… or mail_code_… missing, spent, exhausted, expired,
            mismatch; account_locked, account_disabled.
    """
    person, code, prefix = presented.person, presented.code, presented.table.prefix
    if person is None:
        raise VerificationError(presented.table.nobody)
    if code is None:
        raise VerificationError(f"{prefix}_missing")
    if over := code.why_over(now):
        raise VerificationError(over)
    if not code.matches:
        raise VerificationError(f"{prefix}_mismatch")
    if presented.found.is_locked(now):
        raise VerificationError("account_locked")
    if not person.is_active:
        raise VerificationError("account_disabled")
    return person


def use_of_code(code: StoredCode, now: datetime) -> Statement:
    """As a guard, it goes to exactly one of many concurrent requests, and to none after so many wrong tries."""
    return Statement(
        f"UPDATE {code.table.name} SET used_at = %s WHERE id = %s AND used_at IS NULL AND tries < %s RETURNING id",  # noqa: S608 - a constant of ours
        (sql_time(now), code.row_id, MAX_TRIES),
    )


def counting_of_try(code: StoredCode | None) -> tuple[Statement, ...]:
    """The statement that counts one wrong try, if there is a code."""
    if code is None:
        return ()
    sql = f"UPDATE {code.table.name} SET tries = tries + 1 WHERE id = %s AND tries < %s RETURNING id"  # noqa: S608 - a constant of ours
    return (Statement(sql, (code.row_id, MAX_TRIES)),)


def why_lost(code: StoredCode) -> str:
    """The reason for the history, once that guard was lost."""
    with prepared_cursor() as cursor:
        cursor.execute(f"SELECT used_at FROM {code.table.name} WHERE id = %s", (code.row_id,))  # noqa: S608 - a constant of ours
        row = cursor.fetchone()
    return f"{code.table.prefix}_exhausted" if row is not None and row[0] is None else f"{code.table.prefix}_spent"


def stored_code(table: CodeTable, row: Sequence[object], digest: str) -> StoredCode | None:
    """The code of a row of COLUMNS, compared with the digest of what was presented; None of a row without one."""
    if not row or row[0] is None:
        return None
    row_id, stored_digest, expires, tries, used_at = row
    expires_at = as_datetime(expires)
    if expires_at is None:
        raise LookupError("a code without an end")
    return StoredCode(
        table=table,
        row_id=int(str(row_id)),
        expires_at=expires_at,
        tries=int(str(tries)),
        is_used=used_at is not None,
        matches=hmac.compare_digest(str(stored_digest), digest),
    )
