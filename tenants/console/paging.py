"""A paginator for tables that grow without end. It must not know which."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic for the stubs alone
    """Counts, and shows, the first 10,000 rows at most: counting a large table takes longer than reading a page."""

    limit = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        # By the key alone: what a list shows of a row besides would be asked for of each.
        return int(rows.order_by().values("pk")[: self.limit].count())

    def page(self, number: Any) -> Any:
        """The page, of which the keys are found first: rows that are passed over are not read."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys: Sequence[Any] = list(rows.values_list("pk", flat=True)[start : min(start + self.per_page, self.count)])
        return Page(rows.filter(pk__in=keys), number, self)
