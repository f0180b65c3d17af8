"""The dashboard's panel of what needs somebody's attention. It must not know what that may be: `ATTENTION` says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tenants.console.dashboard import Glance


@dataclass(frozen=True, slots=True)
class Notice:
    """What is so, and where to look. An urgent one works no longer, or not as it should."""

    text: str
    address: str
    is_urgent: bool = False


# Says what there is, for this viewer alone: nothing if he may not see such rows.
Source = Callable[[Glance], Iterable[Notice]]


class Attention:
    """What somebody should look at, the urgent first."""

    title = _("Needs attention")
    template = "console/panels/attention.html"
    # Each source asks for its own.
    permission = ""
    is_wide = True
    uses_span = False

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        notices = [notice for source in _sources(tuple(settings.ATTENTION)) for notice in source(glance)]
        return {"notices": sorted(notices, key=lambda notice: not notice.is_urgent)}


@cache
def _sources(paths: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(import_string(path) for path in paths)
