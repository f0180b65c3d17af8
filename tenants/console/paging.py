"""A paginator for tables that grow without end. It must not know which."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic for the stubs alone
    """Counts, and shows, the first 10,000 rows at most: counting a large table takes longer than reading a page."""

    limit = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.limit].count())
