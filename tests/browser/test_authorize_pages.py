"""The account chooser, languages that an application asks for, and pushed requests: in a real browser."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Page, expect

from oauthx.models import AuthorizationCode, Client
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.application import Application, running_application
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.browser.words import LOOK_IDS
from tests.factories import make_client, make_tenant, make_user
from tests.protocol.code_flow import CHALLENGE

PASSWORD = "a good password"
# The chooser's heading, its button and its link.
CHINESE = ("选择账号", "以 zhang 的身份继续", "使用其他账号")
ENGLISH = ("Choose an account", "Continue as zhang", "Use another account")
each_look = pytest.mark.parametrize(
    ("locale", "texts", "viewport"), [("zh-CN", CHINESE, WIDE), ("en-US", ENGLISH, NARROW)], ids=LOOK_IDS
)


@pytest.fixture
def app() -> Iterator[Application]:
    with running_application() as application:
        yield application


@pytest.fixture
def tenant(browser: BrowserThread) -> Tenant:
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造", primary_color="#facc15")
    make_user(tenant, "zhang", PASSWORD, real_name="张三")
    make_user(tenant, "wang", PASSWORD, real_name="王五")
    return tenant


@pytest.fixture
def portal(tenant: Tenant) -> Client:
    return make_client(
        "portal",
        None,
        tenant=tenant,
        client_type="public",
        dialects=["connect"],
        grant_types=["authorization_code"],
        scopes=["openid", "profile"],
        redirect_uris="http://127.0.0.1/callback",
    )


def request(app: Application, **changes: str) -> dict[str, str]:
    wanted = {"client_id": "portal", "redirect_uri": app.redirect_uri, "response_type": "code", "state": "xyz"}
    return {**wanted, "code_challenge": CHALLENGE, "code_challenge_method": "S256", **changes}


def address(app: Application, **changes: str) -> str:
    return f"/connect/authorize?{urlencode(request(app, **changes))}"


def sign_in(page: Page, account: str = "zhang") -> None:
    page.locator("[name=username]").fill(account)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.primary").click()
    page.wait_for_load_state()


@each_look
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_person_goes_on_as_who_he_is(
    browser: BrowserThread, portal: Client, app: Application, viewport: Any, locale: str, texts: Any, scripts: bool
) -> None:
    def scenario(page: Page) -> int:
        page.goto(address(app))
        sign_in(page)
        page.goto(address(app, prompt="select_account"))
        expect(page.locator("h1")).to_have_text(texts[0])
        expect(page.locator(".tenant")).to_have_text("Acme 制造")
        expect(page.get_by_role("link", name=texts[2])).to_be_visible()
        width: int = page.evaluate("document.documentElement.scrollWidth")
        page.get_by_role("button", name=texts[1]).press("Enter")
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")
        return width

    assert browser.run(scenario, locale=locale, viewport=viewport, scripts=scripts) <= viewport["width"]
    assert app.answer["state"] == "xyz"
    assert AuthorizationCode.objects.get().user.account == "zhang"


def test_a_person_goes_on_as_somebody_else(browser: BrowserThread, portal: Client, app: Application) -> None:
    def scenario(page: Page) -> None:
        page.goto(address(app, prompt="select_account"))
        sign_in(page)  # Nobody was there: to sign in is to choose.
        page.goto(address(app, prompt="select_account"))
        page.get_by_role("link", name="使用其他账号").click()
        sign_in(page, "wang")
        expect(page.locator("main")).to_contain_text("wang")
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario)
    assert AuthorizationCode.objects.get().user.account == "wang"


def test_the_consent_page_lets_him_change_who_he_is(browser: BrowserThread, portal: Client, app: Application) -> None:
    def scenario(page: Page) -> None:
        page.goto(address(app))
        sign_in(page)
        page.get_by_role("link", name="使用其他账号").click()
        sign_in(page, "wang")
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario)
    assert AuthorizationCode.objects.get().user.account == "wang"


def test_who_agreed_before_goes_from_the_chooser_straight_to_the_application(
    browser: BrowserThread, portal: Client, app: Application
) -> None:
    """The chain of redirects behind the chooser's form leads to another origin: the page's policy allows it."""

    def scenario(page: Page) -> None:
        page.goto(address(app))
        sign_in(page)
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")
        page.goto(address(app, prompt="select_account"))
        page.locator("main button.primary").click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario)
    assert len(app.received) == 2


def test_the_pages_speak_the_language_that_the_application_asks_for(
    browser: BrowserThread, portal: Client, app: Application
) -> None:
    def scenario(page: Page) -> list[str]:
        seen = []
        page.goto(address(app, ui_locales="fr en", prompt="consent"))
        seen.append(page.locator("h1").inner_text())
        sign_in(page)
        seen.append(page.locator("h1").inner_text())
        page.goto(address(app, ui_locales="fr en", prompt="select_account"))
        seen.append(page.locator("h1").inner_text())
        page.get_by_role("button", name="简体中文").click()
        page.locator("html[lang^=zh]").wait_for(state="attached")
        seen.append(page.locator("h1").inner_text())
        # His choice stays.
        page.goto(address(app, ui_locales="en", prompt="consent"))
        seen.append(page.locator("h1").inner_text())
        return seen

    seen = browser.run(scenario, locale="zh-CN")
    assert seen == ["Sign in", "portal asks for access", "Choose an account", "选择账号", "portal 申请访问权限"]


def test_a_pushed_request_keeps_its_wishes_from_the_address(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any
) -> None:
    def push() -> str:
        form = request(app, prompt="login", ui_locales="en")
        answer = requests.post(f"{live_server.url}/connect/par", form, timeout=10)
        assert answer.status_code == 201, answer.text
        return f"/connect/authorize?{urlencode({'client_id': 'portal', 'request_uri': answer.json()['request_uri']})}"

    first, second = push(), push()

    def scenario(page: Page) -> str:
        page.goto(first)
        expect(page.locator("h1")).to_have_text("Sign in")
        sign_in(page)
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")
        page.goto(second)
        expect(page.locator("h1")).to_have_text("Sign in")
        sign_in(page)
        page.wait_for_url(f"{app.origin}/**")
        page.goto(first)
        return page.locator("main").inner_text()

    text = browser.run(scenario, refusals=[400])
    assert "重新开始" in text
    assert [parameters["state"] for _method, parameters in app.received] == ["xyz", "xyz"]


@each_look
def test_who_cannot_use_the_application_is_told_so(
    browser: BrowserThread, tenant: Tenant, app: Application, viewport: Any, locale: str, texts: Any
) -> None:
    other = make_tenant("other", "别的公司")
    fields: dict[str, Any] = {"dialects": ["connect"], "grant_types": ["authorization_code"], "scopes": ["openid"]}
    redirect_uris = "http://127.0.0.1/callback"
    make_client("portal", None, serves=[other], client_type="public", redirect_uris=redirect_uris, **fields)

    def scenario(page: Page) -> str:
        page.goto(address(app))
        page.locator("[name=tenant]").fill("acme")
        sign_in(page)
        expect(page.get_by_role("alert")).to_contain_text("zhang")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        return page.get_by_role("alert").inner_text()

    assert "Acme 制造" in browser.run(scenario, locale=locale, viewport=viewport)


def test_a_popup_tells_the_window_that_opened_it(browser: BrowserThread, portal: Client, app: Application) -> None:
    """`display=popup`: neither the sign-in nor the redirects cut the popup off from its application."""
    app.form = "<script>if (window.opener) window.opener.postMessage(location.search, location.origin)</script>"

    def scenario(page: Page) -> str:
        page.goto(app.origin)
        page.evaluate("() => { addEventListener('message', event => { window.told = event.data }) }")
        with page.expect_popup() as opened:
            page.evaluate("address => { window.popup = window.open(address) }", f"{browser.base_url}{address(app)}")
        popup = opened.value
        sign_in(popup)
        assert page.evaluate("window.popup.closed") is False
        popup.locator("[name=allow]").click()
        page.wait_for_function("window.told")
        told: str = page.evaluate("window.told")
        return told

    assert "code=" in browser.run(scenario)
