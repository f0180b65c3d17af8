"""Pages of a table that grows without end, by the key of their last row: no counting, no OFFSET, bounded work.

It must not know which table: any with a `time` and an `id` will do, listed newest first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Conditions of this rank or a higher one are on values that no index finds.
LEADS_NOT = 10
_CANCELLED = "57014"  # PostgreSQL's code for a statement that ran out of its time.


@dataclass(frozen=True, slots=True)
class Position:
    """Between two rows of the list: right beside the row of this key."""

    time: datetime
    id: int

    @classmethod
    def read(cls, text: str) -> "Position":
        """The position that `str` wrote.

        Raises:
            ValueError: nobody wrote it.
        """
        time, dash, row_id = text.partition("-")
        if not (dash and time.isdecimal() and row_id.isdecimal() and time.isascii() and row_id.isascii()):
            raise ValueError(text)
        if int(row_id) >= 1 << 63:
            raise ValueError(text)
        try:
            return cls(_EPOCH + int(time) * _MICROSECOND, int(row_id))
        except OverflowError as error:
            raise ValueError(text) from error

    def __str__(self) -> str:
        return f"{(self.time - _EPOCH) // _MICROSECOND}-{self.id}"

    def beyond(self, *, newer: bool) -> Q:
        """The rows on that side; a range of time alone comes first, which an index and partitions understand."""
        if newer:
            return Q(time__gte=self.time) & (Q(time__gt=self.time) | Q(id__gt=self.id))
        return Q(time__lte=self.time) & (Q(time__lt=self.time) | Q(id__lt=self.id))


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: all rows that match, and those that its most telling condition alone finds."""

    matching: QuerySet[Any]
    leading: QuerySet[Any]

    @property
    def is_simple(self) -> bool:
        """Whether one index finds it all: then a page costs what its rows cost."""
        return self.matching is self.leading


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first.

    Attributes:
        goes_on: where the next page in this direction starts; None at the end.
        searched_to: how far was looked, when the search stopped before the page was full.
    """

    rows: list[Any]
    goes_on: Position | None
    searched_to: datetime | None = None


def find_page(
    search: Search,
    size: int,
    start: Position | None = None,
    *,
    newer: bool = False,
    patience_ms: int = 80,
    reach: int = 20_000,
) -> Page:
    """The `size` matching rows next to `start` (without one: the newest), in bounded time.

    A search with several conditions may have to pass over millions of rows, whatever index leads it. It may take
    `patience_ms`; after that only the next `reach` rows of its leading condition are looked at, and the page says so.
    """
    direction = ("time", "id") if newer else ("-time", "-id")
    matching, leading = search.matching.order_by(*direction), search.leading.order_by(*direction)
    if start is not None:
        matching, leading = matching.filter(start.beyond(newer=newer)), leading.filter(start.beyond(newer=newer))
    rows = None
    if search.is_simple or (patience_ms and _can_be_cut_short()):
        with _limited(0 if search.is_simple else patience_ms):
            rows = list(matching[: size + 1])
    if rows is not None:
        return _page_of(rows, size, newer=newer)
    return _bounded_page(matching, leading, size, reach, newer=newer)


def _page_of(rows: list[Any], size: int, *, newer: bool) -> Page:
    shown = rows[:size]
    goes_on = Position(shown[-1].time, shown[-1].id) if len(rows) > size else None
    return Page(shown[::-1] if newer else shown, goes_on)


def _bounded_page(matching: QuerySet[Any], leading: QuerySet[Any], size: int, reach: int, *, newer: bool) -> Page:
    farthest = leading[:reach].aggregate(bound=Max("time") if newer else Min("time"))["bound"]
    if farthest is None:
        return Page([], None)
    within, after = ("time__lte", "time__gt") if newer else ("time__gte", "time__lt")
    rows = list(matching.filter(**{within: farthest})[: size + 1])
    if len(rows) > size or not leading.filter(**{after: farthest}).exists():
        return _page_of(rows, size, newer=newer)
    # All of that very moment was looked at: the largest id there is on this side of it, the smallest on that.
    edge = Position(farthest, (1 << 63) - 1 if newer else 0)
    return Page(rows[::-1] if newer else rows, edge, searched_to=farthest)


def _can_be_cut_short() -> bool:
    return connections[DEFAULT_DB_ALIAS].vendor == "postgresql"


@contextmanager
def _limited(milliseconds: int) -> Iterator[None]:
    """Give the statements inside so much time; one that needs more is given up, and so is what follows it inside."""
    if not milliseconds:
        yield
        return
    try:
        with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds:d}")
            yield
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _CANCELLED:
            raise


class _Uncounted:
    """What the theme asks of a paginator, of one that does not know how many rows there are."""

    template_name: ClassVar[str] = "console/keyset_pagination.html"
    # The pages of the console's own lists have these; nothing here may count.
    per_page = 0
    count = 0
    num_pages = 1


class KeysetChangeList(ChangeList):
    """Django's list, of which a page is found by its neighbour's key: `?older=…` and `?newer=…`."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self._request = request
        super().__init__(request, *args, **kwargs)

    def get_filters_params(self, params: Any = None) -> Any:
        kept = super().get_filters_params(params)
        return {name: value for name, value in kept.items() if name not in {"older", "newer"}}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str]:  # noqa: ARG002 - Django's hook
        return ["-time", "-id"]

    def search(self) -> Search:
        """What the filters and the search box ask for; of their conditions, that of the lowest rank leads."""
        asked = [(spec.rank, condition) for spec in self.filter_specs if (condition := spec.condition())]
        if self.query:
            asked.append(self.model_admin.search_condition(self._request, self.root_queryset, self.query))
        asked.sort(key=lambda pair: pair[0])
        leading = matching = self.root_queryset.filter(*(condition for rank, condition in asked if not rank))
        for number, (rank, condition) in enumerate(pair for pair in asked if pair[0]):
            matching = matching.filter(condition)
            leading = leading if number or rank >= LEADS_NOT else matching
        return Search(matching, leading)

    def get_results(self, request: HttpRequest) -> None:
        size, search = self.list_per_page, self.search()
        start, newer = self._start(request)
        page = find_page(search, size, start, newer=newer)
        if newer and page.goes_on is None and len(page.rows) < size:
            # Not half a page at the top of the list.
            start, newer, page = None, False, find_page(search, size)
        if newer:
            towards_newer, towards_older = page.goes_on, _key(page.rows[-1:]) or start
        else:
            towards_newer, towards_older = start and (_key(page.rows[:1]) or start), page.goes_on
        self.newest_url = self.get_query_string(remove=["older", "newer"])
        self.newer_url = towards_newer and self._beside("newer", towards_newer)
        self.older_url = towards_older and self._beside("older", towards_older)
        self.searched_to, self.searches_newer = page.searched_to, newer
        self.result_list = page.rows
        # The theme takes a number that was not counted for another one than that of the results, and says so.
        self.result_count = self.full_result_count = len(page.rows)
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False
        self.paginator = _Uncounted()

    def _start(self, request: HttpRequest) -> tuple[Position | None, bool]:
        for name in ("older", "newer"):
            if text := request.GET.get(name):
                try:
                    return Position.read(text), name == "newer"
                except ValueError as error:
                    raise IncorrectLookupParameters from error
        return None, False

    def _beside(self, name: str, position: Position) -> str:
        return str(self.get_query_string({name: str(position)}, ["older", "newer"]))


def _key(rows: Sequence[Any]) -> Position | None:
    return Position(rows[0].time, rows[0].id) if rows else None
