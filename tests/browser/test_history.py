"""The login history in a real browser: an auditor finds a refusal, reads why, and takes the list with him."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts.models import LoginEvent
from tests.browser.driver import BrowserThread, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_administrator, make_tenant

PASSWORD = "a good password"
CHINESE = {
    "Filters": "筛选",
    "Why was this refused?": "为什么被拒绝？",
    "What to do:": "处理方法：",
    "The account exists, but the password was wrong.": "账号存在，但密码错误。",
}
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


def _find_the_refusal(page: Page, say: Words) -> None:
    page.get_by_role("button", name=say("Filters")).press("Enter")
    page.locator("#filter-form [name=account]").fill("user70")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody")).to_have_count(1)
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#explanation")).to_be_visible()


def _export(page: Page, kind: str) -> bytes:
    page.goto(f"{LIST}?account=user70")
    with page.expect_download() as downloading:
        page.get_by_role("button", name=kind).click()
    return downloading.value.path().read_bytes()


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_an_auditor_finds_a_refusal_and_takes_it_with_him(
    browser: BrowserThread, auditor: Any, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> tuple[str, list[bytes]]:
        sign_in(page, "000000", "auditor", PASSWORD)
        _turn_pages(page)
        _find_the_refusal(page, say)
        told = page.get_by_role("region", name=say("Why was this refused?")).inner_text()
        return told, [_export(page, kind) for kind in ("CSV", "XLSX")]

    told, (table, workbook) = browser.run(scenario, locale=locale, viewport=viewport)
    assert say("The account exists, but the password was wrong.") in told
    assert say("What to do:") in told
    assert len(table.decode("utf-8-sig").splitlines()) == 2
    _titles, row = load_workbook(BytesIO(workbook)).active.iter_rows(values_only=True)
    for text in (table.decode(), row):
        assert "credentials_rejected" in text
    assert set(LoginEvent.objects.filter(kind="export").values_list("actor", flat=True)) == {"auditor"}
