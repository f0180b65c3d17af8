"""The login history in a real browser: an auditor finds a refusal, reads why, and takes the list with him."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from tests.browser.driver import NARROW, WIDE, BrowserThread, sign_in
from tests.factories import make_administrator, make_tenant

PASSWORD = "a good password"
LIST = "/admin/accounts/loginevent/"


@pytest.fixture
def auditor(browser: BrowserThread) -> Any:
    tenant = make_tenant()
    now = timezone.now()
    LoginEvent.objects.bulk_create(
        LoginEvent(
            time=now - timedelta(minutes=number),
            kind="token",
            outcome="refused" if number == 70 else "allowed",
            reason="credentials_rejected" if number == 70 else "",
            account=f"user{number}",
            tenant_id=tenant.pk,
            address="203.0.113.7",
        )
        for number in range(1, 120)
    )
    rights = ["accounts.view_loginevent", "accounts.export_loginevent"]
    return make_administrator(tenant, "auditor", permissions=rights, password=PASSWORD)


def _turn_pages(page: Page) -> None:
    page.goto(LIST)
    rows = page.locator("#result_list tbody")
    expect(rows).to_have_count(50)
    page.locator("a[rel=next]").click()
    expect(rows.first).to_contain_text("user50")
    page.locator("a[rel=prev]").click()
    expect(page.locator("a[rel=prev]")).to_have_count(0)
    expect(rows).to_have_count(50)


def _find_the_refusal(page: Page) -> None:
    page.locator("[x-on\\:click='filterOpen = true']").click()
    page.locator("#filter-form [name=account]").fill("user70")
    page.locator("#filter-form [name=account]").press("Enter")
    expect(page.locator("#result_list tbody")).to_have_count(1)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#explanation")).to_be_visible()


def _export(page: Page) -> str:
    page.goto(f"{LIST}?account=user70")
    with page.expect_download() as downloading:
        page.locator("button[name=format][value=csv]").click()
    return Path(downloading.value.path()).read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("locale", "viewport"), [("zh-CN", WIDE), ("en-US", NARROW)], ids=["zh-wide", "en-narrow"])
def test_an_auditor_finds_a_refusal_and_takes_it_with_him(
    browser: BrowserThread, auditor: Any, locale: str, viewport: Any
) -> None:
    def scenario(page: Page) -> tuple[str, str]:
        sign_in(page, "000000", "auditor", PASSWORD)
        _turn_pages(page)
        _find_the_refusal(page)
        return page.locator("section[aria-labelledby=explanation]").inner_text(), _export(page)

    told, table = browser.run(scenario, locale=locale, viewport=viewport)
    assert len(told.splitlines()) >= 3
    assert len(table.splitlines()) == 2
    assert "credentials_rejected" in table
    assert LoginEvent.objects.get(kind="export").actor == "auditor"
