"""The moves of a person with a second factor, on Django's test client. It must not know pages by their text."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import AuthenticatorApp, LoginEvent, User
from tenants.models import Change, Tenant

PASSWORD = "correct horse"
CONSOLE = {"tenant": "acme", "username": "boss", "password": PASSWORD}
FACTOR, ENROLMENT, NEW_PASSWORD = (f"/account/login/{step}/" for step in ("second-factor", "enrolment", "password"))
APP, REMOVE, CODES = (f"/account/second-factor/{page}/" for page in ("authenticator", "remove", "recovery-codes"))


def require(tenant: Tenant) -> None:
    """Ask a second factor of everyone of this tenant."""
    tenant.requires_second_factor = True
    tenant.save()


def give_app(user: User) -> str:
    """An authenticator app that was set up before; its secret."""
    secret = pyotp.random_base32()
    AuthenticatorApp.objects.create(user=user, secret=secret, created_at=timezone.now())
    return secret


def code_of(secret: str, steps_aside: int = 0) -> str:
    """What the app shows now, or so many steps from now."""
    return str(pyotp.TOTP(secret).at(timezone.now() + timedelta(seconds=30 * steps_aside)))


def wrong_code(secret: str) -> str:
    """Six digits that are no code of these minutes."""
    near = {code_of(secret, aside) for aside in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444") if code not in near)


def give_password(
    browser: HttpClient, account: str = "zhang", password: str = PASSWORD, leads_to: str = "/account/"
) -> Any:
    """Send the sign-in page's form; not followed."""
    form = {"tenant": "acme", "username": account, "password": password}
    return browser.post(f"/account/login/?next={leads_to}", form)


def give_code(browser: HttpClient, code: str) -> Any:
    return browser.post(FACTOR, {"code": code})


def set_up_app(browser: HttpClient) -> tuple[Any, str]:
    """Set an app up as its page says; the answer to its first code, and its secret."""
    page = browser.get(APP).content.decode()
    address = re.search(r'href="(otpauth://[^"]+)"', page)
    assert address is not None, page
    secret = pyotp.parse_uri(unescape(address.group(1))).secret
    return browser.post(APP, {"code": code_of(secret)}), secret


def shown_codes(response: Any) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<li>((?:[0-9a-z]{4}-){3}[0-9a-z]{4})</li>", response.content.decode())


def is_signed_in(browser: HttpClient) -> bool:
    return bool(browser.get("/account/").status_code == 200)


def author_of_password(user: User) -> str:
    """Who is on record for this person's latest password."""
    of_person = Change.objects.filter(kind="accounts.user", object_id=str(user.pk), changes__has_key="password")
    return of_person.latest("id").actor_account


def told() -> list[tuple[str, str, str]]:
    """The login history, oldest first: kind, outcome, reason."""
    return list(LoginEvent.objects.order_by("id").values_list("kind", "outcome", "reason"))
