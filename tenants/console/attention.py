"""The dashboard's panel of what needs somebody's attention. It must not know what that may be: `ATTENTION` says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
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


@dataclass(frozen=True, slots=True)
class Source:
    """Where notices come from.

    Attributes:
        permission: whoever lacks it is told nothing from here.
        find: says what there is of the rows that the viewer may see.
    """

    permission: str
    find: Callable[[Glance], Iterable[Notice]]


def source_for(permission: str) -> Callable[[Callable[[Glance], Iterable[Notice]]], Source]:
    """Make the function a source for those who have this permission."""
    return partial(Source, permission)


class Attention:
    """What somebody should look at, the urgent first."""

    title = _("Needs attention")
    template = "console/panels/attention.html"
    # Each source has its own.
    permission = ""
    is_wide = True
    uses_span = False

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        sources = _sources(tuple(settings.ATTENTION))
        open_ones = [source for source in sources if glance.request.user.has_perm(source.permission)]
        notices = [notice for source in open_ones for notice in source.find(glance)]
        return {
            "notices": sorted(notices, key=lambda notice: not notice.is_urgent),
            "is_withheld": len(open_ones) < len(sources),
        }


@cache
def _sources(paths: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(import_string(path) for path in paths)
