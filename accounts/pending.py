"""A sign-in whose password was right: signs in who has nothing else to do, and leads everyone else step by step.

Until the last step nobody is signed in; the browser's session only remembers who is on his way, for ten minutes. It
must not know what the steps' pages look like.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.contrib.auth import get_backends, login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext

from accounts import lockout
from accounts.browser_session import leave_for, renew_key
from accounts.factors import MFA
from accounts.factors.standing import Step, keys_of, next_step
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import Person, look_up
from tenants.sql import WritePlan, write

LIFETIME = timedelta(minutes=10)
_KEY = "pending_sign_in"
_PAGES = {
    Step.SECOND_FACTOR: "accounts:login-factor",
    Step.ENROLMENT: "accounts:login-enrolment",
    Step.NEW_PASSWORD: "accounts:login-password",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """Who is on his way, how he has proved himself so far (RFC 8176), where it leads him, and by which page he came.

    `factors` are those that he has had since it began.
    """

    user: User
    person: Person
    proved_by: str
    leads_to: str
    is_console: bool
    factors: frozenset[str]

    @property
    def step(self) -> Step | None:
        """What he must do next."""
        return next_step(self.person, self.user.tenant, self.proved_by, timezone.now())


def enter(request: HttpRequest, user: User, *, leads_to: str, is_console: bool) -> HttpResponse:
    """Go on after a right password: to the first step, or, if there is none, signed in to where it leads.

    The password's event is written already (`accounts/signing_in.py`).
    """
    person = look_up(user.tenant_id, user.account).person
    if person is None:
        return _to_start(request, leads_to, is_console=is_console)
    pending = Pending(user, person, "pwd", leads_to, is_console, keys_of(user.pk))
    if pending.step is None:
        with transaction.atomic():
            if _hold(user):
                return _sign_in(request, pending)
        return _to_start(request, leads_to, is_console=is_console)
    # Whoever else knew this session's key, such as the one who is signed in here, shall not be on the way with him.
    renew_key(request)
    _keep(request, pending, timezone.now())
    return HttpResponseRedirect(reverse(_PAGES[pending.step]), status=303)


def pending_of(request: HttpRequest) -> Pending | None:
    """The sign-in that is on its way in this browser; None if none is, or no longer.

    It ends with its time, with the person or his tenant, with a password that was changed elsewhere, and with a second
    factor that was taken away elsewhere: it may be the one that was shown here.
    """
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or timezone.now() >= _since(kept) + LIFETIME:
        return None
    user = get_backends()[0].get_user(kept["user"])
    if not isinstance(user, User) or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    person = look_up(user.tenant_id, user.account).person
    if person is None:
        return None
    had, has = frozenset(kept.get("factors", ())), keys_of(user.pk)
    if not had <= has or (MFA in kept["proved_by"].split() and not has):
        return None
    return Pending(user, person, kept["proved_by"], kept["leads_to"], kept["is_console"], had)


def pending_at(request: HttpRequest, step: Step) -> Pending | None:
    """The same, if this is its next step."""
    pending = pending_of(request)
    return pending if pending is not None and pending.step is step else None


def go_on(request: HttpRequest, pending: Pending | None = None) -> HttpResponse:
    """To the next step of this sign-in (by default of the browser's), or to the end of it; else to its beginning."""
    pending = pending or pending_of(request)
    if pending is None:
        kept = request.session.pop(_KEY, {})
        return _to_start(request, kept.get("leads_to", ""), is_console=kept.get("is_console", False))
    step = pending.step
    if step is not None:
        return HttpResponseRedirect(reverse(_PAGES[step]), status=303)
    with transaction.atomic():
        _hold(pending.user)
        pending = pending_of(request)
        return _finish(request, pending) if pending is not None else go_on(request)


def abandon(request: HttpRequest) -> None:
    """Forget the sign-in on its way, if there is one: whoever opens a sign-in page anew begins anew."""
    request.session.pop(_KEY, None)


def note_proof(request: HttpRequest, pending: Pending, proved_by: str) -> Pending:
    """Remember how the person has proved himself by now; the sign-in as it is then."""
    # Those before it, too: what was taken away since he showed it ends this.
    noted = replace(pending, proved_by=proved_by, factors=pending.factors | keys_of(pending.user.pk))
    # Each step is for the browser alone that took the last one.
    renew_key(request)
    _keep(request, noted, _since(request.session[_KEY]))
    return noted


def note_new_password(request: HttpRequest, pending: Pending) -> Pending | None:
    """Go on with the password that the person has just set, which would have ended this sign-in."""
    # It has ended his sessions too, maybe this browser's own: what goes on gets a new one.
    renew_key(request)
    _keep(request, pending, _since(request.session[_KEY]))
    return pending_of(request)


def _hold(user: User) -> bool:
    """Lock him until the transaction ends; False if he is no more.

    Whoever deletes him, or takes a factor of his away, holds him too: that came first, or it finds the session that
    begins here.
    """
    return User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk").first() is not None


def _finish(request: HttpRequest, pending: Pending) -> HttpResponse:
    now = timezone.now()
    attempt = Attempt(
        time=now,
        kind=LoginEvent.Kind.LOGIN,
        origin=origin_of(request),
        account=pending.user.account,
        tenant=pending.user.tenant,
    )
    guard = lockout.unless_overtaken(pending.person, now)
    if write(WritePlan([event_insert(attempt.allowed(pending.person))], guard=guard)):
        return _sign_in(request, pending)
    refused = attempt.refused(lockout.why_overtaken(pending.person, now), pending.person)
    write(WritePlan([event_insert(refused)]))
    request.session.pop(_KEY, None)
    return _to_start(request, pending.leads_to, is_console=pending.is_console)


def _sign_in(request: HttpRequest, pending: Pending) -> HttpResponse:
    user = pending.user
    user.proved_by = pending.proved_by
    request.session.pop(_KEY, None)
    # Before Django forgets another person's session, and so before it says that somebody signed in.
    leave_for(request, user)
    # Django itself keeps the key when the same person signs in again.
    request.session.cycle_key()
    login(request, user)
    return HttpResponseRedirect(pending.leads_to, status=303)


def _keep(request: HttpRequest, pending: Pending, since: datetime) -> None:
    request.session[_KEY] = {
        "user": pending.user.pk,
        "since": since.timestamp(),
        "hash": pending.user.get_session_auth_hash(),
        "proved_by": pending.proved_by,
        "leads_to": pending.leads_to,
        "is_console": pending.is_console,
        "factors": sorted(pending.factors),
    }


def _since(kept: dict[str, float]) -> datetime:
    return datetime.fromtimestamp(kept["since"], UTC)


def _to_start(request: HttpRequest, leads_to: str, *, is_console: bool) -> HttpResponse:
    messages.warning(request, gettext("The sign-in took too long, or it was ended. Please start again."))
    page = reverse("admin:login" if is_console else "accounts:login")
    return HttpResponseRedirect(f"{page}?{urlencode({'next': leads_to})}" if leads_to else page, status=303)
