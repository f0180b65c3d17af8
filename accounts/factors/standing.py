"""What factors a person has, and what he must still do before he is signed in. It must not know pages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts.factors import MFA
from accounts.factors.recovery import codes_left
from accounts.models import AuthenticatorApp, Passkey
from accounts.people import Person
from tenants.models import Tenant


class Step(StrEnum):
    """What comes between a right password and being signed in."""

    SECOND_FACTOR = "second_factor"
    ENROLMENT = "enrolment"
    NEW_PASSWORD = "new_password"  # noqa: S105 - the step's name


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has set up. Recovery codes alone are none: they stand in for what was lost."""

    app: AuthenticatorApp | None
    passkeys: tuple[Passkey, ...]
    recovery_codes_left: int

    @property
    def number(self) -> int:
        return len(self.passkeys) + (self.app is not None)


def factors_of(user_id: int) -> Factors:
    """All that this person has set up."""
    return Factors(
        app=AuthenticatorApp.objects.filter(user_id=user_id).first(),
        passkeys=tuple(Passkey.objects.filter(user_id=user_id)),
        recovery_codes_left=codes_left(user_id),
    )


def keys_of(user_id: int) -> frozenset[str]:
    """By what each of his factors can be told from any other that he has, had or will have."""
    apps = AuthenticatorApp.objects.filter(user_id=user_id).values_list("pk", flat=True)
    passkeys = Passkey.objects.filter(user_id=user_id).values_list("pk", flat=True)
    return frozenset([*(f"app {pk}" for pk in apps), *(f"passkey {pk}" for pk in passkeys)])


def has_factor(user_id: int) -> bool:
    """Whether a right password is not enough for this person in a browser."""
    return AuthenticatorApp.objects.filter(user_id=user_id).exists() or Passkey.objects.filter(user_id=user_id).exists()


def next_step(person: Person, tenant: Tenant, proved_by: str, now: datetime) -> Step | None:
    """What the person must do next, who has proved himself in these ways (RFC 8176); None: he is signed in.

    A password whose date is unknown is changed only where the policy has an age: people who were imported without
    dates shall not all have to change theirs.
    """
    if MFA not in proved_by.split():
        if has_factor(person.user_id):
            return Step.SECOND_FACTOR
        if person.must_show_second_factor(tenant):
            return Step.ENROLMENT
    is_over = bool(tenant.password_max_age_days) and person.password_expired(tenant, now)
    return Step.NEW_PASSWORD if person.must_change_password or is_over else None
