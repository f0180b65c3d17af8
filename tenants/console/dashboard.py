"""The console's first page: what happened lately, and what needs attention.

It must not know which panels there are: `DASHBOARD_PANELS` in the settings says.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tenants.scoping import viewer_of

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

# For how long numbers of a large table are not counted again: those of what may go on, and of what is over.
FRESH_SECONDS = 60
_OVER_SECONDS = 86_400
# By then, what happened within a step is written down.
_WRITTEN_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Span:
    """How far back one looks, in steps of an hour or a day."""

    name: str
    title: Any
    steps: int
    step: timedelta


SPANS = (
    Span("day", _("24 hours"), 24, timedelta(hours=1)),
    Span("week", _("7 days"), 7, timedelta(days=1)),
    Span("month", _("30 days"), 30, timedelta(days=1)),
)
_USUAL = SPANS[1]


@dataclass(frozen=True, slots=True)
class Glance:
    """Who looks at the page, when, and how far back. `since` is where a step begins, in the current time zone."""

    request: HttpRequest
    span: Span
    since: datetime
    now: datetime

    def count(self, name: str, rows: QuerySet[Any], count: Callable[[QuerySet[Any]], Mapping[K, int]]) -> Counter[K]:
        """What `count` says of these rows, which have a `time`, as of the last minute.

        What lies in steps that are over does not change, and is counted once: a month of a large table takes seconds.
        """
        step = self.now - _WRITTEN_WITHIN
        over = timezone.localtime(step).replace(minute=0, second=0, microsecond=0)
        if self.span.step >= timedelta(days=1):
            over = over.replace(hour=0)
        before, since = rows.filter(time__lt=over), rows.filter(time__gte=over)
        counted = Counter(self.remember(name, before, lambda: dict(count(before)), _OVER_SECONDS))
        counted.update(self.remember(name, since, lambda: dict(count(since))))
        return counted

    def remember(
        self, name: str, rows: QuerySet[Any], compute: Callable[[], T], fresh_seconds: int = FRESH_SECONDS
    ) -> T:
        """What `compute` says of these rows, as it was so long ago: many may look at once at a table that is large.

        The rows' query is part of the key, and with it whose rows they are.
        """
        query = f"{name} {self.span.name} {self.since.isoformat()} {rows.query}"
        key = f"dashboard:{hashlib.sha256(query.encode()).hexdigest()}"
        known = shared_cache.get(key)
        if known is None:
            # In a tuple: what is None or empty is remembered, too.
            known = (compute(),)
            shared_cache.set(key, known, fresh_seconds)
        value: T = known[0]
        return value


class Panel(Protocol):
    """A part of the page, for those who have its permission; "" is for everybody."""

    title: Any
    template: str
    permission: str
    is_wide: bool
    # Whether what it shows depends on how far back one looks.
    uses_span: bool

    def context(self, glance: Glance) -> Mapping[str, Any]:
        """What its template shows."""
        ...


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The page's context with what its panels show: what the theme's `DASHBOARD_CALLBACK` is for."""
    viewer: Any = viewer_of(request)
    glance = glance_of(request, timezone.now())
    parts = [
        (panel, render_to_string(panel.template, {**panel.context(glance), "panel": panel}, request))
        for panel in _panels(tuple(settings.DASHBOARD_PANELS))
        if not panel.permission or viewer.has_perm(panel.permission)
    ]
    spans = SPANS if any(panel.uses_span for panel, _html in parts) else ()
    return {**context, "title": _("Overview"), "parts": parts, "spans": spans, "span": glance.span}


def glance_of(request: HttpRequest, now: datetime) -> Glance:
    """What the address asks for (`?span=day`); for anything else the last seven days."""
    span = next((span for span in SPANS if span.name == request.GET.get("span")), _USUAL)
    start = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    if span.step >= timedelta(days=1):
        start = start.replace(hour=0)
    return Glance(request, span, start - span.step * (span.steps - 1), now)


@cache
def _panels(paths: tuple[str, ...]) -> tuple[Panel, ...]:
    return tuple(import_string(path)() for path in paths)
