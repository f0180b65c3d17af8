"""A real browser in a thread of its own, and the moves that every scenario makes. It must not know Django's models.

Playwright keeps an event loop running in its thread, where Django forbids database calls. So a test prepares and
asserts in its own thread, and hands the browser a scenario, a function that gets a page.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, ViewportSize, sync_playwright

T = TypeVar("T")

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE: ViewportSize = {"width": 1400, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
# What the console says of an answer that a page may not read.
_BLOCKED = ("Access to fetch at ", "Failed to load resource: net::ERR_FAILED")
# As source: the console's policy lets no page load it.
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class BrowserMissingError(Exception):
    """Chromium is not installed (Debian: apt-get install chromium)."""


class BrowserThread:
    """Runs scenarios in one browser; what its console reports as an error fails the scenario."""

    def __init__(self, base_url: str = "") -> None:
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if program is None:
            raise BrowserMissingError(BrowserMissingError.__doc__)
        self.base_url = base_url
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self._playwright: Playwright = self._thread.submit(sync_playwright().start).result()
        self._browser: Browser = self._thread.submit(
            lambda: self._playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        ).result()

    def run(
        self,
        scenario: Callable[[Page], T],
        *,
        locale: str = "zh-CN",
        viewport: ViewportSize = WIDE,
        refusals: Collection[int] = (),
        scripts: bool = True,
        is_blocked: bool = False,
    ) -> T:
        """What the scenario returns; it gets a page without cookies, in this language and size.

        `refusals` are the statuses that the scenario means to meet; without `scripts` the browser runs none;
        `is_blocked` says that it means to be kept from reading another origin.
        """
        # The time zone of the server, or the date fields warn that it is another one.
        options: dict[str, Any] = {"locale": locale, "viewport": viewport, "java_script_enabled": scripts}
        options["timezone_id"] = "Asia/Shanghai"
        return self._thread.submit(self._play, scenario, options, refusals, is_blocked).result()

    def _play(
        self, scenario: Callable[[Page], T], options: dict[str, Any], refusals: Collection[int], is_blocked: bool
    ) -> T:
        context = self._browser.new_context(base_url=self.base_url, **options)
        context.set_default_timeout(10_000)
        try:
            page = context.new_page()
            with _no_complaints(page, refusals, _BLOCKED if is_blocked else ()):
                return scenario(page)
        finally:
            context.close()

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


@contextmanager
def _no_complaints(page: Page, refusals: Collection[int], texts: Collection[str]) -> Iterator[None]:
    """Whatever the page's console, scripts or answers complain of, all at the end; but not these statuses and texts."""
    complaints: list[str] = []
    echoes = (
        *texts,
        *(f"Failed to load resource: the server responded with a status of {status} " for status in refusals),
    )

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(echoes):
            complaints.append(f"{page.url}: {message.text}")

    def look(response: Response) -> None:
        if response.status >= 400 and response.status not in refusals:
            complaints.append(f"{response.url}: {response.status}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("response", look)
    yield
    assert not complaints, complaints


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious on this page, in the light and, of colours, in the dark."""
    page.evaluate(_AXE)
    found = _violations(page, {})
    # The theme asks for the scheme when a page is loaded, and then sets this class.
    page.evaluate("document.documentElement.classList.add('dark')")
    found += _violations(page, {"runOnly": ["color-contrast", "link-in-text-block"]})
    page.evaluate("document.documentElement.classList.remove('dark')")
    return found


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    # What moves is between two colours for a moment.
    page.add_style_tag(content="*, *::before, *::after { transition: none !important; animation: none !important }")
    result = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in result["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def sign_in(page: Page, tenant: str, account: str, password: str) -> None:
    """Fill the sign-in form in and send it."""
    page.goto("/admin/login/")
    page.locator("input[name=tenant]").fill(tenant)
    page.locator("input[name=username]").fill(account)
    page.locator("input[name=password]").fill(password)
    page.locator("#login-form button[type=submit]").click()


def choose(page: Page, field: str, text: str) -> None:
    """Find a row by typing, and take it."""
    page.locator(f"#id_{field} + .select2-container").click()
    page.locator(".select2-dropdown .select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def save(page: Page) -> None:
    """Press the form's button."""
    page.locator("button[name=_save]").click()
    page.wait_for_load_state()
