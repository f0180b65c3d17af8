"""The dashboard's panels of the login history: how sign-ins went, why they were refused, through which clients."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.event_names import names_of
from accounts.history_address import SIGN_IN_KINDS, SIGN_INS, history_address
from accounts.models import LoginEvent
from tenants.console.dashboard import Glance
from tenants.scoping import viewer_of, visible

_LONGEST = 8
_HOUR = timedelta(hours=1)


def _sign_ins(glance: Glance) -> QuerySet[LoginEvent]:
    """What the viewer may see of the span's attempts to sign in: what every panel here counts."""
    rows = visible(LoginEvent.objects.all(), viewer_of(glance.request), "tenant_id")
    return rows.filter(time__gte=glance.since, kind__in=SIGN_IN_KINDS).order_by()


def _address(filters: Mapping[str, str], since: datetime, until: datetime | None = None) -> str:
    """The list of such attempts: as many as are counted."""
    return history_address({"kind": SIGN_INS, **filters}, since=since, until=until)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the chart: how many were allowed and refused in it, and where in the drawing they stand."""

    label: str
    allowed: int
    refused: int
    x: float
    allowed_height: float
    refused_height: float
    allowed_address: str
    refused_address: str

    @property
    def refused_y(self) -> float:
        return CHART_HEIGHT - self.refused_height

    @property
    def allowed_y(self) -> float:
        return self.refused_y - self.allowed_height


# Of the drawing, in its own units.
CHART_WIDTH, CHART_HEIGHT = 720.0, 160.0


class SignIns:
    """Logins by outcome over time."""

    title = _("Sign-ins")
    template = "console/panels/bars.html"
    permission = "accounts.view_loginevent"
    is_wide = True
    uses_span = True

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        counts = glance.count("sign-ins", _sign_ins(glance), partial(_by_step, glance))
        steps = list(_steps(glance))
        highest = max((counts[step, "allowed"] + counts[step, "refused"] for step in steps), default=0)
        bars = [_bar(glance, number, step, counts, highest) for number, step in enumerate(steps)]
        return {
            "bars": bars,
            "bar_width": round(CHART_WIDTH / len(bars) * 0.7, 1),
            "width": CHART_WIDTH,
            "height": CHART_HEIGHT,
            "highest": highest,
            "allowed": sum(bar.allowed for bar in bars),
            "refused": sum(bar.refused for bar in bars),
        }


def _by_step(glance: Glance, rows: QuerySet[LoginEvent]) -> dict[tuple[datetime, str], int]:
    truncate = TruncHour if glance.span.step == _HOUR else TruncDay
    found = rows.annotate(step=truncate("time")).values_list("step", "outcome").annotate(number=Count("id"))
    return {(step, outcome): number for step, outcome, number in found}


def _steps(glance: Glance) -> Iterator[datetime]:
    """Where each step begins; a day begins at midnight, also when clocks are changed."""
    for number in range(glance.span.steps):
        if glance.span.step == _HOUR:
            yield timezone.localtime(glance.since + number * _HOUR)
        else:
            day = timezone.localtime(glance.since).date() + timedelta(days=number)
            yield timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _bar(glance: Glance, number: int, step: datetime, counts: Mapping[tuple[datetime, str], int], highest: int) -> Bar:
    allowed, refused = counts.get((step, "allowed"), 0), counts.get((step, "refused"), 0)
    scale = CHART_HEIGHT / highest if highest else 0
    until = step + glance.span.step - timedelta(seconds=1)
    return Bar(
        label=step.strftime("%H:%M" if glance.span.step == _HOUR else "%m-%d"),
        allowed=allowed,
        refused=refused,
        x=round(number * CHART_WIDTH / glance.span.steps, 1),
        allowed_height=round(allowed * scale, 1),
        refused_height=round(refused * scale, 1),
        allowed_address=_address({"outcome": "allowed"}, step, until),
        refused_address=_address({"outcome": "refused"}, step, until),
    )


@dataclass(frozen=True, slots=True)
class Rank:
    """A line of a ranking: what, how often, how much of the most frequent one (in percent), and where to see them."""

    name: str
    number: int
    share: float
    address: str


def _ranking(found: Sequence[tuple[str, str, int]], glance: Glance, parameter: str, **filters: str) -> list[Rank]:
    """The lines of (value, name, number), the most frequent first."""
    highest = max((number for _value, _name, number in found), default=0)
    return [
        Rank(
            name=name,
            number=number,
            share=round(100 * number / highest, 1),
            address=_address({**filters, parameter: value}, glance.since),
        )
        for value, name, number in found
    ]


def _by_reason(rows: QuerySet[LoginEvent]) -> dict[str, int]:
    return dict(rows.values_list("reason").annotate(number=Count("id")))


def _by_client(rows: QuerySet[LoginEvent]) -> dict[tuple[str, str], int]:
    found = rows.values_list("client_id", "client_name").annotate(number=Count("id"))
    return {(client_id, name): number for client_id, name, number in found}


def _most_frequent(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_LONGEST]


class Refusals:
    """Why sign-ins were refused, the most frequent reasons first."""

    title = _("Refusals by reason")
    template = "console/panels/ranking.html"
    permission = "accounts.view_loginevent"
    is_wide = False
    uses_span = True

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        rows = _sign_ins(glance).filter(outcome=LoginEvent.Outcome.REFUSED).exclude(reason="")
        counts = glance.count("refusals", rows, _by_reason)
        names = names_of("reason")
        found = [(value, str(names.get(value, value)), number) for value, number in _most_frequent(counts)]
        return {"ranks": _ranking(found, glance, "reason", outcome="refused"), "nothing": _("Nothing was refused.")}


class BusiestClients:
    """Through which clients people sign in most."""

    title = _("Busiest clients")
    template = "console/panels/ranking.html"
    permission = "accounts.view_loginevent"
    is_wide = False
    uses_span = True

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        rows = _sign_ins(glance).exclude(client_id="")
        counts, names = Counter[str](), dict[str, str]()
        for (client_id, name), number in glance.count("clients", rows, _by_client).items():
            counts[client_id] += number
            # Renamed meanwhile, a client has two.
            names[client_id] = max(name, names.get(client_id, ""))
        found = [(client_id, names[client_id] or client_id, number) for client_id, number in _most_frequent(counts)]
        return {"ranks": _ranking(found, glance, "client_id"), "nothing": _("No client was used.")}
