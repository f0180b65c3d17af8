"""A tenant's administrator in a real browser: a client from its kind to calls with two secrets, and ending sessions."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from oauthx.models import Client, TokenFamily
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.driver import BrowserThread, barriers, field, overflow, press, save, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_administrator, make_tenant, make_user
from tests.tokens import ask_connect

PASSWORD = "a good password"
PERSON = {"grant_type": "password", "username": "zhang", "password": PASSWORD}
CHINESE = {
    "Service to service": "服务间调用",
    "Name": "名称",
    "Client ID": "应用标识",
    "Client secret": "应用密钥",
    "Copied": "已复制",
    "I have copied it": "我已复制",
    "How to call it": "如何调用",
    "Test call": "测试调用",
    "Account": "账号",
    "Password": "密码",
    "Send": "发送",
    "It worked.": "调用成功。",
    "Actions": "操作",
    "New secret": "更换密钥",
    "Make a new secret": "生成新密钥",
    "The previous one works until": "之前仍有效",
    "End this session": "结束此会话",
    "End all sessions of these people": "结束这些人的全部会话",
    "End them": "结束",
}


@pytest.fixture
def acme(browser: BrowserThread) -> Tenant:
    ensure_keys()
    tenant = make_tenant("acme", "Acme")
    make_administrator(tenant, "boss", password=PASSWORD)
    make_user(tenant, "zhang", PASSWORD)
    return tenant


def _make_a_service(page: Page, say: Words) -> str:
    """Choose the kind, see why a choice cannot work, mend it; and take the secret along, which is shown once."""
    page.goto("/admin/oauthx/client/add/")
    page.get_by_role("link", name=say("Service to service")).click()
    field(page, say("Name")).fill("夜间任务")
    field(page, say("Client ID")).fill("nightly")
    _look_at_what_is_left_out(page)
    reason = page.locator("#combination-dialects")
    page.get_by_role("checkbox", name="/ams-auth/oauth/token", exact=True).check()
    expect(reason).to_contain_text("/ams-auth/oauth/token")
    page.locator("input[name=grant_types][value=password]").check()
    expect(reason).to_be_empty()
    page.locator("input[name=grant_types][value=refresh_token]").check()
    expect(page.locator("#combination-scopes")).to_be_empty()
    save(page)
    secret = field(page, say("Client secret")).input_value()
    assert secret in page.locator("#program-0-curl").inner_text()
    assert not barriers(page)
    page.get_by_role("link", name=say("I have copied it")).click()
    page.locator("#result_list").get_by_role("link", name="nightly").click()
    assert secret not in page.content()
    return secret


def _look_at_what_is_left_out(page: Page) -> None:
    """A field that nothing would read comes and goes with the choices; what was typed into it stays behind."""
    secret, keys = page.locator("[name=imported_secret]"), page.locator("[name=jwks]")
    for name in ("redirect_uris", "jwks", "backchannel_logout_uri"):
        expect(page.locator(f"[name={name}]")).to_be_hidden()
    _choose(page, "client_type", "public")
    expect(secret).to_be_hidden()
    _choose(page, "client_type", "confidential")
    expect(secret).to_be_visible()
    _choose(page, "authenticates_by", "private_key_jwt")
    expect(secret).to_be_hidden()
    keys.fill("This is no JSON, so it would be refused if it were sent.")
    _choose(page, "authenticates_by", "secret")
    expect(keys).to_be_hidden()


def _choose(page: Page, name: str, value: str) -> None:
    control = page.locator(f"select[name={name}]")
    control.focus()
    control.select_option(value)


def _call_it(page: Page, say: Words, secret: str) -> None:
    press(page, say("How to call it"), say("Actions"))
    page.locator("a[href*='connect/password'], a[href*='connect%2Fpassword']").first.click()
    page.locator("summary", has_text="Python").click()
    expect(page.locator("#program-0-python")).to_be_visible()
    copy = page.locator("[data-copy=program-0-python]")
    copy.click()
    expect(copy).to_have_text(say("Copied"))
    page.locator("#content-main").get_by_role("link", name=say("Test call")).click()
    for label, text in ((say("Client secret"), secret), (say("Account"), "zhang"), (say("Password"), PASSWORD)):
        field(page, label).fill(text)
    page.get_by_role("button", name=say("Send")).click()
    expect(page.get_by_role("heading", name=say("It worked."))).to_be_visible()
    expect(page.locator("#answered")).to_contain_text("200 OK")
    assert not barriers(page)
    assert not overflow(page, page.viewport_size)  # type: ignore[arg-type]  # it has one
    assert secret not in page.content()


def _rotate(page: Page, say: Words) -> str:
    """A new secret, beside which the old one works on for a day."""
    page.goto("/admin/oauthx/client/?q=nightly")
    page.locator("#result_list").get_by_role("link", name="nightly").click()
    press(page, say("New secret"), say("Actions"))
    page.get_by_role("button", name=say("Make a new secret")).click()
    secret = field(page, say("Client secret")).input_value()
    page.get_by_role("link", name=say("I have copied it")).click()
    expect(page.locator("#content")).to_contain_text(say("The previous one works until"))
    return secret


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_from_the_kind_to_tokens_by_two_secrets_and_to_the_end_of_sessions(
    browser: BrowserThread, acme: Tenant, live_server: Any, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def make(page: Page) -> list[str]:
        sign_in(page, "acme", "boss", PASSWORD)
        page.wait_for_url("**/admin/")
        secret = _make_a_service(page, say)
        _call_it(page, say, secret)
        return [secret, _rotate(page, say)]

    secrets = browser.run(make, locale=locale, viewport=viewport)
    assert Client.objects.get(client_id="nightly").tenant == acme
    assert TokenFamily.objects.get().ended_at is not None
    assert [ask_connect("nightly", secret, **PERSON).status_code for secret in (*secrets, secrets[1])] == [200] * 3

    def end(page: Page) -> None:
        sign_in(page, "acme", "boss", PASSWORD)
        page.wait_for_url("**/admin/")
        page.goto("/admin/oauthx/tokenfamily/?q=zhang")
        expect(page.locator("#result_list")).to_contain_text(say("Password"))
        page.locator("#result_list").get_by_role("link", name="zhang").first.click()
        press(page, say("End this session"), say("Actions"))
        page.get_by_role("button", name=say("End them"), exact=True).click()
        page.wait_for_url(re.compile("/tokenfamily/$"))
        expect(page.locator("#result_list tbody tr")).to_have_count(2)
        page.locator("#result_list tbody input[name=_selected_action]").first.check()
        page.locator("select[name=action]").select_option(label=say("End all sessions of these people"))
        page.locator("button[name=index]").first.click()
        expect(page.locator("#content-main")).to_contain_text("zhang")
        assert not overflow(page, page.viewport_size)  # type: ignore[arg-type]  # it has one
        page.get_by_role("button", name=say("End them"), exact=True).click()
        page.wait_for_url(re.compile("/tokenfamily/"))
        expect(page.locator("#result_list tbody tr")).to_have_count(0)

    browser.run(end, locale=locale, viewport=viewport)
    assert not TokenFamily.objects.filter(ended_at=None).exists()
    ended = LoginEvent.objects.filter(kind="logout", account="zhang").values_list("actor", flat=True)
    assert list(ended) == ["boss"] * 4
