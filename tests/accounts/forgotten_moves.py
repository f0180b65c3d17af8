"""The moves of somebody who has forgotten his password, on Django's test client. They know no messages."""

import re
from collections.abc import Callable
from typing import Any

from django.test import Client as HttpClient

ASK, CODE = "/account/forgotten/", "/account/forgotten/code/"
NEW = "another good horse"

Printed = Callable[[], dict[str, str]]


def ask(
    browser: HttpClient, printed: Printed, *, tenant: str = "acme", changes: dict[str, str] | None = None, **form: str
) -> Any:
    """Fill in the first page, picture included, and send it; `changes` replaces what the page would have sent."""
    printed()
    page = browser.get(f"{ASK}?tenant={tenant}").content.decode()
    key = re.search(r'name="captcha_key" value="([0-9a-f]{32})"', page)
    assert key is not None, page
    filled = {"tenant": tenant, "captcha_key": key.group(1), "captcha": printed()["captcha"], **form}
    return browser.post(ASK, {**filled, **(changes or {})})


def choose(browser: HttpClient, code: str, new: str = NEW) -> Any:
    return browser.post(CODE, {"code": code, "password1": new, "password2": new})


def without_token(page: str) -> str:
    """The page without what differs between any two."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
