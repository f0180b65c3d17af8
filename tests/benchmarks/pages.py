"""Measures pages of the console in this process, and tells the plans of their queries. It must not know which pages."""

import re
import statistics
import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

ROUNDS = 5
# What a session and permissions cost is the same on each page.
_TOLD_OF_ANYWAY = re.compile(
    r'FROM "(django_session|auth_permission|django_content_type)"|requires_second_factor" LIMIT'
)
_MONTH = re.compile(r"accounts_loginevent_(?:\d{4}_\d\d|default)")
_LONGEST_LINE, _LONGEST_PLAN = 140, 12


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds: of the whole page (median, fastest, slowest), and of its queries alone, which grow with tables."""

    page: float
    fastest: float
    slowest: float
    queries: float


def measure(browser: Client, address: str, rounds: int = ROUNDS, *, cold: bool = True) -> tuple[Took, Any]:
    """The median of several times, and the last answer; `cold`: with nothing of the page remembered."""
    pages, queries, spent = [], [], 0.0

    def timed(execute: Any, *arguments: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent += (time.perf_counter() - began) * 1000

    for _round in range(rounds):
        if cold:
            cache.clear()
        began, spent = time.perf_counter(), 0.0
        with connection.execute_wrapper(timed):
            answer: Any = browser.get(address)
        pages.append((time.perf_counter() - began) * 1000)
        queries.append(spent)
        if answer.status_code != 200:
            raise AssertionError(f"{address} was answered by {answer.status_code}")
    return Took(statistics.median(pages), min(pages), max(pages), statistics.median(queries)), answer


def plans_of(browser: Client, address: str, at_most: int, having: str = "SELECT") -> list[list[str]]:
    """The plans of the page's slowest queries that have this in them, without what stands there once for each month."""
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        browser.get(address)
    asked = [
        query for query in queries.captured_queries if query["sql"].startswith("SELECT") and having in query["sql"]
    ]
    telling = [query for query in asked if not _TOLD_OF_ANYWAY.search(query["sql"])]
    slowest = sorted(telling, key=lambda query: -float(query["time"]))[:at_most]
    return [_plan_of(query["sql"]) for query in slowest]


def _plan_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, COSTS OFF) {sql}")
        lines = [line for (line,) in cursor.fetchall()]
    *shown, last = [line for line in _of_one_month(lines) if not line.startswith("Planning Time")]
    shown = [*shown[:_LONGEST_PLAN], *(["  …"] if len(shown) > _LONGEST_PLAN else []), last]
    return [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …" for line in shown]


def _of_one_month(lines: list[str]) -> list[str]:
    """The plan with the first month's part alone: those of the others look alike."""
    kept: list[str] = []
    seen, hidden_below = None, -1
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if 0 <= hidden_below < depth:
            continue
        hidden_below = -1
        month = _MONTH.search(line)
        if month and "->" in line:
            seen = seen or month.group()
            if month.group() != seen:
                hidden_below = depth
                continue
        kept.append(line)
    return kept
