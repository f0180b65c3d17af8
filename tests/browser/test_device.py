"""A person lets a device in, or not: in a real browser."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from oauthx.choices import DEVICE_CODE
from oauthx.models import Client, DeviceGrant
from oauthx.signing import ensure_keys
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.browser.words import LOOK_IDS
from tests.factories import make_client, make_tenant, make_user

PASSWORD = "a good password"
# The heading, the label of the code, the buttons, what follows them, and what a wrong code brings.
CHINESE = ("允许设备访问", "设备上显示的代码", "允许", "不允许", "您已允许 TV", "您未允许 TV", "代码错误")
ENGLISH = (
    *("Let a device in", "Code on the device", "Allow", "Do not allow"),
    *("You have allowed TV", "You have not allowed TV", "This code is wrong"),
)
each_language = pytest.mark.parametrize(("locale", "texts"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
each_look = pytest.mark.parametrize(
    ("locale", "texts", "viewport"), [("zh-CN", CHINESE, WIDE), ("en-US", ENGLISH, NARROW)], ids=LOOK_IDS
)


@pytest.fixture
def tv(browser: BrowserThread) -> Client:
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造", primary_color="#0f766e")
    make_user(tenant, "zhang", PASSWORD, real_name="张三")
    scopes = ["openid", "profile", "offline_access"]
    wanted: dict[str, Any] = {"client_type": "public", "dialects": ["connect"], "scopes": scopes}
    return make_client("TV", None, tenant=tenant, grant_types=[DEVICE_CODE], **wanted)


def start(live_server: Any) -> dict[str, str]:
    """What the device is told."""
    answer = requests.post(f"{live_server.url}/connect/deviceauthorization", {"client_id": "TV"}, timeout=10)
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def poll(live_server: Any, started: dict[str, str]) -> requests.Response:
    form = {"grant_type": DEVICE_CODE, "client_id": "TV", "device_code": started["device_code"]}
    return requests.post(f"{live_server.url}/connect/token", form, timeout=10)


def sign_in(page: Page) -> None:
    if page.locator("[name=tenant]").is_visible():
        page.locator("[name=tenant]").fill("acme")
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()


@each_look
def test_a_person_types_the_code_and_the_device_goes_on(
    browser: BrowserThread, tv: Client, live_server: Any, viewport: Any, locale: str, texts: Any
) -> None:
    started = start(live_server)

    def scenario(page: Page) -> None:
        page.goto("/connect/device")
        sign_in(page)
        expect(page.locator("h1")).to_have_text(texts[0])
        field = page.get_by_label(texts[1])
        expect(field).to_be_focused()
        field.fill(started["user_code"].replace("-", " ").lower())
        field.press("Enter")
        expect(page.locator("p.code")).to_have_text(started["user_code"])
        page.get_by_role("button", name=texts[2], exact=True).click()
        expect(page.locator("h1")).to_have_text(texts[4])

    browser.run(scenario, locale=locale, viewport=viewport)
    answer = poll(live_server, started)
    assert answer.status_code == 200, answer.text
    assert {"id_token", "refresh_token"} <= answer.json().keys()


@each_language
def test_a_person_who_does_not_allow_is_told_and_so_is_the_device(
    browser: BrowserThread, tv: Client, live_server: Any, locale: str, texts: Any
) -> None:
    started = start(live_server)

    def scenario(page: Page) -> None:
        page.goto(started["verification_uri_complete"])
        sign_in(page)
        page.get_by_role("button", name=texts[3], exact=True).click()
        expect(page.locator("h1")).to_have_text(texts[5])

    browser.run(scenario, locale=locale)
    assert poll(live_server, started).json()["error"] == "access_denied"
    assert LoginEvent.objects.filter(reason="access_denied", kind="login", account="zhang").count() == 1


@each_language
def test_a_wrong_code_is_named_and_can_be_corrected(
    browser: BrowserThread, tv: Client, live_server: Any, locale: str, texts: Any
) -> None:
    started = start(live_server)

    def scenario(page: Page) -> None:
        page.goto("/connect/device")
        sign_in(page)
        field = page.get_by_label(texts[1])
        field.fill("bbbb-bbbb")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(texts[6])
        expect(field).to_have_value("bbbb-bbbb")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(page.get_by_role("alert").inner_text())
        field.fill(started["user_code"])
        field.press("Enter")
        expect(page.locator("[name=allow]")).to_be_visible()

    browser.run(scenario, locale=locale, refusals=[400])


def test_all_of_it_works_without_scripts_and_in_another_language_on_the_way(
    browser: BrowserThread, tv: Client, live_server: Any
) -> None:
    started = start(live_server)

    def scenario(page: Page) -> None:
        page.goto(started["verification_uri_complete"])
        sign_in(page)
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("TV asks for access on a device")
        page.locator("[name=allow]").click()
        expect(page.locator("h1")).to_have_text("You have allowed TV")
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("h1")).to_have_text("您已允许 TV")
        page.reload()
        expect(page.locator("h1")).to_have_text("您已允许 TV")

    browser.run(scenario, scripts=False)
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED
