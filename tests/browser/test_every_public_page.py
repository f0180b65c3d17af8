"""Every page that people see besides the console: it fits its window, complains of nothing, and shuts nobody out."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
import requests
from django.core.cache import caches
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import BrowserSession, SocialIdentity, User, WechatApp
from oauthx.choices import DEVICE_CODE
from oauthx.models import Client, Consent
from oauthx.signing import ensure_keys
from tests.accounts.factor_moves import code_of
from tests.browser.driver import NARROW, WIDE, BrowserThread, barriers, overflow
from tests.factories import make_client, make_tenant, make_user
from tests.protocol.code_flow import CHALLENGE
from tests.tokens import ask_connect

PASSWORD, NEW = "a good password", "another good horse"
LONG_NAME = "一个名字非常长的应用 AVeryLongNameWithoutAnySpaces" * 4
AUTHORIZE = {
    "client_id": "portal",
    "redirect_uri": "http://127.0.0.1/callback",
    "response_type": "code",
    "scope": "openid profile",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def zhang(browser: BrowserThread) -> User:
    """A person with something in every section of his page, and long names everywhere; he must change his password."""
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造", primary_color="#facc15", offers_password_reset=True)
    tenant.roles.create(name="asked", requires_second_factor=True).users.add(make_user(tenant, "li", PASSWORD))
    zhang = make_user(tenant, "zhang", PASSWORD, phone="13800138000", email=f"{'x' * 60}@acme.example")
    fields: dict[str, Any] = {"dialects": ["connect"], "scopes": ["openid", "profile", "offline_access"]}
    grants = ["authorization_code", "password", DEVICE_CODE, "refresh_token"]
    portal = make_client(
        "portal", "secret", tenant=tenant, redirect_uris=AUTHORIZE["redirect_uri"], **fields, grant_types=grants
    )
    for password in (PASSWORD, "wrong"):
        ask_connect("portal", "secret", grant_type="password", username="zhang", password=password)
    Client.objects.update(name=LONG_NAME)
    Consent.objects.create(user=zhang, client=portal, scopes=["openid"])
    WechatApp.objects.create(tenant=tenant, name=LONG_NAME[:100], app_id="wx1")
    SocialIdentity.objects.create(tenant=tenant, user=zhang, provider="wechat", app="wx1", openid="of zhang")
    now = timezone.now()
    BrowserSession.objects.create(
        user=zhang,
        auth_time=now,
        expires_at=now + timedelta(hours=1),
        address="2001:db8::9abc:def0:1234:5678",
        user_agent="x" * 500,
    )
    User.objects.filter(pk=zhang.pk).update(real_name=LONG_NAME[:100], must_change_password=True)
    return zhang


def _send(page: Page, **texts: str) -> None:
    """Fill the form in, by the names of its fields, and press its button."""
    for name, text in texts.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def _authorize(**changes: str) -> str:
    return f"/connect/authorize?{urlencode({**AUTHORIZE, **changes})}"


def _strangers_pages(page: Page) -> Iterator[str]:
    """What is seen by whom nobody knows yet."""
    for name, address in (
        ("sign-in, tenant unknown", "/account/login/"),
        ("not there", "/nowhere"),
        ("error", _authorize(client_id="nobody")),
        ("forgotten password", "/account/forgotten/?tenant=acme"),
    ):
        page.goto(address)
        yield name
    key = page.locator("[name=captcha_key]").input_value()
    _send(page, phone="13800138000", captcha=caches["challenges"].get(f"captcha:{key}")[0])
    yield "code of the SMS"
    page.goto(_authorize())
    yield "sign-in"
    _send(page, username="zhang", password="wrong")
    yield "sign-in, refused"
    _send(page, username="zhang", password=PASSWORD)
    yield "another password"
    _send(page, password1=NEW, password2="something else")
    yield "another password, refused"
    _send(page, password1=NEW, password2=NEW)
    yield "consent"
    page.goto(_authorize(prompt="select_account"))
    yield "choose an account"
    # Without its script, the page that takes the answer on stays: it has a button for that.
    page.route("**/form_post*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(_authorize(response_mode="form_post"))
    page.locator("[name=allow]").click()
    page.locator("#form-post").wait_for()
    yield "sent as a form"


def _devices_pages(page: Page) -> Iterator[str]:
    page.goto("/connect/device?user_code=x")
    yield "device, wrong code"
    proof = {"client_id": "portal", "client_secret": "secret"}
    address = f"{page.evaluate('location.origin')}/connect/deviceauthorization"
    page.goto(requests.post(address, proof, timeout=10).json()["verification_uri_complete"])
    yield "device, confirmation"
    page.locator("[name=allow]").click()
    page.wait_for_url("**/connect/device/done?*")
    yield "device, done"


def _own_pages(page: Page) -> Iterator[str]:
    """What is seen by whoever is signed in, up to his second factor."""
    for path in (
        "",
        "password/",
        "confirm/",
        "second-factor/",
        "second-factor/passkey/",
        "second-factor/authenticator/",
    ):
        page.goto(f"/account/{path}")
        yield path
    _send(page, code=code_of(pyotp.parse_uri(page.locator("a[href^=otpauth]").get_attribute("href") or "").secret))
    yield "recovery codes"
    for path in ("second-factor/", "second-factor/remove/"):
        page.goto(f"/account/{path}")
        yield f"{path} with an app"


def _last_pages(page: Page) -> Iterator[str]:
    """What is seen on the way out, and by whoever comes back."""
    page.goto("/connect/endsession?post_logout_redirect_uri=https://evil.example/")
    yield "sign-out, refused"
    page.goto("/connect/endsession")
    yield "sign-out"
    page.locator("[name=stay]").click()
    yield "still signed in"
    page.goto("/connect/endsession")
    _send(page)
    yield "signed out"
    page.goto("/account/login/?next=/account/&tenant=acme")
    _send(page, username="zhang", password=NEW)
    yield "second factor"
    page.goto("/account/login/?next=/account/&tenant=acme")
    _send(page, username="li", password=PASSWORD)
    yield "second factor, to be set up"


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_every_public_page_can_be_used_by_everybody(browser: BrowserThread, zhang: User, locale: str) -> None:
    """Complaints of the browser's console, and policies that are not strict, fail it by themselves (driver.py)."""
    headings: dict[str, str] = {}

    def scenario(page: Page) -> list[str]:
        found = []
        for walk in (_strangers_pages, _devices_pages, _own_pages, _last_pages):
            for name in walk(page):
                headings[name] = page.locator("h1").inner_text()
                found += [f"{name}: {problem}" for problem in (*barriers(page), *overflow(page, NARROW, WIDE))]
        return found

    found = browser.run(scenario, locale=locale, refusals={400, 404})
    assert not found, "\n".join(found)
    assert len(headings) == 30
    chinese = {name for name, text in headings.items() if re.search("[\u4e00-\u9fff]", text.replace(LONG_NAME, ""))}
    assert chinese == (headings.keys() if locale == "zh-CN" else set())
