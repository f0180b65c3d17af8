"""What an administrator does to a person without editing him; each leaves a login event. It must not know pages."""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.history import Attempt, event_insert
from accounts.lockout import unlock
from accounts.models import BrowserSession, Lockout, LoginEvent, SocialIdentity, User
from accounts.origin import origin_of
from accounts.password_making import make_password_for
from accounts.people import look_up
from accounts.signals import signed_out_everywhere
from tenants.changes import collecting, note
from tenants.sql import WritePlan, write

EVERYWHERE = "signed_out_everywhere"
_Kind = LoginEvent.Kind


def lockout_of(person: User) -> Lockout | None:
    """What is counted of this person's wrong passwords; None if nothing is."""
    rows = Lockout.objects.filter(tenant_id=person.tenant_id, account=person.account, at_directory=False)
    return rows.select_related("tenant").first()


def unlock_person(request: HttpRequest, person: User, *, actor: str, forgets_codes: bool) -> bool:
    """Forget his wrong passwords, and those of his authenticator app's codes if told; False if there were none."""
    lockout = lockout_of(person)
    if lockout is None:
        return False
    unlock(lockout, by=actor, now=timezone.now(), origin=origin_of(request), forgets_codes=forgets_codes)
    return True


def set_active(request: HttpRequest, person: User, *, active: bool, actor: str) -> bool:
    """Enable or disable his account; False if it is so already."""
    with transaction.atomic():
        # Of two who do it at once, one does it, and one event tells of it.
        stored = User.objects.select_for_update().get(pk=person.pk)
        if stored.is_active == active:
            return False
        stored.is_active = person.is_active = active
        stored.save(update_fields=["is_active", "updated_at"])
        settle_activity(request, person, actor=actor)
    return True


def settle_activity(request: HttpRequest, person: User, *, actor: str) -> None:
    """What is decided by hand holds: no synchronisation enables again whom it had disabled itself before."""
    with collecting():
        gone = SocialIdentity.objects.filter(user=person).exclude(gone_at=None)
        note(gone)
        gone.update(gone_at=None)
    record(request, person, _Kind.ENABLED if person.is_active else _Kind.DISABLED, actor=actor)


def sign_out_everywhere(request: HttpRequest, person: User, *, actor: str) -> None:
    """End each of his browser sessions and all that applications hold for him, `offline_access` included."""
    with transaction.atomic():
        # The browsers first: by one that lasted, something new could come meanwhile.
        for session in BrowserSession.objects.filter(user=person, ended_at=None):
            session.end(EVERYWHERE)
        signed_out_everywhere.send(User, user=person, reason=EVERYWHERE)
        record(request, person, _Kind.LOGOUT, actor=actor, reason=EVERYWHERE)


@sensitive_variables("password")
def reset_password(request: HttpRequest, person: User, *, actor: str) -> str:
    """Give him a password that nobody chose, and return it, this once. He must change it when he signs in."""
    password = make_password_for(person)
    person.set_password(password)
    person.must_change_password = True
    with transaction.atomic():
        person.save(update_fields=["password", "password_updated_at", "must_change_password", "updated_at"])
        record(request, person, _Kind.PASSWORD_RESET, actor=actor)
    return password


def record(request: HttpRequest, person: User, kind: LoginEvent.Kind, *, actor: str, reason: str = "") -> None:
    """Write the login event of what `actor` did to this person."""
    attempt = Attempt(
        time=timezone.now(),
        kind=kind,
        origin=origin_of(request),
        account=person.account,
        tenant=person.tenant,
        reason=reason,
        actor=actor,
    )
    write(WritePlan([event_insert(attempt.allowed(look_up(person.tenant_id, person.account).person))]))
