"""A whole import as a person does it: a file with mistakes, the corrected one, its preview, passwords; an export."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.accounts.importing import as_csv
from tests.browser.driver import NARROW, BrowserThread, sign_in
from tests.factories import make_administrator, make_tenant

PASSWORD = "a good password"


@pytest.fixture
def boss(browser: BrowserThread) -> User:
    boss = make_administrator(make_tenant())
    boss.set_password(PASSWORD)
    boss.save()
    return boss


def _upload(page: Page, rows: list[list[Any]], button: str) -> None:
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a payload
    page.get_by_role("button", name=button).click()


def test_a_file_is_corrected_previewed_and_imported(browser: BrowserThread, boss: User, tmp_path: Path) -> None:
    def scenario(page: Page) -> list[Any]:
        sign_in(page, "000000", "boss", PASSWORD)
        page.goto("/admin/accounts/user/")
        page.get_by_role("link", name="导入").click()
        page.screenshot(path=tmp_path / "import.zh.wide.png", full_page=True)
        _upload(page, [["账号", "电子邮箱"], ["zhang", "no mail"], ["li", ""]], "检查文件")
        expect(page.locator("#transfer-problems")).to_contain_text("2")
        page.screenshot(path=tmp_path / "problems.zh.wide.png", full_page=True)
        page.locator("[name=makes_passwords]").check()
        _upload(page, [["账号", "姓名"], ["zhang", "张三"], ["li", "李四"]], "检查文件")
        expect(page.locator("#transfer-changes")).to_contain_text("zhang")
        page.screenshot(path=tmp_path / "preview.zh.wide.png", full_page=True)
        page.locator("button[name=confirm]").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="下载").click()
        download.value.save_as(tmp_path / "generated.xlsx")
        sheet = load_workbook(tmp_path / "generated.xlsx").active
        return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]

    generated = browser.run(scenario)
    assert [account for account, _password in generated] == ["zhang", "li"]
    assert User.objects.get(account="zhang").check_password(generated[0][1])


def test_an_import_and_an_export_on_a_narrow_screen_in_english(
    browser: BrowserThread, boss: User, tmp_path: Path
) -> None:
    def scenario(page: Page) -> str:
        sign_in(page, "000000", "boss", PASSWORD)
        page.goto("/admin/accounts/post/import")
        _upload(page, [["code", "name"], ["ceo", "Chief"]], "Check the file")
        page.screenshot(path=tmp_path / "preview.en.narrow.png", full_page=True)
        page.locator("button[name=confirm]").click()
        expect(page.locator("#result_list")).to_contain_text("Chief")
        page.goto("/admin/accounts/post/export?q=ceo")
        page.screenshot(path=tmp_path / "export.en.narrow.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.locator("input[name=kind][value=csv]").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        return Path(download.value.path()).read_text("utf-8-sig")

    text = browser.run(scenario, locale="en-US", viewport=NARROW)
    assert "ceo,Chief" in text
