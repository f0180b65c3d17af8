"""Counts wrong passwords per tenant and account, and locks. It must not know who asks: every surface comes here.

Unknown accounts are counted too, so a lock says nothing about who exists. A count is forgotten after as many quiet
minutes as a lock lasts. The pieces of SQL go into the transaction that writes the login event.
"""

from datetime import datetime

from django.db import transaction

from accounts.history import Attempt, event_insert
from accounts.models import AuthenticatorApp, Lockout, LoginEvent
from accounts.origin import Origin
from accounts.people import Person, look_up
from tenants.changes import note_deleted
from tenants.models import Tenant
from tenants.sql import Statement, WritePlan, database, sql_time, write

# Where a command comes from.
_NOWHERE = Origin(address=None, user_agent="", request_id="")

# Reads as a guard (tenants/sql.py): always one row; `just_locked` when this very failure locked the account.
# WORKAROUND(SQLite 3.40): in this RETURNING, `locked_until IS NOT NULL` is true of a NULL; a comparison is not.
_COUNT = """
    INSERT INTO accounts_lockout (tenant_id, account, at_directory, failures, failed_at, locked_until)
    VALUES (%s, %s, FALSE, 1, %s, CASE WHEN %s = 1 THEN {time} END)
    ON CONFLICT (tenant_id, account, at_directory) DO UPDATE SET
        failures = CASE
            WHEN accounts_lockout.locked_until > excluded.failed_at THEN accounts_lockout.failures
            WHEN accounts_lockout.failed_at <= {time} OR accounts_lockout.locked_until IS NOT NULL THEN 1
            ELSE accounts_lockout.failures + 1 END,
        locked_until = CASE
            WHEN accounts_lockout.locked_until > excluded.failed_at THEN accounts_lockout.locked_until
            WHEN accounts_lockout.failed_at <= {time} OR accounts_lockout.locked_until IS NOT NULL
                THEN CASE WHEN %s = 1 THEN {time} END
            WHEN accounts_lockout.failures + 1 >= %s THEN {time} END,
        failed_at = CASE
            WHEN accounts_lockout.locked_until > excluded.failed_at THEN accounts_lockout.failed_at
            ELSE excluded.failed_at END
    RETURNING id, failed_at = {time} AND locked_until > failed_at AS just_locked"""


def counting_of_failure(tenant: Tenant, account: str, now: datetime) -> Statement | None:
    """The statement that counts one wrong password or code now; None where the tenant's policy never locks.

    While a lock lasts nothing is counted and the lock is not prolonged.
    """
    threshold = tenant.lockout_threshold
    if not threshold:
        return None
    lasts = tenant.lockout_time
    until, forgotten = sql_time(now + lasts), sql_time(now - lasts)
    sql = _COUNT.format(time="CAST(%s AS timestamptz)" if database().vendor == "postgresql" else "%s")
    moment = sql_time(now)
    return Statement(
        sql,
        (
            *(tenant.pk, account, moment, threshold, until),
            forgotten,
            *(forgotten, threshold, until, threshold, until),
            moment,
        ),
    )


def forgetting_of_failures(tenant_id: int, account: str) -> Statement:
    """The statement that forgets what was counted, for a success."""
    return Statement(
        "DELETE FROM accounts_lockout WHERE tenant_id = %s AND account = %s AND NOT at_directory RETURNING id",
        (tenant_id, account),
    )


def unless_overtaken(person: Person, now: datetime) -> Statement:
    """The guard of a success: nothing that happened since the look-up stands against it.

    Of guesses sent at once, none is rewarded after the one that locked the account; and a password that was changed
    while it was checked is an old one.
    """
    return Statement(
        "SELECT u.id FROM accounts_user u WHERE u.id = %s AND u.password = %s AND NOT EXISTS"
        " (SELECT 1 FROM accounts_lockout l WHERE l.tenant_id = u.tenant_id AND l.account = u.account"
        " AND NOT l.at_directory AND l.locked_until > %s)",
        (person.user_id, person.password, sql_time(now)),
    )


def why_overtaken(person: Person, now: datetime) -> str:
    """The reason for the history, once that guard was lost."""
    found = look_up(person.tenant_id, person.account)
    return "account_locked" if found.is_locked(now) else "credentials_rejected"


def unlock(
    lockout: Lockout,
    *,
    by: str,
    now: datetime,
    origin: Origin = _NOWHERE,
    account: str = "",
    forgets_codes: bool = False,
) -> None:
    """Lift a lock by hand, and say so in the login history: who did it, and from where.

    `account`: what it shall be called there, if otherwise than the lock's. `forgets_codes`: wrong codes of the person's
    authenticator app too; not for somebody who could not take the app away, or he might guess at its codes for ever.
    """
    attempt = Attempt(
        time=now,
        kind=LoginEvent.Kind.UNLOCK,
        origin=origin,
        account=account or lockout.account,
        tenant=lockout.tenant,
        actor=by,
    )
    person = None if lockout.at_directory else look_up(lockout.tenant_id, lockout.account).person
    with transaction.atomic():
        note_deleted([lockout])
        write(WritePlan([event_insert(attempt.allowed(person))]))
        if person is not None and forgets_codes:
            AuthenticatorApp.objects.filter(user_id=person.user_id).update(failures=0)
        lockout.delete()
