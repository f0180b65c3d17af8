"""The console in a real browser: who signs in sees what is his, in his language, by keyboard too."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent, User
from oauthx.signing import ensure_keys
from tests.browser.driver import NARROW, WIDE, BrowserThread, choose, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_administrator, make_tenant, make_user

PASSWORD = "a good password"
CHINESE = {"Menu": "菜单", "Filters": "筛选", "Log out": "注销", "Login history": "登录历史"}


@pytest.fixture
def platform(browser: BrowserThread) -> User:
    ensure_keys()
    return make_user(make_tenant(), "platform", PASSWORD, is_staff=True, is_superuser=True)


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


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_everybody_sees_what_is_his_and_leaves(
    browser: BrowserThread, platform: User, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)
    acme, other = make_tenant("acme", "Acme"), make_tenant("other", "别的公司")
    make_administrator(acme, "boss", password=PASSWORD)
    make_administrator(acme, "auditor", password=PASSWORD, permissions=["accounts.view_loginevent"])
    make_user(acme, "worker", None, real_name="自己人")
    make_user(other, "stranger", None, real_name="别人")

    def pages_of(page: Page, account: str) -> list[str]:
        """Sign in, and read the menu."""
        sign_in(page, "acme", account, PASSWORD)
        page.wait_for_url("**/admin/")
        if viewport == NARROW:
            page.get_by_role("button", name=say("Menu")).locator("visible=true").press("Enter")
        expect(page.locator("#nav-sidebar-apps a").first).to_be_visible()
        return page.locator("#nav-sidebar-apps").get_by_role("link").all_inner_texts()

    def scenario(page: Page) -> tuple[str, list[str]]:
        assert len(pages_of(page, "boss")) > 10
        page.goto("/admin/accounts/user/")
        page.get_by_role("button", name=say("Filters")).press("Enter")
        expect(page.locator("#changelist-filter")).to_be_visible()
        seen = page.content()
        page.goto("/admin/")
        if viewport == NARROW:
            page.get_by_role("button", name=say("Menu")).locator("visible=true").press("Enter")
        page.get_by_role("button", name="boss").press("Enter")
        page.get_by_role("button", name=say("Log out")).press("Enter")
        page.wait_for_url("**/admin/logout/")
        pages = pages_of(page, "auditor")
        page.goto("/admin/accounts/loginevent/")
        expect(page.locator("#result_list")).to_contain_text("auditor")
        return seen, [text.split("\n")[-1] for text in pages]

    seen, pages = browser.run(scenario, locale=locale, viewport=viewport)
    assert "自己人" in seen
    assert not [text for text in ("stranger", "别人", "别的公司", "platform") if text in seen]
    assert pages == [say("Login history")]


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
