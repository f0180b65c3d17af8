"""A person is sent here by an application, signs in, agrees or not, and is back with the answer: in a real browser."""

from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from oauthx.models import Client, Consent
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.application import Application, running_application
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.browser.words import LOOK_IDS
from tests.factories import make_client, make_tenant, make_user
from tests.protocol.code_flow import CHALLENGE, VERIFIER

PASSWORD = "a good password"
# The heading of the sign-in page, the buttons of consent, and what a wrong password brings.
CHINESE = ("登录", "允许", "不允许", "用户名或密码错误")
ENGLISH = ("Sign in", "Allow", "Do not allow", "Incorrect username or password")
each_language = pytest.mark.parametrize(("locale", "texts"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
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
    return tenant


@pytest.fixture
def portal(tenant: Tenant) -> Client:
    return _portal(tenant)


def _portal(tenant: Tenant | None, **fields: Any) -> Client:
    wanted = {
        "tenant": tenant,
        "client_type": "public",
        "dialects": ["connect"],
        "grant_types": ["authorization_code"],
        "scopes": ["openid", "profile", "organisation"],
        "redirect_uris": "http://127.0.0.1/callback",
        **fields,
    }
    return make_client("portal", None, **wanted)


def _request(app: Application, **changes: str) -> dict[str, str]:
    wanted = {"client_id": "portal", "redirect_uri": app.redirect_uri, "response_type": "code", "state": "xyz"}
    return {**wanted, "code_challenge": CHALLENGE, "code_challenge_method": "S256", **changes}


def _address(app: Application, **changes: str) -> str:
    return f"/connect/authorize?{urlencode(_request(app, **changes))}"


def _sign_in(page: Page, password: str = PASSWORD) -> None:
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(password)
    page.locator("main button").click()


@each_look
def test_a_person_signs_in_agrees_and_is_back_with_a_code(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any, viewport: Any, locale: str, texts: Any
) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app))
        expect(page.locator("h1")).to_have_text(texts[0])
        expect(page.locator("html")).to_have_attribute("lang", "en" if locale == "en-US" else "zh-hans")
        expect(page.locator(".tenant")).to_have_text("Acme 制造")
        expect(page.locator("[name=username]")).to_be_focused()
        _sign_in(page)
        page.get_by_role("button", name=texts[1], exact=True).click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario, locale=locale, viewport=viewport)
    assert app.answer["state"] == "xyz"
    form = {"grant_type": "authorization_code", "client_id": "portal", "code": app.answer["code"]}
    form |= {"redirect_uri": app.redirect_uri, "code_verifier": VERIFIER}
    answer = requests.post(f"{live_server.url}/connect/token", form, timeout=10)
    assert answer.status_code == 200, answer.text
    assert "id_token" in answer.json()


def test_who_has_agreed_is_not_asked_again(browser: BrowserThread, portal: Client, app: Application) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app))
        _sign_in(page)
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")
        page.goto(_address(app))
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario)
    assert ["code" in parameters for _method, parameters in app.received] == [True, True]


@each_language
def test_who_does_not_agree_is_led_back_without_a_code(
    browser: BrowserThread, portal: Client, app: Application, locale: str, texts: Any
) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app))
        _sign_in(page)
        page.get_by_role("button", name=texts[2], exact=True).click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario, locale=locale)
    assert app.answer["error"] == "access_denied"
    assert not Consent.objects.exists()


@each_language
def test_a_wrong_password_is_told_and_the_next_try_goes_on(
    browser: BrowserThread, portal: Client, app: Application, locale: str, texts: Any
) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app))
        _sign_in(page, "wrong")
        expect(page.get_by_role("alert")).to_have_text(texts[3])
        expect(page.locator("[name=username]")).to_have_value("zhang")
        expect(page.locator("[name=password]")).to_be_focused()
        _sign_in(page)
        expect(page.locator("[name=allow]")).to_be_visible()

    browser.run(scenario, locale=locale, refusals=[400])
    assert [event.outcome for event in LoginEvent.objects.order_by("pk")] == ["refused", "allowed"]


def test_an_empty_field_is_named_to_those_who_do_not_see_it(
    browser: BrowserThread, tenant: Tenant, app: Application
) -> None:
    _portal(None, serves=[tenant])

    def scenario(page: Page) -> None:
        page.goto(_address(app))
        expect(page.get_by_label("租户")).to_be_focused()
        page.get_by_label("租户").fill("acme")
        page.locator("main button").click()
        account = page.get_by_label("账号")
        expect(account).to_be_focused()
        expect(account).to_have_attribute("aria-invalid", "true")
        expect(account).to_have_accessible_description("该字段是必填项。")
        expect(page.get_by_label("租户")).not_to_have_attribute("aria-invalid", "true")

    browser.run(scenario, refusals=[400])


def test_an_unknown_tenant_in_the_address_can_be_corrected(browser: BrowserThread, tenant: Tenant) -> None:
    def scenario(page: Page) -> None:
        page.goto("/account/login/?tenant=acmee&next=/healthz")
        page.get_by_label("租户").fill("acme")
        _sign_in(page)
        page.wait_for_url("**/healthz")

    browser.run(scenario)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_form_brings_the_answer_where_the_application_wants_it(
    browser: BrowserThread, portal: Client, app: Application, scripts: bool
) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app, response_mode="form_post"))
        _sign_in(page)
        page.locator("[name=allow]").click()
        if not scripts:
            page.get_by_role("button", name="继续").click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario, scripts=scripts)
    assert [method for method, _parameters in app.received] == ["POST"]
    assert {"code", "state", "iss"} == set(app.answer)


def test_a_form_of_the_application_finds_the_session_too(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any
) -> None:
    """Its POST comes without the cookie (SameSite); the redirect to a GET brings it."""
    fields = "".join(f'<input name="{name}" value="{escape(value)}">' for name, value in _request(app).items())
    app.form = f'<form method="post" action="{live_server.url}/connect/authorize">{fields}<button>go</button></form>'

    def scenario(page: Page) -> None:
        page.goto(_address(app))
        _sign_in(page)
        page.goto(app.origin)
        page.locator("button").click()
        expect(page.locator("[name=allow]")).to_be_visible()

    browser.run(scenario)


def test_the_language_can_be_changed_on_the_way(browser: BrowserThread, portal: Client, app: Application) -> None:
    def scenario(page: Page) -> None:
        page.goto(_address(app))
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("Sign in")
        _sign_in(page)
        expect(page.locator("h1")).to_contain_text("asks for access")
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("h1")).to_contain_text("申请访问权限")
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")

    browser.run(scenario)
    assert "code" in app.answer


def test_the_tenants_colour_is_shown_and_can_be_read(browser: BrowserThread, portal: Client, app: Application) -> None:
    def scenario(page: Page) -> list[str]:
        page.goto(_address(app))
        button = page.locator("main button")
        return [button.evaluate(f"e => getComputedStyle(e).{name}") for name in ("backgroundColor", "color")]

    assert browser.run(scenario) == ["rgb(250, 204, 21)", "rgb(0, 0, 0)"]
