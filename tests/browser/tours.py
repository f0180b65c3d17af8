"""What a picture is taken of: the way through some pages, and who walks it. It must not know the pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

_LOCALES = {"zh": "zh-CN", "en": "en-US"}
_SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1200, "height": 800},
    "narrow": {"width": 390, "height": 780},
    # From 1280 on the console has its sidebar beside the page.
    "desk": {"width": 1360, "height": 700},
}


@dataclass(frozen=True, slots=True)
class Look:
    """In which language and size one looks."""

    language: str
    size: str

    @property
    def locale(self) -> str:
        return _LOCALES[self.language]

    @property
    def viewport(self) -> ViewportSize:
        return _SIZES[self.size]


PUBLIC_LOOKS = tuple(Look(language, size) for language in _LOCALES for size in ("wide", "narrow"))
# The console has so many pages that its words are seen in both languages, and its narrow form in one.
CONSOLE_LOOKS = (Look("zh", "desk"), Look("en", "desk"), Look("zh", "narrow"))

Walk = Callable[[Page, Look], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Tour:
    """A way through some pages, which yields each one's name when it is there.

    `refusals` are the statuses that it means to meet. `is_dark` takes each picture in the dark too, in one look.
    """

    walk: Walk
    looks: tuple[Look, ...] = PUBLIC_LOOKS
    refusals: tuple[int, ...] = ()
    has_scripts: bool = True
    is_whole_page: bool = True
    is_dark: bool = False


def one_page(name: str, come: Callable[[Page], None], refusals: tuple[int, ...] = (), has_scripts: bool = True) -> Tour:
    """A tour with a single picture."""

    def walk(page: Page, _look: Look) -> Iterator[str]:
        come(page)
        yield name

    return Tour(walk, refusals=refusals, has_scripts=has_scripts)
