"""A client from its kind to its first token in a real browser, and then the end of all sessions of a person."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from oauthx.models import Client, TokenFamily
from oauthx.signing import ensure_keys
from tests.browser.driver import NARROW, BrowserThread, save, sign_in
from tests.factories import make_administrator, make_tenant, make_user
from tests.tokens import ask_connect

PASSWORD = "a good password"


def _make_a_service(page: Page) -> str:
    """Choose the kind, see why a choice cannot work, mend it; and take the secret along."""
    page.goto("/admin/oauthx/client/add/")
    page.locator("a[href*='kind=service']").click()
    page.locator("[name=name]").fill("夜间任务")
    page.locator("[name=client_id]").fill("nightly")
    reason = page.locator("#combination-dialects")
    page.locator("input[name=dialects][value=ams-auth]").check()
    expect(reason).to_contain_text("/ams-auth/oauth/token")
    page.locator("input[name=grant_types][value=password]").check()
    expect(reason).to_be_empty()
    page.locator("input[name=grant_types][value=refresh_token]").check()
    expect(page.locator("#combination-scopes")).to_be_empty()
    save(page)
    secret = page.locator("#client-secret").input_value()
    assert secret in page.locator("#program-0-curl").inner_text()
    return secret


def _call_it(page: Page, secret: str) -> None:
    page.goto("/admin/oauthx/client/?q=nightly")
    page.locator("#result_list tbody a").first.click()
    page.locator("a[href*='how-to-call']").first.click()
    page.locator("a[href*='connect/password'], a[href*='connect%2Fpassword']").first.click()
    assert secret not in page.content()
    page.locator("summary", has_text="Python").click()
    expect(page.locator("#program-0-python")).to_be_visible()
    copy = page.locator("[data-copy=program-0-python]")
    copy.click()
    expect(copy).to_have_text("已复制")
    page.locator("#content-main a[href*='test-call']").click()
    page.set_viewport_size(NARROW)
    page.locator("[name=CLIENT_SECRET]").fill(secret)
    page.locator("[name=ACCOUNT]").fill("zhang")
    page.locator("[name=PASSWORD]").fill(PASSWORD)
    page.locator("#content-main form button[type=submit]").click()
    expect(page.locator("#answered")).to_contain_text("200 OK")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert secret not in page.content()


def _end_all_of_a_person(page: Page) -> None:
    page.goto("/admin/oauthx/tokenfamily/?q=zhang")
    page.locator("#result_list tbody input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("end_of_people")
    page.locator("button[name=index]").first.click()
    expect(page.locator("#content-main")).to_contain_text("zhang")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("#content-main form button[type=submit]").click()
    page.wait_for_url(re.compile("/tokenfamily/"))
    expect(page.locator("#content-main, #changelist").first).not_to_contain_text("zhang (")


def test_from_the_kind_to_the_first_token_and_to_the_end(browser: BrowserThread, live_server: Any) -> None:
    ensure_keys()
    tenant = make_tenant("acme", "Acme")
    make_administrator(tenant, "boss", password=PASSWORD)
    make_user(tenant, "zhang", PASSWORD)

    def make(page: Page) -> str:
        sign_in(page, "acme", "boss", PASSWORD)
        page.wait_for_load_state()
        secret = _make_a_service(page)
        _call_it(page, secret)
        return secret

    secret = browser.run(make)
    assert Client.objects.get(client_id="nightly").tenant == tenant
    assert TokenFamily.objects.get().ended_at is not None
    person = {"grant_type": "password", "username": "zhang", "password": PASSWORD}
    for _one in range(2):
        assert ask_connect("nightly", secret, **person).status_code == 200

    def end(page: Page) -> None:
        sign_in(page, "acme", "boss", PASSWORD)
        page.wait_for_load_state()
        _end_all_of_a_person(page)

    browser.run(end)
    assert not TokenFamily.objects.filter(ended_at=None).exists()
    assert set(LoginEvent.objects.filter(kind="logout", account="zhang").values_list("actor", flat=True)) == {"boss"}
