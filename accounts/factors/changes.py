"""Adds and removes a person's second factors, each with its login event. It must not know pages or who may do that."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.factors import recovery
from accounts.factors.standing import factors_of
from accounts.history import Attempt, event_insert
from accounts.models import AuthenticatorApp, LoginEvent, Passkey, RecoveryCode, User
from accounts.origin import origin_of
from accounts.people import look_up
from accounts.person_acts import sign_out_everywhere
from tenants.sql import WritePlan, write

MAX_PASSKEYS = 20


class FactorTakenError(Exception):
    """The person has an authenticator app already, or the passkey is somebody's."""


class TooManyPasskeysError(Exception):
    """The person has as many passkeys as one may have."""


class LastFactorError(Exception):
    """His organisation asks for a second factor, and this is the only one that he has."""


def add_app(request: HttpRequest, user: User, secret: str, step: int) -> list[str]:
    """Give the person this authenticator app; the code of this step has been used by that.

    Returns recovery codes, to be shown this once, if he had none.

    Raises:
        FactorTakenError: he has one.
    """
    now = timezone.now()
    app = AuthenticatorApp(user=user, secret=secret, last_step=step, created_at=now)
    return _add(request, app, "totp", now)


def add_passkey(request: HttpRequest, passkey: Passkey) -> list[str]:
    """Store this passkey of its person; what it returns is as above.

    Raises:
        FactorTakenError: it is stored already.
        TooManyPasskeysError: he has MAX_PASSKEYS.
    """
    return _add(request, passkey, "passkey", passkey.created_at)


def renew_recovery_codes(request: HttpRequest, user: User) -> list[str]:
    """New recovery codes in place of the old ones, to be shown this once."""
    with transaction.atomic():
        _lock(user)
        codes = recovery.renew_codes(user.pk, timezone.now())
        record(request, user, LoginEvent.Kind.FACTOR_ADDED, "recovery_code")
    return codes


def remove(request: HttpRequest, user: User, factor: AuthenticatorApp | Passkey) -> None:
    """Take this factor away, and with the last one the recovery codes.

    Raises:
        LastFactorError: he must have one, and has no other.
    """
    with transaction.atomic():
        # Of two that are taken away at once, one is the last.
        _lock(user)
        number = factors_of(user.pk).number
        person = look_up(user.tenant_id, user.account).person
        if number == 1 and person is not None and person.must_show_second_factor(user.tenant):
            raise LastFactorError
        factor.delete()
        if number == 1:
            RecoveryCode.objects.filter(user=user).delete()
        reason = "totp" if isinstance(factor, AuthenticatorApp) else "passkey"
        record(request, user, LoginEvent.Kind.FACTOR_REMOVED, reason)


def reset(request: HttpRequest, user: User, *, actor: str) -> bool:
    """Take everything away, for somebody who has lost it; False if there was nothing. `actor` is who did it.

    With them ends every session of his, in browsers and in applications: a thief may sit at one of them.
    """
    with transaction.atomic():
        # What is added at this moment goes too.
        _lock(user)
        found = [model.objects.filter(user=user).delete()[0] for model in (AuthenticatorApp, Passkey, RecoveryCode)]
        if any(found):
            record(request, user, LoginEvent.Kind.FACTOR_RESET, "", actor=actor)
            sign_out_everywhere(request, user, actor=actor)
    return any(found)


def record(request: HttpRequest, user: User, kind: LoginEvent.Kind, reason: str, *, actor: str = "") -> None:
    """Say so in the login history, in the transaction of the change."""
    attempt = Attempt(
        time=timezone.now(),
        kind=kind,
        origin=origin_of(request),
        account=user.account,
        tenant=user.tenant,
        reason=reason,
        actor=actor,
    )
    write(WritePlan([event_insert(attempt.allowed(look_up(user.tenant_id, user.account).person))]))


def _lock(user: User) -> None:
    """Until the transaction ends, nobody else changes his factors."""
    User.objects.select_for_update().get(pk=user.pk)


def _add(request: HttpRequest, factor: AuthenticatorApp | Passkey, reason: str, now: datetime) -> list[str]:
    user = factor.user
    try:
        with transaction.atomic():
            # Of two that come at once, one is the first, and one is the last that he may have.
            _lock(user)
            present = factors_of(user.pk)
            if isinstance(factor, Passkey) and len(present.passkeys) >= MAX_PASSKEYS:
                raise TooManyPasskeysError
            is_first = present.number == 0
            factor.save(force_insert=True)
            record(request, user, LoginEvent.Kind.FACTOR_ADDED, reason)
            return recovery.renew_codes(user.pk, now) if is_first or not recovery.codes_left(user.pk) else []
    except IntegrityError:
        raise FactorTakenError from None
