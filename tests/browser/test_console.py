"""The console in a real browser: who signs in sees what is his, and what he makes there works."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent, User
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.driver import NARROW, WIDE, BrowserThread, choose, save, sign_in
from tests.factories import make_administrator, make_tenant, make_user

PASSWORD = "a good password"


@pytest.fixture
def platform(browser: BrowserThread) -> User:
    ensure_keys()
    return make_user(make_tenant(), "platform", PASSWORD, is_staff=True, is_superuser=True)


def _make_a_tenant(page: Page) -> None:
    page.goto("/admin/tenants/tenant/add/")
    page.locator("[name=code]").fill("acme")
    page.locator("[name=name]").fill("Acme 制造")
    save(page)
    expect(page.locator("#result_list")).to_contain_text("Acme 制造")


def _make_a_person(page: Page) -> None:
    page.goto("/admin/accounts/role/add/")
    choose(page, "tenant", "acme")
    page.locator("[name=name]").fill("仓库管理员")
    save(page)
    page.goto("/admin/accounts/user/add/")
    choose(page, "tenant", "acme")
    page.locator("[name=account]").fill("zhang")
    page.locator("[name=real_name]").fill("张三")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("#userrole_set-group .add-row").click()
    choose(page, "userrole_set-0-role", "仓库管理员")
    save(page)
    expect(page.locator("#result_list")).to_contain_text("张三")


def _make_a_client(page: Page) -> str:
    page.goto("/admin/oauthx/client/add/?kind=custom")
    page.locator("[name=name]").fill("门户")
    page.locator("[name=client_id]").fill("portal")
    choose(page, "tenant", "acme")
    for name, value in (("dialects", "connect"), ("grant_types", "password"), ("scopes", "profile")):
        page.locator(f"input[name={name}][value={value}]").check()
    save(page)
    secret = page.locator("#client-secret").input_value()
    page.locator("[data-copy=client-secret]").click()
    expect(page.locator("[data-copy=client-secret]")).to_have_text("已复制")
    page.get_by_role("link", name="我已复制").click()
    expect(page.locator("#result_list")).to_contain_text("portal")
    page.get_by_role("link", name="portal").click()
    assert secret not in page.content()
    return secret


def test_what_is_made_in_the_console_works_at_the_token_endpoint(
    browser: BrowserThread, platform: User, live_server: Any
) -> None:
    def scenario(page: Page) -> str:
        sign_in(page, "000000", "platform", PASSWORD)
        _make_a_tenant(page)
        _make_a_person(page)
        return _make_a_client(page)

    secret = browser.run(scenario)
    person = {"grant_type": "password", "username": "zhang", "password": PASSWORD}
    client = {"client_id": "portal", "client_secret": secret}
    answer = requests.post(f"{live_server.url}/connect/token", {**person, **client}, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "profile"
    zhang = User.objects.get(account="zhang")
    assert [role.name for role in zhang.roles.all()] == ["仓库管理员"]
    assert zhang.tenant == Tenant.objects.get(code="acme")


def test_in_a_form_the_choices_are_those_of_the_chosen_tenant(browser: BrowserThread, platform: User) -> None:
    for code, name in (("one", "甲公司"), ("two", "乙公司")):
        make_tenant(code, name).roles.create(name=f"{name}的角色")

    def scenario(page: Page) -> list[str]:
        sign_in(page, "000000", "platform", PASSWORD)
        page.goto("/admin/accounts/user/add/")
        choose(page, "tenant", "two")
        page.locator("#userrole_set-group .add-row").click()
        page.locator("#id_userrole_set-0-role + .select2-container").click()
        expect(page.locator(".select2-results__option", has_text="乙公司的角色")).to_be_visible()
        return page.locator(".select2-results__option").all_inner_texts()

    assert browser.run(scenario) == ["乙公司的角色"]


def test_a_tenants_administrator_sees_his_people_alone(browser: BrowserThread, platform: User) -> None:
    acme, other = make_tenant("acme", "Acme"), make_tenant("other", "别的公司")
    make_administrator(acme, "boss", password=PASSWORD)
    make_user(acme, "worker", None, real_name="自己人")
    make_user(other, "stranger", None, real_name="别人")

    def scenario(page: Page) -> str:
        sign_in(page, "acme", "boss", PASSWORD)
        page.goto("/admin/accounts/user/")
        page.locator("a", has_text="筛选").click()
        return page.content()

    content = browser.run(scenario)
    assert "自己人" in content
    assert not [text for text in ("stranger", "别人", "别的公司", "platform") if text in content]


def test_an_auditor_finds_the_history_and_nothing_else(browser: BrowserThread, platform: User) -> None:
    acme = make_tenant("acme", "Acme")
    make_administrator(acme, "auditor", password=PASSWORD, permissions=["accounts.view_loginevent"])

    def scenario(page: Page) -> tuple[list[str], str]:
        sign_in(page, "acme", "auditor", PASSWORD)
        links = page.locator("#nav-sidebar-apps a").all_inner_texts()
        page.goto("/admin/accounts/loginevent/")
        return links, page.locator("#result_list").inner_text()

    links, rows = browser.run(scenario)
    assert [link.split("\n")[-1] for link in links] == ["登录历史"]
    assert "auditor" in rows


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_wrong_password_is_refused_in_the_readers_language(
    browser: BrowserThread, platform: User, viewport: Any
) -> None:
    def scenario(page: Page) -> tuple[str, str]:
        sign_in(page, "000000", "platform", "wrong")
        chinese = page.locator("[role=alert]").inner_text()
        switch_language(page, "English", "en")
        page.locator("input[name=tenant]").fill("000000")
        page.locator("input[name=username]").fill("platform")
        page.locator("input[name=password]").fill("wrong")
        page.locator("#login-form button[type=submit]").click()
        return chinese, page.locator("[role=alert]").inner_text()

    assert browser.run(scenario, viewport=viewport) == ("用户名或密码错误", "Incorrect username or password")
    assert [event.outcome for event in LoginEvent.objects.all()] == ["refused", "refused"]


def switch_language(page: Page, name: str, language: str) -> None:
    """Press the button and wait until the page in that language is there: the click alone does not wait."""
    page.get_by_role("button", name=name).click()
    page.locator(f"html[lang^={language}]").wait_for(state="attached")
    page.wait_for_load_state()


def heading(page: Page) -> str:
    """The words of the heading, however they are laid out."""
    return " ".join(page.locator("h1").inner_text().split())


def test_the_language_can_be_changed_on_every_page(browser: BrowserThread, platform: User) -> None:
    def scenario(page: Page) -> list[str]:
        sign_in(page, "000000", "platform", PASSWORD)
        page.goto("/admin/accounts/user/?q=platform")
        headings = [heading(page)]
        for name, language in (("English", "en"), ("简体中文", "zh")):
            switch_language(page, name, language)
            headings.append(heading(page))
            assert page.url.endswith("/admin/accounts/user/?q=platform")
        return headings

    chinese, english, again = browser.run(scenario)
    assert "用户" in chinese
    assert "Users" in english
    assert chinese == again
