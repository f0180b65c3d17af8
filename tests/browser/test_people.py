"""A help desk and a tenant's administrator at work on people, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Dept, User
from tests.browser.driver import WIDE, BrowserThread, sign_in
from tests.factories import make_administrator, make_tenant, make_user

PASSWORD = "a good password"


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_a_help_desk_finds_somebody_and_resets_his_password(browser: BrowserThread, locale: str) -> None:
    acme = make_tenant("acme", "Acme 制造")
    rights = ["accounts.view_user", "accounts.reset_password_user"]
    make_administrator(acme, "desk", password=PASSWORD, permissions=rights)
    worker = make_user(acme, "worker", "old password 1", real_name="张三丰")

    def scenario(page: Page) -> str:
        sign_in(page, "acme", "desk", PASSWORD)
        page.goto("/admin/accounts/user/")
        page.locator("#searchbar").fill("三丰")
        page.locator("#searchbar").press("Enter")
        page.locator("#result_list a", has_text="worker").click()
        page.locator(f"a[href$='{worker.pk}/reset-password/']").click()
        expect(page.locator("#content-main")).to_contain_text("张三丰")
        page.locator("#content-main form button[type=submit]").click()
        return page.locator("#password-1").input_value()

    password = browser.run(scenario, locale=locale)
    after = User.objects.get(pk=worker.pk)
    assert after.check_password(password)
    assert after.must_change_password


@pytest.mark.parametrize("drags", [True, False], ids=["mouse", "keyboard"])
def test_departments_are_rearranged(browser: BrowserThread, drags: bool) -> None:
    acme = make_tenant("acme", "Acme 制造")
    make_administrator(acme, "boss", password=PASSWORD)
    head, sales, team = (Dept.objects.create(tenant=acme, name=name) for name in ("总部", "销售", "小组"))

    def by_keyboard(page: Page) -> None:
        page.locator(f"button[value='indent:{sales.pk}']").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#dept-{head.pk} #dept-{sales.pk}")).to_be_visible()
        page.locator(f"#dept-{team.pk} a.elsewhere").press("Enter")
        page.locator(f"button[value='under:{team.pk}:{sales.pk}']").press("Enter")
        expect(page.locator(f"#dept-{sales.pk} #dept-{team.pk}")).to_be_visible()

    def by_dragging(page: Page) -> None:
        page.drag_and_drop(f"#dept-{sales.pk} > .row", f"#dept-{head.pk} > .row")
        expect(page.locator(f"#dept-{head.pk} #dept-{sales.pk}")).to_be_visible()
        page.drag_and_drop(f"#dept-{team.pk} > .row", f"#dept-{sales.pk} > .row")
        expect(page.locator(f"#dept-{sales.pk} #dept-{team.pk}")).to_be_visible()

    def scenario(page: Page) -> None:
        sign_in(page, "acme", "boss", PASSWORD)
        page.goto("/admin/accounts/dept/tree/")
        (by_dragging if drags else by_keyboard)(page)

    browser.run(scenario, viewport=WIDE)
    assert list(Dept.objects.order_by("pk").values_list("parent", flat=True)) == [None, head.pk, sales.pk]
