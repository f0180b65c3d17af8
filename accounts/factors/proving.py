"""Lets a person pass by a second factor, or counts the try: history, lockout and use in one transaction each.

It must not know pages.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts import lockout
from accounts.factors import Proof, recovery, totp
from accounts.history import Attempt, event_insert, lockout_event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import LookUp, look_up
from accounts.verifiers import VerificationError
from tenants.sql import WritePlan, write


def check_any_code(user_id: int, code: str, now: datetime) -> Proof:
    """The proof that this code is: six digits are the app's, anything else is a recovery code.

    Raises:
        VerificationError: as those two.
    """
    plain = "".join(code.split())
    is_of_app = plain.isdecimal() and len(plain) == totp.DIGITS
    return totp.check_code(user_id, plain, now) if is_of_app else recovery.check_code(user_id, plain, now)


def pass_by(request: HttpRequest, user: User, check: Callable[[datetime], Proof]) -> str | None:
    """How the person has shown the factor that `check` looks at (RFC 8176); None if he has not.

    Wrong codes count like wrong passwords; only a right one makes that forgotten.
    """
    now = timezone.now()
    found = look_up(user.tenant_id, user.account)
    attempt = Attempt(
        time=now, kind=LoginEvent.Kind.LOGIN, origin=origin_of(request), account=user.account, tenant=user.tenant
    )
    if found.is_locked(now):
        _refuse(attempt, found, "account_locked", user, counts=False)
        return None
    try:
        proof = check(now)
    except VerificationError as error:
        _refuse(attempt, found, error.reason, user, counts=error.counts)
        return None
    passed = replace(attempt, kind=LoginEvent.Kind.FACTOR_USED, reason=proof.name)
    plan = WritePlan(
        [event_insert(passed.allowed(found.person))],
        guard=proof.guard,
        also=[lockout.forgetting_of_failures(user.tenant_id, user.account)],
    )
    if write(plan):
        return proof.amr
    is_locked = look_up(user.tenant_id, user.account).is_locked(now)
    _refuse(attempt, found, "account_locked" if is_locked else proof.why_lost, user, counts=False)
    return None


def _refuse(attempt: Attempt, found: LookUp, reason: str, user: User, *, counts: bool) -> None:
    guard = lockout.counting_of_failure(user.tenant, user.account, attempt.time) if counts else None
    refused = attempt.refused(reason, found.person)
    events = [event_insert(refused), *([lockout_event_insert(refused)] if guard else [])]
    also = [totp.counting_of_wrong_code(user.pk, attempt.time)] if counts and reason.startswith("totp") else []
    write(WritePlan(events, guard=guard, also=also))
