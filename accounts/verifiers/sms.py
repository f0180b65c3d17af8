"""Proves a person by a code that was sent to his phone. It must not know tokens, wire names or who sends messages.

Only the newest code of a client and phone is looked at. What was tried at once is judged in the order in which it is
written: the code is used up by a guard, and each wrong try by a statement of its refusal's transaction.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import salted_hmac

from accounts.people import LookUp, Person, as_datetime, look_up_by_phone_beside
from accounts.verifiers import VerificationError
from tenants.sql import Statement, prepared_cursor, sql_time

MAX_TRIES = 5

_NEWEST = (
    "SELECT c.id, c.digest, c.expires_at, c.tries, c.used_at FROM accounts_smscode c"
    " WHERE c.phone = %s AND c.tenant_id = %s AND c.audience = %s ORDER BY c.created_at DESC, c.id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class StoredCode:
    """The newest code, as it was read. `matches` says whether it is the one that was presented."""

    row_id: int
    expires_at: datetime
    tries: int
    is_used: bool
    matches: bool

    def why_over(self, now: datetime) -> str:
        """The reason why it is good for nobody any more; "" while it is good."""
        if self.is_used:
            return "sms_code_spent"
        if self.tries >= MAX_TRIES:
            return "sms_code_exhausted"
        return "sms_code_expired" if now >= self.expires_at else ""


@dataclass(frozen=True, slots=True)
class Presented:
    """A code that somebody presented: who the phone's person is, and what is stored for it."""

    found: LookUp
    code: StoredCode | None

    @property
    def main_account(self) -> str | None:
        return self.found.main_account

    @property
    def person(self) -> Person | None:
        return self.found.person


def digest_code(tenant_id: int, audience: str, phone: str, code: str) -> str:
    """The keyed digest under which a code is kept: good in this tenant, for this client and phone alone."""
    value = f"{tenant_id}\n{audience}\n{phone}\n{code}"
    return salted_hmac("hufu.sms-code", value, algorithm="sha256").hexdigest()


def read_code(tenant_id: int, audience: str, phone: str, code: str) -> Presented:
    """Look up, in one statement, the person of this phone (E.164) and the newest code that was made for it."""
    beside = Statement(_NEWEST, (phone, tenant_id, audience))
    found, row = look_up_by_phone_beside(tenant_id, phone, beside)
    digest = digest_code(tenant_id, audience, phone, code)
    return Presented(found, _stored(row, digest))


def verify_code(presented: Presented, now: datetime) -> Person:
    """The person, if the code is good; `use_of_code` must then go with what it is good for.

    A phone that is nobody's costs what a wrong code costs.

    Raises:
        VerificationError: phone_unknown, sms_code_missing, sms_code_spent, sms_code_exhausted, sms_code_expired,
            sms_code_mismatch, account_locked, account_disabled.
    """
    person, code = presented.person, presented.code
    if person is None:
        raise VerificationError("phone_unknown")
    if code is None:
        raise VerificationError("sms_code_missing")
    if over := code.why_over(now):
        raise VerificationError(over)
    if not code.matches:
        raise VerificationError("sms_code_mismatch")
    if presented.found.is_locked(now):
        raise VerificationError("account_locked")
    if not person.is_active:
        raise VerificationError("account_disabled")
    return person


def use_of_code(code: StoredCode, now: datetime) -> Statement:
    """As a guard, it goes to exactly one of many concurrent requests, and to none after so many wrong tries."""
    return Statement(
        "UPDATE accounts_smscode SET used_at = %s WHERE id = %s AND used_at IS NULL AND tries < %s RETURNING id",
        (sql_time(now), code.row_id, MAX_TRIES),
    )


def counting_of_try(code: StoredCode | None) -> tuple[Statement, ...]:
    """The statement that counts one wrong try, if there is a code."""
    if code is None:
        return ()
    sql = "UPDATE accounts_smscode SET tries = tries + 1 WHERE id = %s AND tries < %s RETURNING id"
    return (Statement(sql, (code.row_id, MAX_TRIES)),)


def why_lost(code: StoredCode) -> str:
    """The reason for the history, once that guard was lost."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT used_at FROM accounts_smscode WHERE id = %s", (code.row_id,))
        row = cursor.fetchone()
    return "sms_code_exhausted" if row is not None and row[0] is None else "sms_code_spent"


def _stored(row: tuple[object, ...], digest: str) -> StoredCode | None:
    if not row or row[0] is None:
        return None
    row_id, stored_digest, expires, tries, used_at = row
    expires_at = as_datetime(expires)
    if expires_at is None:
        raise LookupError("a code without an end")
    return StoredCode(
        row_id=int(str(row_id)),
        expires_at=expires_at,
        tries=int(str(tries)),
        is_used=used_at is not None,
        matches=hmac.compare_digest(str(stored_digest), digest),
    )
