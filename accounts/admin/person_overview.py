"""What stands above a person's form at a glance: his state, and the latest of what hangs on him.

Each list comes from the console page of its model, so that nobody reads here what he may not read there. Other apps
offer lists of their own (`offer`); this one must not know them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_of
from accounts.event_actors import as_told_to
from accounts.event_names import name_of
from accounts.factors.standing import factors_of
from accounts.models import BrowserSession, LoginEvent, SocialIdentity, User
from accounts.people import look_up
from accounts.person_acts import lockout_of
from tenants.moments import show_moment
from tenants.scoping import viewer_of

SHOWN_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list: when it was, what, and where its page is."""

    moment: datetime | None
    text: Any
    href: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The latest of one kind of thing; `href` leads to the list with all of them."""

    title: Any
    nothing: Any
    lines: list[Line]
    href: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A word on the person's state, and how grave it is."""

    text: Any
    level: str


@dataclass(frozen=True, slots=True)
class Overview:
    marks: list[Mark]
    listings: list[Listing]


@dataclass(frozen=True, slots=True)
class Offer:
    """How a list is made: the rows of a model that are this person's, newest first, as their own page shows them."""

    model: type[Model]
    title: Any
    nothing: Any
    rows_of: Callable[[QuerySet[Any], User], QuerySet[Any]]
    line_of: Callable[[Any, str], Line]
    query_of: Callable[[User], dict[str, Any]]


_offers: list[Offer] = []


def offer(listing: Offer) -> None:
    """Let an app show a list of its own on every person's page."""
    _offers.append(listing)


def overview_of(request: HttpRequest, person: User, site: AdminSite) -> Overview:
    """What this viewer may know of the person at a glance, in a number of queries that does not grow."""
    listings = [_listing(request, person, site, one) for one in _offers]
    return Overview(list(_marks(person)), [listing for listing in listings if listing is not None])


def _listing(request: HttpRequest, person: User, site: AdminSite, made: Offer) -> Listing | None:
    page = site._registry.get(made.model)
    if page is None or not page.has_view_or_change_permission(request):
        return None
    name = f"admin:{made.model._meta.app_label}_{made.model._meta.model_name}"
    rows = list(made.rows_of(page.get_queryset(request), person)[: SHOWN_AT_MOST + 1])
    if made.model is LoginEvent:
        rows = [as_told_to(viewer_of(request), row) for row in rows]
    lines = [made.line_of(row, reverse(f"{name}_change", args=[row.pk])) for row in rows[:SHOWN_AT_MOST]]
    href = f"{reverse(f'{name}_changelist')}?{urlencode(made.query_of(person))}"
    return Listing(made.title, made.nothing, lines, href, has_more=len(rows) > SHOWN_AT_MOST)


def _marks(person: User) -> Iterator[Mark]:
    yield Mark(_("in use"), "good") if person.is_active else Mark(_("disabled"), "bad")
    lockout, now = lockout_of(person), timezone.now()
    if lockout is not None and lockout.locked_until is not None and lockout.locked_until > now:
        until = show_moment(lockout.locked_until)
        yield Mark(_("locked until %(moment)s") % {"moment": until}, "bad")
    elif lockout is not None:
        yield Mark(_("wrong passwords of late: %(number)d") % {"number": lockout.failures}, "warning")
    if not person.has_usable_password():
        yield Mark(_("no password"), "info")
    elif (known := look_up(person.tenant_id, person.account).person) and known.password_expired(person.tenant, now):
        yield Mark(_("password expired"), "warning")
    if factors_of(person.pk).number:
        yield Mark(_("second factor"), "good")
    if person.must_change_password:
        yield Mark(_("must change the password"), "warning")
    if person.is_superuser:
        yield Mark(_("platform administrator"), "info")
    elif person.is_staff:
        yield Mark(_("may use the console"), "info")
    if person.is_main_account:
        yield Mark(_("main account"), "info")


def _event(event: LoginEvent, href: str) -> Line:
    parts = [event.get_kind_display(), event.get_outcome_display()]
    parts += [name_of("reason", event.reason)] if event.reason else []
    parts += [part for part in (event.client_name or event.client_id, event.address) if part]
    return Line(event.time, " · ".join(map(str, parts)), href, is_bad=event.outcome == LoginEvent.Outcome.REFUSED)


def _browser(session: BrowserSession, href: str) -> Line:
    parts = [part for part in (device_of(session.user_agent), session.address) if part]
    return Line(session.auth_time, " · ".join(map(str, parts)), href)


def _identity(identity: SocialIdentity, href: str) -> Line:
    return Line(identity.used_at or identity.created_at, f"{identity.get_provider_display()} · {identity.app}", href)


offer(
    Offer(
        LoginEvent,
        _("Last sign-ins"),
        _("None yet."),
        lambda rows, person: rows.filter(user_id=person.pk).order_by("-time", "-id"),
        _event,
        lambda person: {"q": person.account},
    )
)
offer(
    Offer(
        BrowserSession,
        _("Signed in in browsers"),
        _("Nowhere."),
        lambda rows, person: rows.filter(user_id=person.pk, ended_at=None, expires_at__gt=timezone.now()).order_by(
            "-auth_time", "-id"
        ),
        _browser,
        lambda person: {"user__id__exact": person.pk, "state": "open"},
    )
)
offer(
    Offer(
        SocialIdentity,
        _("Bound identities"),
        _("None."),
        lambda rows, person: rows.filter(user_id=person.pk).order_by("-id"),
        _identity,
        lambda person: {"user__id__exact": person.pk},
    )
)
