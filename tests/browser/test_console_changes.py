"""A platform administrator's way in a real browser: he chooses a tenant, makes a role there, and finds what he did."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from accounts.ready_made_roles import READY_MADE
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.driver import NARROW, WIDE, BrowserThread, save, sign_in
from tests.factories import make_tenant, make_user

PASSWORD = "a good password"


@pytest.fixture
def acme(browser: BrowserThread) -> Tenant:
    ensure_keys()
    make_user(make_tenant(), "platform", PASSWORD, is_staff=True, is_superuser=True)
    return make_tenant("acme", "Acme 制造")


@pytest.mark.parametrize(
    ("locale", "viewport"), [("zh-CN", WIDE), ("en-US", NARROW)], ids=["Chinese", "English, narrow"]
)
def test_a_role_made_in_a_chosen_tenant_stands_in_the_changes(
    browser: BrowserThread, acme: Tenant, locale: str, viewport: Any
) -> None:
    def scenario(page: Page) -> tuple[int, str, str]:
        sign_in(page, "000000", "platform", PASSWORD)
        page.goto("/admin/accounts/role/")
        page.locator("#tenant-in-view").click()
        page.locator("#tenant-search").fill("acm")
        page.locator("#tenant-search").press("Enter")
        page.locator(f"button[name=tenant][value='{acme.pk}']").click()
        page.wait_for_url("**/admin/accounts/role/")
        expect(page.locator("#tenant-in-view")).to_contain_text("Acme 制造")
        page.goto("/admin/accounts/role/add/")
        page.locator("a[href='?start=help_desk']").click()
        page.wait_for_url("**/?start=help_desk")
        ticked = page.locator("input[name=permissions]:checked").count()
        page.locator("[name=name]").fill("服务台一组")
        save(page)
        page.goto("/admin/tenants/change/")
        page.locator("#result_list tbody tr", has_text="服务台一组").locator("a").first.click()
        page.wait_for_url("**/tenants/change/*/change/")
        detail = page.locator(".changed-fields").inner_text()
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.goto("/admin/accounts/role/")
        page.locator("#result_list tbody a").first.click()
        page.wait_for_url("**/change/")
        page.goto(page.url.replace("change/", "history/"))
        return ticked, detail, page.locator(".changed-fields").first.inner_text()

    ticked, detail, history = browser.run(scenario, locale=locale, viewport=viewport)
    role = Role.objects.get(name="服务台一组")
    assert role.tenant == acme
    assert ticked == role.permissions.count() == len(READY_MADE["help_desk"].permissions or ())
    for text in (detail, history):
        assert "服务台一组" in text
        assert "help_desk" in text
