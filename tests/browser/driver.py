"""A real browser in a thread of its own, and the moves that every scenario makes. It must not know Django's models.

Playwright keeps an event loop running in its thread, where Django forbids database calls. So a test prepares and
asserts in its own thread, and hands the browser a scenario, a function that gets a page.
"""

import re
import shutil
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

T = TypeVar("T")

# What a page of a busy machine may take; a test that passes waits for none of it.
_PATIENCE_MS = 30_000
expect.set_options(timeout=_PATIENCE_MS)

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
# In a way that a policy without styles in the page allows.
_STAND_STILL = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
document.adoptedStyleSheets = [sheet];
"""
# The theme's `lg`, in pixels.
_ROOM_FOR_BUTTONS = 1024
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
        context.set_default_timeout(_PATIENCE_MS)
        try:
            page = context.new_page()
            with _no_complaints(page, self.base_url, refusals, _BLOCKED if is_blocked else ()):
                return scenario(page)
        finally:
            context.close()

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


@contextmanager
def _no_complaints(page: Page, base_url: str, refusals: Collection[int], texts: Collection[str]) -> Iterator[None]:
    """Whatever the page's console, scripts or answers complain of, all at the end; but not these statuses and texts.

    A page that is ours and has no strict policy counts too.
    """
    complaints: list[str] = []
    echoes = (
        *texts,
        *(f"Failed to load resource: the server responded with a status of {status} " for status in refusals),
    )

    def hear(message: ConsoleMessage) -> None:
        # Of an answer that is no page, the browser sometimes asks for a picture.
        is_of_page = not message.location["url"].endswith("/favicon.ico")
        if message.type in {"error", "warning"} and is_of_page and not message.text.startswith(echoes):
            complaints.append(f"{page.url}: {message.text}")

    def look(response: Response) -> None:
        if response.status >= 400 and response.status not in refusals:
            complaints.append(f"{response.url}: {response.status}")
        is_page = "text/html" in response.headers.get("content-type", "") and not 300 <= response.status < 400
        if is_page and response.url.startswith(base_url):
            complaints.extend(f"{response.url}: {problem}" for problem in _weaknesses(response))

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("response", look)
    yield
    assert not complaints, complaints


def _weaknesses(response: Response) -> Iterator[str]:
    """What the page's policy leaves open: no script but files; styles in the page and `eval` in the console alone."""
    policy = response.headers.get("content-security-policy", "")
    directives = {name: rest for name, _space, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    is_console = urlsplit(response.url).path.startswith("/admin/")
    if directives.get("default-src") != "'none'":
        yield f"no policy that forbids all else: {policy!r}"
    if directives.get("script-src") not in ({"'self'", "'self' 'unsafe-eval'"} if is_console else {"'self'"}):
        yield f"scripts: {directives.get('script-src')}"
    if not is_console and "unsafe" in policy:
        yield f"unsafe: {policy}"


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious on this page, in the light and, of colours, in the dark."""
    page.evaluate(_AXE)
    found = _violations(page, {})
    # Our own pages ask for the scheme; the theme did so when it was loaded, and then set this class.
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.classList.add('dark')")
    found += [f"in the dark: {one}" for one in _violations(page, {"runOnly": ["color-contrast", "link-in-text-block"]})]
    page.evaluate("document.documentElement.classList.remove('dark')")
    page.emulate_media(color_scheme="light")
    return found


def overflow(page: Page, *sizes: ViewportSize) -> list[str]:
    """In which of these sizes the page is wider than its window; it has the last of them afterwards."""
    found = []
    for size in sizes:
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"wider than {size['width']}")
    return found


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    # What moves is between two colours for a moment.
    page.evaluate(_STAND_STILL)
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


def field(page: Page, label: str) -> Locator:
    """The field of this label, which in the console has a star where it must be filled in."""
    return page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))


def press(page: Page, button: str, menu: str) -> None:
    """Press a button of a row's page, by its name; where there is no room for buttons, they stand in this menu."""
    if page.viewport_size and page.viewport_size["width"] < _ROOM_FOR_BUTTONS:
        page.get_by_role("link", name=menu, exact=True).click()
    page.get_by_role("link", name=button, exact=True).click()
    page.wait_for_load_state()


def save(page: Page) -> None:
    """Press the form's button."""
    page.locator("button[name=_save]").click()
    page.wait_for_load_state()
