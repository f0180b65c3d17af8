"""One browser for all tests of this folder; each scenario has its own cookies."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.driver import BrowserMissingError, BrowserThread


@pytest.fixture(scope="session")
def browser_thread() -> Iterator[BrowserThread]:
    try:
        thread = BrowserThread()
    except BrowserMissingError as error:
        pytest.fail(str(error))
    yield thread
    thread.close()


@pytest.fixture
def browser(browser_thread: BrowserThread, live_server: Any) -> BrowserThread:
    """The browser, looking at this test's own server."""
    browser_thread.base_url = live_server.url
    return browser_thread
