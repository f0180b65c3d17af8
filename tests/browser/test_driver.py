"""That the driver's own checks can fail: what a page leaves open, and whom it shuts out, is found."""

import pytest
from playwright.sync_api import Page

from tests.browser.application import running_application
from tests.browser.driver import NARROW, WIDE, BrowserThread, barriers, overflow


def test_a_weak_page_fails_a_scenario_and_its_barriers_are_named(browser_thread: BrowserThread) -> None:
    found: list[str] = []

    def scenario(page: Page) -> None:
        page.goto("/")
        found.extend((*barriers(page), *overflow(page, NARROW, WIDE)))

    with running_application() as app:
        app.form = "<button></button><p style='width: 800px; color: #777; background: #fff'>grey</p>"
        browser_thread.base_url = app.origin
        with pytest.raises(AssertionError, match="no policy that forbids all else"):
            browser_thread.run(scenario)
    assert {one.partition(":")[0] for one in found} >= {"button-name", "color-contrast", "wider than 390"}
