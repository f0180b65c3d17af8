"""The account page in a real browser: in both languages, wide and narrow, without scripts, and by keyboard alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import BrowserSession, LoginEvent, User
from oauthx.models import Client, Consent
from oauthx.signing import ensure_keys
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.factories import make_client, make_tenant, make_user
from tests.tokens import ask_connect

PASSWORD = "a good password"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
# The heading of the sign-in page and of this one, its sections, and what its buttons say.
CHINESE = ("登录", "我的账号", "已登录的浏览器", "退出该浏览器", "该浏览器已退出。", "撤回", "退出登录")
ENGLISH = (
    *("Sign in", "Your account", "Where you are signed in", "Sign out there", "That browser is signed out."),
    *("Withdraw", "Sign out"),
)
each_look = pytest.mark.parametrize(
    ("locale", "texts", "viewport", "scripts"),
    [("zh-CN", CHINESE, WIDE, True), ("en-US", ENGLISH, NARROW, False)],
    ids=["Chinese, wide, scripts", "English, narrow, no scripts"],
)


@pytest.fixture
def zhang(browser: BrowserThread) -> User:
    """A person with a phone somewhere, an application that he allowed, and one that signed in by password."""
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造", primary_color="#0f766e")
    zhang = make_user(tenant, "zhang", PASSWORD, real_name="张三", email="zhang@acme.example", phone="13800138000")
    now = timezone.now()
    BrowserSession.objects.create(
        user=zhang, auth_time=now, expires_at=now + timedelta(hours=1), address="203.0.113.7", user_agent=PHONE
    )
    wanted = {"dialects": ["connect"], "grant_types": ["password"], "scopes": ["openid", "profile", "offline_access"]}
    portal = make_client("portal", "secret", tenant=tenant, **wanted)
    Client.objects.filter(pk=portal.pk).update(name="门户 Portal")
    Consent.objects.create(user=zhang, client=portal, scopes=["openid", "profile"])
    answer = ask_connect("portal", "secret", grant_type="password", username="zhang", password=PASSWORD)
    assert answer.status_code == 200
    ask_connect("portal", "secret", grant_type="password", username="zhang", password="wrong")
    return zhang


def _sign_in(page: Page) -> None:
    page.goto("/account/")
    page.locator("[name=tenant]").fill("acme")
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url("**/account/")


@each_look
def test_a_person_ends_what_he_does_not_want(
    browser: BrowserThread, zhang: User, viewport: Any, locale: str, texts: Any, scripts: bool
) -> None:
    heading, title, browsers, end_there, ended, withdraw, sign_out = texts

    def scenario(page: Page) -> None:
        page.goto("/account/")
        expect(page.locator("h1")).to_have_text(heading)
        _sign_in(page)
        expect(page.locator("h1")).to_have_text(title)
        region = page.get_by_role("region", name=browsers)
        expect(region.get_by_role("listitem")).to_have_count(2)
        button = region.get_by_role("button", name=end_there)
        expect(button).to_have_accessible_description("Safari · iPhone" if locale == "zh-CN" else "Safari on iPhone")
        button.click()
        expect(page.get_by_role("status")).to_have_text(ended)
        expect(page.get_by_role("status")).to_be_focused()
        expect(region.get_by_role("listitem")).to_have_count(1)
        page.get_by_role("button", name=withdraw).click()
        expect(page.get_by_role("status")).to_contain_text("门户 Portal")
        page.locator(".top").get_by_role("button", name=sign_out).click()
        expect(page.locator(".top")).to_have_count(0)
        page.goto("/account/")
        expect(page.locator("h1")).to_have_text(heading)

    browser.run(scenario, locale=locale, viewport=viewport, scripts=scripts)
    assert not Consent.objects.exists()
    assert not BrowserSession.objects.filter(ended_at=None).exists()
    reasons = LoginEvent.objects.filter(kind="logout").order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["account_page", "consent_withdrawn", ""]


def test_the_page_is_used_by_keyboard_alone(browser: BrowserThread, zhang: User) -> None:
    def scenario(page: Page) -> list[str]:
        _sign_in(page)
        names = []
        for _each in range(20):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if not focused.count():
                break
            names.append(focused.inner_text())
            if names[-1] == CHINESE[3]:
                page.keyboard.press("Enter")
                expect(page.get_by_role("status")).to_have_text(CHINESE[4])
                break
        return names

    names = browser.run(scenario)
    assert names[:2] == ["English", CHINESE[6]]
    assert names[-1] == CHINESE[3]


def test_the_language_can_be_changed(browser: BrowserThread, zhang: User) -> None:
    def scenario(page: Page) -> None:
        _sign_in(page)
        expect(page.locator("h1")).to_have_text("我的账号")
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("Your account")
        assert page.url.endswith("/account/")

    browser.run(scenario)
