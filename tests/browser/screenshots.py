"""Takes a picture of every page, public and of the console, into docs/img/pages. `make screenshots`.

It starts Hufu with its demo data and a crowd on a free port, and walks through the pages as people do. With names
(`python -m tests.browser.screenshots console-history sign-in`) it keeps the pictures of other pages.
"""

import io
import sys
from collections.abc import Collection
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.console_tours import CONSOLE_TOURS
from tests.browser.driver import BrowserThread
from tests.browser.public_tours import LAST_TOURS, PUBLIC_TOURS
from tests.browser.screenshot_world import PROJECT, an_installation
from tests.browser.tours import Look, Tour

FOLDER = PROJECT / "docs" / "img" / "pages"
# The account page has few sessions to show at first, and the console what apps have just done. Its last step changes
# how people sign in.
TOURS = (PUBLIC_TOURS[0], *CONSOLE_TOURS[:-1], *PUBLIC_TOURS[1:], CONSOLE_TOURS[-1], *LAST_TOURS)
# Pages are text on few colours: that many make half of the bytes, and can be read as well.
_COLOURS = 40


class Camera:
    """Takes pictures of one page, of those names that are wanted (of all, if none are named)."""

    def __init__(self, tour: Tour, look: Look, wanted: Collection[str]) -> None:
        self._tour, self._look, self._wanted = tour, look, wanted
        self.taken: set[Path] = set()

    def take(self, page: Page, name: str) -> None:
        if self._wanted and name not in self._wanted:
            return
        page.wait_for_load_state("networkidle")
        self._store(page, f"{name}.{self._look.language}.{self._look.size}.png")
        if self._tour.is_dark and (self._look.language, self._look.size) == ("zh", "desk"):
            page.emulate_media(color_scheme="dark")
            page.reload(wait_until="networkidle")
            self._store(page, f"{name}.zh.dark.png")
            page.emulate_media(color_scheme="light")

    def _store(self, page: Page, name: str) -> None:
        data = page.screenshot(full_page=self._tour.is_whole_page, animations="disabled", caret="hide")
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        small = picture.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(FOLDER / name, optimize=True)
        self.taken.add(FOLDER / name)


def _walk(browser: BrowserThread, tour: Tour, look: Look, wanted: Collection[str]) -> set[Path]:
    camera = Camera(tour, look, wanted)

    def scenario(page: Page) -> None:
        for name in tour.walk(page, look):
            camera.take(page, name)

    browser.run(scenario, locale=look.locale, viewport=look.viewport, refusals=tour.refusals, scripts=tour.has_scripts)
    return camera.taken


def main() -> None:
    """Take all pictures, or those that are named; pages that are no more lose theirs."""
    wanted = sys.argv[1:]
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken: set[Path] = set()
    walks = [(tour, look) for tour in TOURS for look in tour.looks]
    with an_installation() as base:
        browser = BrowserThread(base)
        try:
            for number, (tour, look) in enumerate(walks, start=1):
                taken |= _walk(browser, tour, look, wanted)
                sys.stdout.write(f"\r{number}/{len(walks)} ways, {len(taken)} pictures")
                sys.stdout.flush()
        finally:
            browser.close()
    if not wanted:
        for path in set(FOLDER.glob("*.png")) - taken:
            path.unlink()
    sys.stdout.write(f"\n{len(taken)} pictures in {FOLDER.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
