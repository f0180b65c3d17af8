"""Whole imports as a person does them: a file with mistakes, the corrected one, its preview, passwords; an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from accounts.models import User
from oauthx.signing import ensure_keys
from tests.accounts.importing import as_csv
from tests.browser.driver import BrowserThread, barriers, overflow, press, sign_in
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
    "Name": "名称",
    "Code": "代码",
    "Category": "类别",
    "Parent": "上级",
    "Sort": "排序",
    "Client ID": "应用标识",
    "Endpoints": "接口",
    "Grant types": "授权类型",
    "There is no role “nobody” in this tenant: correct it, or make it first.": (
        "该租户中没有角色“nobody”：请更正，或先创建。"
    ),
    "A whole number is expected: first": "应为整数：first",
    "planet is none of: company, department, team": "planet 不在可选值之中：company, department, team",
    "Unknown value: magic": "未知的值：magic",
    "New": "新增",
}


@dataclass(frozen=True)
class Kind:
    """What a file brings.

    Attributes:
        path: of its list. titles: of the file's columns. right: a row that there is afterwards, by its first column.
        wrong: what the last column does not take. problem: what is said of that.
    """

    path: str
    titles: Sequence[str]
    right: Sequence[str]
    wrong: str
    problem: str

    def rows(self, say: Words, last: str) -> list[list[Any]]:
        """The file: its titles, the right row, and another one with this in the last column."""
        other = [f"{self.right[0]}2", *self.right[1:-1], last]
        return [[say(title) for title in self.titles], [*self.right], other]


ROLES = Kind(
    *("accounts/role", ("Name", "Parent"), ("审计员", ""), "nobody"),
    "There is no role “nobody” in this tenant: correct it, or make it first.",
)
POSTS = Kind(
    *("accounts/post", ("Code", "Name", "Sort"), ("ceo", "总经理", "1"), "first"), "A whole number is expected: first"
)
DEPTS = Kind(
    *("accounts/dept", ("Name", "Category"), ("总部", "company"), "planet"),
    "planet is none of: company, department, team",
)
CLIENTS = Kind(
    "oauthx/client",
    ("Client ID", "Name", "Endpoints", "Grant types"),
    ("nightly", "夜间任务", "connect", "client_credentials"),
    "magic",
    "Unknown value: magic",
)


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


def _generated(page: Page, say: Words) -> dict[str, str]:
    """The passwords or secrets that an import made, which are sent this once."""
    sheet = load_workbook(BytesIO(_download(page, say).read_bytes())).active
    return dict(sheet.iter_rows(min_row=2, values_only=True))


def _fits(page: Page) -> bool:
    return not overflow(page, page.viewport_size)  # type: ignore[arg-type]  # it has one


def _can_be_used(page: Page) -> bool:
    """By everybody: no page of these is reached by an address alone (test_every_page.py)."""
    problems = barriers(page)
    assert not problems, problems
    return _fits(page)


@pytest.mark.parametrize(("locale", "viewport"), LOOKS, ids=LOOK_IDS)
def test_a_file_is_corrected_previewed_and_imported_and_the_list_exported(
    browser: BrowserThread, boss: User, locale: str, viewport: Any
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> tuple[dict[str, str], str]:
        sign_in(page, "000000", "boss", PASSWORD)
        page.wait_for_url("**/admin/")
        page.goto("/admin/accounts/user/")
        press(page, say("Import"), say("Actions"))
        titles = [say("account"), say("real_name"), say("email")]
        _upload(page, [titles, ["zhang", "张三", "no mail"], ["li", "李四", ""]], say("Check the file"))
        expect(page.locator("#transfer-problems")).to_contain_text("2")
        expect(page.locator("#transfer-problems")).to_contain_text(say("email"))
        assert _can_be_used(page)
        page.locator("[name=makes_passwords]").check()
        people = [["zhang", "张三", "zhang@acme.example"], ["li", "李四", ""], ["boss", "Boss", "boss@acme.example"]]
        _upload(page, [titles, *people], say("Check the file"))
        expect(page.locator("#transfer-changes")).to_contain_text("zhang")
        expect(page.locator("#transfer-changes ins").last).to_contain_text("boss@acme.example")
        assert _can_be_used(page)
        page.locator("button[name=confirm]").click()
        expect(page.get_by_role("button", name=say("Download"))).to_be_visible()
        assert _can_be_used(page)
        made = _generated(page, say)
        page.goto("/admin/accounts/user/?q=zhang")
        press(page, say("Export"), say("Actions"))
        assert _fits(page)
        page.locator("input[name=kind][value=csv]").check()
        return made, _download(page, say).read_text("utf-8-sig")

    made, table = browser.run(scenario, locale=locale, viewport=viewport)
    assert list(made) == ["zhang", "li"]
    assert (
        ask_connect("portal", "secret", grant_type="password", username="zhang", password=made["zhang"]).status_code
        == 200
    )
    assert User.objects.get(account="zhang").email == "zhang@acme.example"
    assert len(table.splitlines()) == 2
    assert "zhang@acme.example" in table


def _import(page: Page, say: Words, kind: Kind) -> None:
    """A file of which one row is refused, where it stands, then one that is taken, up to the list with its rows."""
    page.goto(f"/admin/{kind.path}/")
    press(page, say("Import"), say("Actions"))
    _upload(page, kind.rows(say, kind.wrong), say("Check the file"))
    problems = page.locator("#transfer-problems tbody tr")
    expect(problems).to_have_count(1)
    expect(problems.locator("td")).to_have_text(["3", say(kind.titles[-1]), say(kind.problem)])
    assert _fits(page)
    _upload(page, kind.rows(say, kind.right[-1]), say("Check the file"))
    changes = page.locator("#transfer-changes tbody tr")
    expect(changes).to_have_count(2)
    expect(changes.first.locator("td").last).to_contain_text(say("New"))
    assert _fits(page)
    page.locator("button[name=confirm]").click()


@pytest.mark.parametrize(
    ("locale", "viewport", "kinds"),
    [(*LOOKS[0], (ROLES, CLIENTS)), (*LOOKS[1], (POSTS, DEPTS))],
    ids=["Chinese, roles and clients", "English, posts and departments"],
)
def test_what_people_and_programs_belong_to_comes_by_a_file_too(
    browser: BrowserThread, boss: User, locale: str, viewport: Any, kinds: Sequence[Kind]
) -> None:
    say = Words(locale, CHINESE)

    def scenario(page: Page) -> tuple[dict[str, str], str]:
        made = {}
        sign_in(page, "000000", "boss", PASSWORD)
        page.wait_for_url("**/admin/")
        for kind in kinds:
            _import(page, say, kind)
            if kind is CLIENTS:
                made = _generated(page, say)
                page.goto(f"/admin/{kind.path}/?q=nightly")
            expect(page.locator("#result_list tbody tr", has_text=kind.right[0])).to_have_count(2)
        press(page, say("Export"), say("Actions"))
        page.locator("input[name=kind][value=csv]").check()
        return made, _download(page, say).read_text("utf-8-sig")

    made, table = browser.run(scenario, locale=locale, viewport=viewport)
    assert [line for line in table.splitlines() if kinds[-1].right[0] in line] == table.splitlines()[1:]
    assert list(made) == (["nightly", "nightly2"] if CLIENTS in kinds else [])
    for client, secret in made.items():
        assert ask_connect(client, secret, grant_type="client_credentials").status_code == 200
        assert secret not in table
