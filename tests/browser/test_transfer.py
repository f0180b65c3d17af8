"""A whole import as a person does it: a file with mistakes, the corrected one, its preview, passwords; an export."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts.models import User
from oauthx.signing import ensure_keys
from tests.accounts.importing import as_csv
from tests.browser.driver import BrowserThread, overflow, press, sign_in
from tests.browser.words import LOOK_IDS, LOOKS, Words
from tests.factories import make_administrator, make_client, make_tenant
from tests.tokens import ask_connect

PASSWORD = "a good password"
CHINESE = {
    "account": "账号",
    "real_name": "姓名",
    "email": "电子邮箱",
    "Actions": "操作",
    "Import": "导入",
    "Export": "导出",
    "Check the file": "检查文件",
    "Download": "下载",
}


@pytest.fixture
def boss(browser: BrowserThread) -> User:
    ensure_keys()
    tenant = make_tenant()
    make_client("portal", "secret", tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["profile"])
    return make_administrator(tenant, password=PASSWORD)


def _upload(page: Page, rows: list[list[Any]], button: str) -> None:
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]  # a payload
    page.get_by_role("button", name=button).click()


def _download(page: Page, say: Words) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=say("Download")).click()
    return download.value.path()


def _fits(page: Page) -> bool:
    return not overflow(page, page.viewport_size)  # type: ignore[arg-type]  # it has one


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_a_file_is_corrected_previewed_and_imported_and_the_list_exported(
    browser: BrowserThread, boss: User, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> tuple[list[Any], str]:
        sign_in(page, "000000", "boss", PASSWORD)
        page.wait_for_url("**/admin/")
        page.goto("/admin/accounts/user/")
        press(page, say("Import"), say("Actions"))
        titles = [say("account"), say("real_name"), say("email")]
        _upload(page, [titles, ["zhang", "张三", "no mail"], ["li", "李四", ""]], say("Check the file"))
        expect(page.locator("#transfer-problems")).to_contain_text("2")
        expect(page.locator("#transfer-problems")).to_contain_text(say("email"))
        assert _fits(page)
        page.locator("[name=makes_passwords]").check()
        people = [["zhang", "张三", "zhang@acme.example"], ["li", "李四", ""], ["boss", "Boss", "boss@acme.example"]]
        _upload(page, [titles, *people], say("Check the file"))
        expect(page.locator("#transfer-changes")).to_contain_text("zhang")
        expect(page.locator("#transfer-changes ins").last).to_contain_text("boss@acme.example")
        assert _fits(page)
        page.locator("button[name=confirm]").click()
        sheet = load_workbook(BytesIO(_download(page, say).read_bytes())).active
        made = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
        page.goto("/admin/accounts/user/?q=zhang")
        press(page, say("Export"), say("Actions"))
        assert _fits(page)
        page.locator("input[name=kind][value=csv]").check()
        return made, _download(page, say).read_text("utf-8-sig")

    made, table = browser.run(scenario, locale=locale, viewport=viewport)
    assert [account for account, _password in made] == ["zhang", "li"]
    assert (
        ask_connect("portal", "secret", grant_type="password", username="zhang", password=made[0][1]).status_code == 200
    )
    assert User.objects.get(account="zhang").email == "zhang@acme.example"
    assert len(table.splitlines()) == 2
    assert "zhang@acme.example" in table
