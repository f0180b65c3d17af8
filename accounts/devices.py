"""Names the browser and the system of a user agent for people. It must not decide anything by it: anyone can send any.

The few lines that most visits need, no library: what is not recognised is named by its first word.
"""

import re

from django.utils.translation import gettext

# The first that is found counts: most browsers also name the ones that they descend from.
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("wxwork/", "WeCom"),
    ("DingTalk/", "DingTalk"),
    ("Lark/", "Lark"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("UCBrowser/", "UC Browser"),
    ("QQBrowser/", "QQ Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
# A program that is no browser, such as `okhttp/4.12` (RFC 9110 section 10.1.5).
_PRODUCT = re.compile(r"[\w.+-]{1,40}(?=/|$)", re.ASCII)


def device_of(user_agent: str) -> str:
    """For example "Chrome on Windows", in the reader's language; "Unknown device" where nothing is recognised."""
    browser = _first_found(_BROWSERS, user_agent)
    system = _first_found(_SYSTEMS, user_agent)
    if not browser and (product := _PRODUCT.match(user_agent)) and product[0] != "Mozilla":
        browser = product[0]
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def _first_found(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
