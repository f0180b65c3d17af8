"""One browser login: the same look-up, password check, lockout and history as a token request."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts import lockout
from accounts.factors.standing import Step, next_step
from accounts.history import Attempt, event_insert, lockout_event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of, printable
from accounts.people import LookUp, look_up
from accounts.verifiers import VerificationError
from accounts.verifiers.password import PresentedPassword, verify_password
from tenants import registry
from tenants.resolution import find_tenant
from tenants.sql import Statement, WritePlan, write

logger = logging.getLogger(__name__)

CONSOLE_NOT_ALLOWED = "console_not_allowed"
_MAX_LENGTH = 255


def sign_in(
    request: HttpRequest, *, tenant_code: str, account: str, password: str, console: bool = False
) -> int | None:
    """The id of the user whose password this is, or None; the event is committed before either is returned.

    It is a login event, unless more than the password is asked of him (`accounts/pending.py`): then a step was passed,
    and his failures are not forgotten yet. With `console`, only of one who may use the console. Whatever the refusal,
    one Argon2id was computed.
    """
    now, origin = timezone.now(), origin_of(request)
    readable = all(printable(text, _MAX_LENGTH) == text for text in (tenant_code, account, password))
    registry.refresh()
    tenant = find_tenant(tenant_code) if readable else None
    presented = PresentedPassword.from_plain(password[:_MAX_LENGTH].encode(errors="replace").decode())
    if tenant is None:
        # A log line, no row: a stranger may not fill the history.
        reason = "tenant_unknown" if readable else "parameter_malformed"
        logger.warning("refused reason=%s address=%s request_id=%s", reason, origin.address, origin.request_id)
        _compute_as_if_wrong(presented, now)
        return None
    attempt = Attempt(
        time=now, kind=LoginEvent.Kind.LOGIN, origin=origin, account=account, tenant=tenant, tenant_code=tenant.code
    )
    if not tenant.is_usable(now):
        write(WritePlan([event_insert(attempt.refused(tenant.why_unusable()))]))
        _compute_as_if_wrong(presented, now)
        return None
    found = look_up(tenant.pk, account)
    try:
        person = verify_password(found, presented, now)
    except VerificationError as error:
        guard = lockout.counting_of_failure(tenant, account, now) if error.counts else None
        _write_refusal(attempt.refused(error.reason, found.person), guard)
        return None
    if console and not person.is_staff:
        _write_refusal(attempt.refused(CONSOLE_NOT_ALLOWED, person))
        return None
    step = next_step(person, tenant, "pwd", now)
    passed = attempt if step is None else replace(attempt, kind=LoginEvent.Kind.FACTOR_USED, reason="password")
    forgets = found.has_failures and step is not Step.SECOND_FACTOR
    allowed = WritePlan(
        [event_insert(passed.allowed(person))],
        guard=lockout.unless_overtaken(person, now),
        also=[lockout.forgetting_of_failures(tenant.pk, account)] if forgets else [],
    )
    if write(allowed):
        return person.user_id
    _write_refusal(attempt.refused(lockout.why_overtaken(person, now), person))
    return None


def confirm_password(request: HttpRequest, user: User, password: str) -> bool:
    """Whether this is the password of the signed-in person, who shall prove anew that it is he.

    A wrong one counts like any other and stands in the history; a right one leaves the event of a step.
    """
    now = timezone.now()
    presented = PresentedPassword.from_plain(password[:_MAX_LENGTH].encode(errors="replace").decode())
    attempt = Attempt(
        time=now, kind=LoginEvent.Kind.LOGIN, origin=origin_of(request), account=user.account, tenant=user.tenant
    )
    found = look_up(user.tenant_id, user.account)
    try:
        person = verify_password(found, presented, now)
    except VerificationError as error:
        guard = lockout.counting_of_failure(user.tenant, user.account, now) if error.counts else None
        _write_refusal(attempt.refused(error.reason, found.person), guard)
        return False
    passed = replace(attempt, kind=LoginEvent.Kind.FACTOR_USED, reason="password")
    if write(WritePlan([event_insert(passed.allowed(person))], guard=lockout.unless_overtaken(person, now))):
        return True
    _write_refusal(attempt.refused(lockout.why_overtaken(person, now), person))
    return False


def _compute_as_if_wrong(presented: PresentedPassword, now: datetime) -> None:
    """Compute what a wrong password costs, so that the time tells nobody which tenants there are."""
    nobody = LookUp(tenant_id=0, account="", person=None, main_account=None, locked_until=None, has_failures=False)
    with suppress(VerificationError):
        verify_password(nobody, presented, now)


def _write_refusal(refused: Attempt, guard: Statement | None = None) -> None:
    lockout_event = [lockout_event_insert(refused)] if guard else []
    write(WritePlan([event_insert(refused), *lockout_event], guard=guard))
