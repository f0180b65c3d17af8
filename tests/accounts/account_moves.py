"""The account page of one person, on Django's test client. It must not know what the page says."""

from datetime import timedelta
from typing import Any

from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, LoginEvent, User

PAGE = "/account/"
END, END_OTHERS = "/account/browsers/end/", "/account/browsers/end-others/"
PASSWORD = "a good password"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
ENGLISH = {"Accept-Language": "en"}


def signed_in(account: str = "zhang", password: str = PASSWORD) -> HttpClient:
    """A browser of its own, in which the person has just signed in."""
    browser = HttpClient(headers={"User-Agent": CHROME, **ENGLISH})
    form = {"tenant": "acme", "username": account, "password": password}
    browser.post("/account/login/?next=/account/", form)
    return browser


def text_of(browser: HttpClient, **headers: str) -> str:
    response = browser.get(PAGE, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def is_signed_in(browser: HttpClient) -> bool:
    return int(browser.get(PAGE).status_code) == 200


def session_of(browser: HttpClient) -> BrowserSession:
    return BrowserSession.objects.get(pk=browser.session["sid"])


def press(browser: HttpClient, address: str, **fields: str) -> str:
    """Press a button; returns the page that follows."""
    response = browser.post(address, fields)
    assert (response.status_code, response["Location"]) == (303, PAGE)
    return text_of(browser)


def other_session(user: User, **fields: Any) -> BrowserSession:
    now = timezone.now()
    wanted = {"user": user, "auth_time": now, "expires_at": now + timedelta(hours=1), **fields}
    return BrowserSession.objects.create(**wanted)


def logouts() -> list[tuple[str, str]]:
    """Whose sessions were ended, and why, oldest first."""
    return list(LoginEvent.objects.filter(kind="logout").order_by("id").values_list("account", "reason"))
