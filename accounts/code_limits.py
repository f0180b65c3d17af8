"""How often codes may be asked for, by what was asked for before. It must not know who sends them, or to whom.

What was asked for stands in a table of codes, whether a message went out or not; so the limits hold over all processes,
outlive a restart, and say nothing of who exists. One lock makes those who ask at once come one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from tenants.sql import database

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Of one person, and of messages to where he reads them, in every tenant together: it is he who is disturbed.
OF_A_PERSON = ((1, MINUTE), (5, HOUR), (10, DAY))
# How long a code's row is needed after it was made.
MEMORY = DAY

# Any number that nothing else locks.
_ADVISORY_LOCK = 0x536D73


class CodeLimitError(Exception):
    """So many codes were asked for that none is made before `retry_after_seconds` have passed."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `limit` of these rows (0: any number) within `span`; `reason` is for the history."""

    reason: str
    rows: QuerySet[Any]
    limit: int
    span: timedelta

    def free_at(self, now: datetime) -> datetime | None:
        """When one more fits in; None if it does now. At most `limit` entries of an index are read."""
        if not self.limit:
            return None
        within = self.rows.filter(created_at__gt=now - self.span).order_by("-created_at")
        moments: list[datetime] = list(within.values_list("created_at", flat=True)[self.limit - 1 : self.limit])
        # Another request may have arrived later and been written first.
        return min(moments[0], now) + self.span if moments else None


def limits_of_person(reason: str, rows: QuerySet[Any]) -> list[Limit]:
    """What holds for the codes of one person, whom these rows are about."""
    return [Limit(reason, rows, limit, span) for limit, span in OF_A_PERSON]


def is_used_up(limits: Iterable[Limit], now: datetime) -> bool:
    """Whether one of them leaves no room for another code now."""
    return _soonest(limits, now) is not None


def check_all(limits: Iterable[Limit], now: datetime) -> None:
    """Return if all of them leave room for one more.

    Raises:
        CodeLimitError: one of them is used up; with several, the one that lasts longest says when to come back.
    """
    last = _soonest(limits, now)
    if last is not None:
        free_at, reason = last
        seconds = (free_at - now).total_seconds()
        raise CodeLimitError(reason, max(1, int(seconds) + (seconds % 1 > 0)))


def wait_for_turn() -> None:
    """Hold the one lock until the transaction ends. SQLite's transactions come one by one anyway."""
    connection = database()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def _soonest(limits: Iterable[Limit], now: datetime) -> tuple[datetime, str] | None:
    """When all of them leave room for one more, and which is the last to do so; None if they do now."""
    waits = [(free_at, limit.reason) for limit in limits if (free_at := limit.free_at(now)) is not None]
    return max(waits, default=None)
