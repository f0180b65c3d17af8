"""Second factors in a real browser: set up at a sign-in that asks for one, shown at the next, with and without scripts.

The browser's own virtual authenticator stands in for a device.
"""

from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from accounts.models import BrowserSession, LoginEvent, Passkey, User
from tests.accounts.factor_moves import PASSWORD, code_of
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.factories import make_tenant, make_user

CHINESE = (
    *("设置双重验证", "验证器应用", "恢复码", "我已保存", "我的账号"),
    *("双重验证", "添加通行密钥", "使用通行密钥"),
)
ENGLISH = (
    *("Set up a second factor", "An authenticator app", "Your recovery codes", "I have kept them", "Your account"),
    *("Second factor", "Add a passkey", "Use a passkey"),
)


@pytest.fixture
def zhang() -> User:
    tenant = make_tenant("acme", "Acme 制造", primary_color="#0f766e", requires_second_factor=True)
    return make_user(tenant, "zhang", PASSWORD, real_name="张三")


def give_password(page: Page) -> None:
    page.goto("/account/login/?next=/account/&tenant=acme")
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.primary").click()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


@pytest.mark.parametrize(("locale", "texts", "viewport"), [("zh-CN", CHINESE, NARROW), ("en-US", ENGLISH, WIDE)])
def test_an_app_is_set_up_and_shown_without_scripts(
    browser: BrowserThread, zhang: User, locale: str, texts: Any, viewport: Any
) -> None:
    set_up, app, codes, kept, account, *_others = texts

    def scenario(page: Page) -> str:
        give_password(page)
        expect(page.locator("h1")).to_have_text(set_up)
        fits(page)
        page.get_by_role("link", name=app).click()
        box = page.locator(".qr svg").bounding_box()
        assert box is not None
        assert box["width"] > 150
        fits(page)
        secret: str = pyotp.parse_uri(page.locator("a[href^=otpauth]").get_attribute("href") or "").secret
        page.locator("[name=code]").fill("000000")
        page.locator("main button.primary").click()
        expect(page.locator("#id_code_error")).to_be_visible()
        page.locator("[name=code]").fill(code_of(secret))
        page.locator("main button.primary").click()
        expect(page.locator("h1")).to_contain_text(codes)
        expect(page.locator(".codes li")).to_have_count(10)
        fits(page)
        page.get_by_role("button", name=kept).click()
        expect(page.locator("h1")).to_have_text(account)
        return secret

    def again(page: Page) -> None:
        give_password(page)
        fits(page)
        page.locator("[name=code]").fill(code_of(secret, 1))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(account)

    secret = browser.run(scenario, locale=locale, viewport=viewport, scripts=False, refusals={400})
    browser.run(again, locale=locale, viewport=viewport, scripts=False)
    assert {session.amr for session in BrowserSession.objects.all()} == {"pwd otp mfa"}


@pytest.mark.parametrize(("locale", "texts"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_a_passkey_is_made_and_shown(browser: BrowserThread, zhang: User, locale: str, texts: Any) -> None:
    _set_up, _app, _codes, kept, account, title, add, use = texts

    def scenario(page: Page) -> None:
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options = {**device, "isUserVerified": True, "automaticPresenceSimulation": True}
        key = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
        give_password(page)
        page.locator("a[href$='/passkey/']").click()
        page.get_by_label("Name of the passkey" if locale == "en-US" else "通行密钥名称").fill("Laptop 笔记本")
        page.get_by_role("button", name=add).click()
        page.get_by_role("button", name=kept).click()
        expect(page.locator("h1")).to_have_text(account)
        page.locator("a[href$='/second-factor/']").click()
        expect(page.get_by_text("Laptop 笔记本")).to_be_visible()
        fits(page)
        # A browser that has signed out shows it at the next sign-in.
        page.context.clear_cookies()
        give_password(page)
        expect(page.locator("h1")).to_have_text(title)
        page.get_by_role("button", name=use).click()
        expect(page.locator("h1")).to_have_text(account)
        # Nobody verifies himself: the page says so, and stays.
        devices.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
        page.context.clear_cookies()
        give_password(page)
        page.get_by_role("button", name=use).click()
        expect(page.get_by_role("alert")).to_be_visible()

    browser.run(scenario, locale=locale)
    assert Passkey.objects.get().host == "localhost"
    assert [session.amr for session in BrowserSession.objects.all()] == ["pwd hwk mfa"] * 2
    assert LoginEvent.objects.filter(kind="factor_used", reason="passkey").count() == 1
