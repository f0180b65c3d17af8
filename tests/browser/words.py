"""What stands on pages in the reader's language: written down, not asked of the catalogues, which may lack it."""

from collections.abc import Mapping

from tests.browser.driver import NARROW, WIDE

# Each language once, each size once: (locale, size of the window), and the ids of such tests.
LOOKS = (("zh-CN", WIDE), ("en-US", NARROW))
LOOK_IDS = ("Chinese, wide", "English, narrow")


class Words:
    """Says each English text in the reader's language; one that the test has no Chinese for fails it."""

    def __init__(self, locale: str, chinese: Mapping[str, str]) -> None:
        self._chinese = chinese if locale.startswith("zh") else None

    def __call__(self, english: str) -> str:
        return english if self._chinese is None else self._chinese[english]
