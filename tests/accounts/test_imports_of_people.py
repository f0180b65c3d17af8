"""People come by a file: into one tenant, all or none, and nobody gets more by it than by the form."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from openpyxl import load_workbook

from accounts.admin.transfer.organisation import DeptResource
from accounts.admin.transfer.people import UserResource
from accounts.hashers import md5_hex, sha1_hex
from accounts.models import BrowserSession, Dept, Post, Role, User
from tenants.console.transfer.entries import Entry, Platform, Scope
from tenants.console.transfer.reading import Line, Table
from tests.accounts.importing import Rows, Transfer, as_csv, as_workbook
from tests.factories import make_administrator, make_organisation, make_tenant, make_user

pytestmark = pytest.mark.django_db
ID = 1123598821738675201


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


@pytest.fixture
def tenant() -> Any:
    return make_tenant()


@pytest.fixture
def boss(tenant: Any) -> User:
    return make_administrator(tenant)


@pytest.fixture
def people(boss: User) -> Transfer:
    return Transfer(browser_of(boss), "accounts_user")


@pytest.fixture
def movers(tenant: Any) -> Transfer:
    """Of a platform administrator: he alone chooses the ids of new rows."""
    root = make_user(tenant, "root", is_staff=True, is_superuser=True)
    return Transfer(browser_of(root), "accounts_user")


def sha1_of(password: str) -> str:
    return sha1_hex(md5_hex(password))


def assigned(person: User, name: str) -> list[int]:
    return [getattr(row, f"{name}_id") for row in getattr(person, f"user{name}_set").all()]


def test_takes_ids_hashes_and_the_organisation_in_order(movers: Transfer, tenant: Any) -> None:
    organisation = make_organisation(tenant)
    first, second = organisation["roles"]
    movers.run(
        [
            ["id", "账号", "Real name", "phone", "role_id", "posts", "部门", "password", "password_updated_at"],
            [ID, "zhang", "张三", "138 0013 8000", f"{second.pk},{first.name}", "ceo", "公司", sha1_of("letmein"), ""],
            [ID + 1, "li", "李四", "", "", "", "", sha1_of("sesame").upper(), "2024-05-01 08:00:00"],
        ],
        tenant=tenant.pk,
    )
    zhang = User.objects.get(account="zhang")
    assert (zhang.pk, zhang.tenant, zhang.real_name, zhang.phone) == (ID, tenant, "张三", "+8613800138000")
    assert assigned(zhang, "role") == [second.pk, first.pk]
    assert (assigned(zhang, "post"), assigned(zhang, "dept")) == ([1336937752625016834], [1])
    assert zhang.password.startswith("argon2id_sha1_md5$")
    assert zhang.check_password("letmein")
    assert zhang.password_updated_at is None
    li = User.objects.get(pk=ID + 1)
    assert li.check_password("sesame")
    assert timezone.localtime(li.password_updated_at, tenant.zone).strftime("%Y-%m-%d %H") == "2024-05-01 08"
    assert User.objects.create_user(tenant, "next").pk > ID + 1


def test_changes_nothing_before_it_is_confirmed(people: Transfer) -> None:
    assert people.upload([["account", "real_name"], ["zhang", "张三"]]).status_code == 302
    page = people.preview()
    assert (page.context["state"]["added"], page.context["state"]["changed"]) == (1, 0)
    assert "zhang" in page.content.decode()
    assert not User.objects.filter(account="zhang").exists()
    people.browser.post(people.address("import_preview"), {"mark": page.context["state"]["mark"], "cancel": "1"})
    assert people.confirm("none").status_code == 302
    assert not User.objects.filter(account="zhang").exists()


def test_says_line_column_and_what_to_do_and_stores_none(people: Transfer, boss: User) -> None:
    answer = people.upload(
        [
            ["account", "e-mail", "phone", "active", "roles", "id", "password", "手机"],
            ["fine", "", "", "", "", "", ""],
            ["wang", "no mail", "12", "perhaps", "nobody", "x", "plain password"],
            [],
            ["", "", "", "", "", "", ""],
            ["fine", "", "", "", "", "", ""],
        ]
    )
    problems = people.problems(answer)
    assert {(line, column) for line, column, _text in problems} == {
        *((3, "ID"), (3, "E-mail"), (3, "Phone"), (3, "Active"), (3, "Password hash"), (6, "Account")),
    }
    assert re.search(r"Columns that are not read</dt>\s*<dd>手机<", answer.content.decode())
    answer = people.upload(
        [
            ["account", "e-mail", "phone", "active", "password", "roles"],
            ["wang", "no mail", "12", "perhaps", "plain password", ""],
            ["li", "", "", "", "", "nobody"],
        ]
    )
    columns = {column for line, column, _text in people.problems(answer) if line == 2}
    assert columns == {"E-mail", "Phone", "Active", "Password hash"}
    answer = people.upload([["account", "roles"], ["fine", ""], ["li", "nobody"]])
    assert [(line, column) for line, column, _text in people.problems(answer)] == [(3, "Roles")]
    assert User.objects.count() == 1


def test_people_that_are_there_are_changed_and_keep_what_the_file_does_not_name(people: Transfer, tenant: Any) -> None:
    role = Role.objects.create(tenant=tenant, name="reader")
    zhang = make_user(tenant, "zhang", "a good password", email="z@example.org", job_number="7")
    zhang.assign(roles=[role])
    people.run([["account", "real_name", "job_number"], ["zhang", "张三", ""]])
    zhang.refresh_from_db()
    assert (zhang.real_name, zhang.email, zhang.job_number) == ("张三", "z@example.org", None)
    assert zhang.check_password("a good password")
    assert assigned(zhang, "role") == [role.pk]
    [entry] = LogEntry.objects.filter(object_id=zhang.pk)
    assert "Changed" in entry.get_change_message()


class _Overtaken(UserResource):
    """Somebody else disables the people and gives them new passwords after the rows were read."""

    def check_together(self, entries: Sequence[Entry]) -> None:
        super().check_together(entries)
        User.objects.update(is_active=False, password="new", must_change_password=True)


@pytest.mark.parametrize("column", ["real_name", "roles"])
def test_what_somebody_else_changed_meanwhile_does_not_come_back(tenant: Any, column: str) -> None:
    role = Role.objects.create(tenant=tenant, name="reader")
    zhang = make_user(tenant, "zhang", "a good password")
    _Overtaken(Scope(Platform(), tenant)).store(Table(("account", column), (Line(2, ("zhang", role.name)),)), {})
    zhang.refresh_from_db()
    assert (zhang.is_active, zhang.password, zhang.must_change_password) == (False, "new", True)
    assert role.name in {zhang.real_name, *zhang.roles.values_list("name", flat=True)}


@pytest.mark.postgresql
def test_nobody_changes_a_row_while_it_is_stored(tenant: Any) -> None:
    make_user(tenant, "zhang")
    Dept.objects.create(tenant=tenant, name="zhang")
    for resource, table in ((UserResource, "accounts_user"), (DeptResource, "accounts_dept")):
        with CaptureQueriesContext(connection) as seen:
            resource(Scope(Platform(), tenant)).store(Table((resource.key,), (Line(2, ("zhang",)),)), {})
        locks = [each["sql"] for each in seen.captured_queries if "FOR NO KEY UPDATE" in each["sql"]]
        assert any(f'FROM "{table}"' in sql for sql in locks)


def test_the_same_file_again_changes_nothing_and_ends_no_session(
    people: Transfer, movers: Transfer, tenant: Any
) -> None:
    rows: Rows = [["id", "account", "password"], [ID, "zhang", sha1_of("letmein")]]
    movers.run(rows, tenant=tenant.pk)
    zhang = User.objects.get(pk=ID)
    BrowserSession.objects.create(user=zhang, auth_time=timezone.now(), expires_at=timezone.now())
    people.run(rows)
    assert BrowserSession.objects.filter(user=zhang, ended_at=None).count() == 1
    people.run([["id", "account", "password"], [ID, "zhang", sha1_of("another")]])
    assert BrowserSession.objects.filter(user=zhang, ended_at=None).count() == 0
    zhang.refresh_from_db()
    assert zhang.check_password("another")


def test_another_tenants_id_is_refused_and_not_named(people: Transfer) -> None:
    other = make_user(make_tenant("other", "FOREIGN"), "FOREIGN-person")
    refusal = "Your tenant has no row of this id: leave it empty for a new one."
    answer = people.upload([["id", "account"], [other.pk, "mine"], [other.pk + 1000, "free"]])
    assert people.problems(answer) == [(2, "ID", refusal), (3, "ID", refusal)]
    assert "FOREIGN" not in answer.content.decode()
    answer = people.upload([["account", "tenant"], ["mine", "other"]])
    assert [column for _line, column, _text in people.problems(answer)] == ["Tenant"]
    people.run([["account"], ["FOREIGN-person"]])
    assert User.objects.filter(account="FOREIGN-person").count() == 2


def test_roles_of_another_tenant_are_not_found(people: Transfer) -> None:
    role = Role.objects.create(tenant=make_tenant("other"), name="FOREIGN role")
    for name in (role.name, role.pk):
        answer = people.upload([["account", "roles"], ["zhang", name]])
        assert [column for _line, column, _text in people.problems(answer)] == ["Roles"]


def test_nobody_gives_or_takes_more_than_he_may(tenant: Any) -> None:
    granted = ["view", "add", "change", "import"]
    clerk = make_administrator(tenant, "clerk", permissions=[f"accounts.{name}_user" for name in granted])
    mighty = make_administrator(tenant, "mighty")
    platform = make_user(tenant, "platform", is_staff=True, is_superuser=True)
    people = Transfer(browser_of(clerk), "accounts_user")
    for account in ("mighty", "platform"):
        answer = people.upload([["account", "password"], [account, sha1_of("mine now")]])
        assert [line for line, _column, _text in people.problems(answer)] == [2]
    answer = people.upload([["account", "roles"], ["clerk", "role of mighty"]])
    assert [column for _line, column, _text in people.problems(answer)] == ["Roles"]
    answer = people.upload([["account", "is_staff", "password"], ["clerk", "0", sha1_of("mine")]])
    assert {column for _line, column, _text in people.problems(answer)} == {"May use the console", "Password hash"}
    unchanged = people.upload([["account", "real_name"], ["mighty", "mighty"], ["new", ""]])
    assert unchanged.status_code == 302
    people.run([["account", "is_superuser"], ["new", "1"]])
    assert not User.objects.get(account="new").is_superuser
    assert not mighty.check_password("mine now")
    assert platform.is_superuser


def test_importing_alone_is_no_right_to_add_or_to_change(tenant: Any) -> None:
    make_user(tenant, "zhang")
    clerk = make_administrator(tenant, "clerk", permissions=["accounts.view_user", "accounts.import_user"])
    people = Transfer(browser_of(clerk), "accounts_user")
    answer = people.upload([["account", "real_name"], ["zhang", "other"], ["new", ""]])
    assert [line for line, _column, _text in people.problems(answer)] == [2, 3]
    answer = people.upload([["account", "roles"], ["zhang", "role of clerk"]])
    assert [line for line, _column, _text in people.problems(answer)] == [2]


def test_the_pages_are_for_those_who_have_the_permission(tenant: Any) -> None:
    clerk = make_administrator(tenant, "clerk", permissions=["accounts.view_user"])
    browser = browser_of(clerk)
    people = Transfer(browser, "accounts_user")
    for name in ("import_rows", "import_preview", "export_rows"):
        assert browser.get(people.address(name)).status_code == 403
    assert browser.get(people.address("import_template", "xlsx")).status_code == 403
    assert browser.post(people.address("import_generated")).status_code == 403
    assert people.address("import_rows") not in browser.get(people.address("changelist")).content.decode()


def test_the_tenants_account_limit_and_its_one_main_account_hold(people: Transfer, tenant: Any) -> None:
    tenant.account_limit = 2
    tenant.save()
    answer = people.upload([["account"], ["one"], ["two"]])
    assert [line for line, _column, _text in people.problems(answer)] == [3]
    people.run([["account", "main account"], ["one", "1"]])
    answer = people.upload([["account", "main account"], ["boss", "yes"]])
    assert [column for _line, column, _text in people.problems(answer)] == ["Main account"]


def test_what_is_unique_in_the_tenant_stays_so(people: Transfer, movers: Transfer, tenant: Any) -> None:
    make_user(tenant, "zhang", None, phone="+8613800138000")
    answer = people.upload([["account", "phone"], ["a", "13800138000"], ["b", "13900139000"], ["c", "139 0013 9000"]])
    assert [(line, column) for line, column, _text in people.problems(answer)] == [(2, "Phone"), (4, "Phone")]
    answer = movers.upload([["id", "account"], [ID, "zhang"]], tenant=tenant.pk)
    assert [column for _line, column, _text in movers.problems(answer)] == ["Account"]


def test_generated_passwords_are_given_out_once(people: Transfer) -> None:
    answer = people.run([["account", "password"], ["a", ""], ["b", sha1_of("mine")]], makes_passwords="on")
    assert answer.headers["Location"] == people.address("import_preview")
    page = people.preview().content.decode()
    download: Any = people.browser.post(people.address("import_generated"))
    sheet = load_workbook(io.BytesIO(b"".join(download.streaming_content)))
    [_headings, [account, password]] = [list(row) for row in sheet.active.iter_rows(values_only=True)]
    assert account == "a"
    assert password not in page
    person = User.objects.get(account="a")
    assert person.check_password(password)
    assert person.password_updated_at is None
    assert people.browser.post(people.address("import_generated")).status_code == 302
    assert User.objects.get(account="b").check_password("mine")


def test_a_person_without_password_cannot_sign_in_by_one(people: Transfer) -> None:
    people.run([["account"], ["a"]])
    assert not User.objects.get(account="a").has_usable_password()


def test_what_waits_for_its_confirmation_is_the_persons_own_and_encrypted(people: Transfer, tenant: Any) -> None:
    people.upload([["account", "password"], ["zhang", sha1_of("letmein")]])
    mark = people.preview().context["state"]["mark"]
    other = Transfer(browser_of(make_administrator(tenant, "other")), "accounts_user")
    assert other.preview().status_code == 302
    again = Transfer(browser_of(User.objects.get(account="boss")), "accounts_user")
    assert again.preview().status_code == 302
    assert again.confirm(mark).status_code == 302
    assert not User.objects.filter(account="zhang").exists()
    kept = repr(cache._cache)  # type: ignore[attr-defined]  # Django's memory
    assert sha1_of("letmein") not in kept


def test_another_file_meanwhile_is_shown_before_it_is_stored(people: Transfer) -> None:
    people.upload([["account"], ["first"]])
    mark = people.preview().context["state"]["mark"]
    people.upload([["account"], ["second"]])
    assert "second" in people.confirm(mark).content.decode()
    assert not User.objects.filter(account__in=["first", "second"]).exists()


def test_what_no_longer_holds_when_it_is_confirmed_stores_none(people: Transfer, tenant: Any) -> None:
    people.upload([["account", "phone"], ["a", "13900139000"], ["b", "13800138000"]])
    make_user(tenant, "zhang", None, phone="+8613800138000")
    assert [line for line, _column, _text in people.problems(people.confirm())] == [3]
    assert not User.objects.filter(account="a").exists()


def test_a_disabled_person_is_disabled_as_by_the_form(people: Transfer, tenant: Any) -> None:
    make_user(tenant, "zhang")
    people.run([["account", "启用"], ["zhang", "否"]])
    assert not User.objects.get(account="zhang").is_active


@pytest.mark.parametrize("make", [as_workbook, as_csv, lambda rows: as_csv(rows, "gb18030")])
def test_reads_workbooks_and_csv_of_either_encoding(people: Transfer, make: Any) -> None:
    people.run(make([["账号", "姓名"], ["zhang", "张三"]]))
    assert User.objects.get(account="zhang").real_name == "张三"


def test_a_rounded_id_is_refused(people: Transfer) -> None:
    for cell in (1123598821738675201, "1.1236E+18"):
        answer = people.upload(as_workbook([["id", "account"], [cell, "zhang"]]))
        [(_line, column, text)] = people.problems(answer)
        assert column == "ID"
        assert "text" in text


def test_what_no_database_takes_is_refused_as_a_cell(people: Transfer, tenant: Any) -> None:
    resource = UserResource(Scope(Platform(), tenant))
    cells = ("a\0b", "\ud800", "\0")
    table = Table(("account", "real_name", "phone", "roles"), tuple(Line(2, (cell,) * 4) for cell in cells))
    assert {problem.column for problem in resource.check(table).problems} == {"Account", "Real name", "Phone", "Roles"}
    table = Table(("account", "id"), tuple(Line(2, (cell,) * 2) for cell in cells))
    assert {problem.column for problem in resource.check(table).problems} == {"Account", "ID"}


def test_everything_that_is_wrong_with_a_row_is_said_at_its_cell(people: Transfer, boss: User) -> None:
    headings = ["id", "account", "phone", "active", "roles", "posts", "is_main_account"]
    wrong = ["12", "perhaps", "nobody, no one", "none", "1"]
    make_user(boss.tenant, "main", is_main_account=True)
    answer = people.upload([headings, [ID, "free", *wrong], ["", "wang", *wrong]])
    cells = ["Active", "Phone"]
    found = ["Main account", "Posts", "Roles", "Roles"]
    assert sorted((line, column) for line, column, _text in people.problems(answer)) == [
        *((2, column) for column in sorted([*cells, "ID"])),
        *((3, column) for column in sorted([*cells, *found])),
    ]


def test_an_id_that_would_use_up_the_ids_is_refused(people: Transfer) -> None:
    answer = people.upload([["id", "account"], [2**63 - 1, "zhang"]])
    assert [column for _line, column, _text in people.problems(answer)] == ["ID"]


def test_the_platform_chooses_the_tenant(tenant: Any) -> None:
    other = make_tenant("other", "Other")
    browser = browser_of(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    people = Transfer(browser, "accounts_user")
    assert [column for _line, column, _text in people.problems(people.upload([["account"], ["a"]]))] == ["tenant"]
    people.run([["account", "tenant_id"], ["a", "other"]], tenant=other.pk)
    assert User.objects.get(account="a").tenant == other


def test_an_export_comes_back_as_it_was_and_holds_no_hash(people: Transfer, tenant: Any) -> None:
    organisation = make_organisation(tenant)
    zhang = make_user(tenant, "zhang", "letmein", phone="+8613800138000", real_name="=1+1", job_number="-7")
    zhang.assign(**organisation)
    twins = [Dept.objects.create(id=number, tenant=tenant, name="twin") for number in (2, 3)]
    zhang.assign(depts=twins)
    make_user(make_tenant("other"), "FOREIGN")
    rows = people.export()
    text = repr(rows)
    assert "FOREIGN" not in text
    assert "argon2" not in text
    [line] = [row for row in rows if "zhang" in row]
    assert {"'=1+1", "'-7", "'+8613800138000", str(zhang.pk)} <= set(line)
    for kind in ("csv", "xlsx"):
        answer = people.upload(people.download(kind))
        assert answer.status_code == 302, people.problems(answer)
        state = people.preview().context["state"]
        assert (state["added"], state["changed"], state["unchanged"]) == (0, 0, 2), state
    assert [row[1] for row in people.export(query="?q=zhang")[1:]] == ["zhang"]
    assert LogEntry.objects.filter(object_id=None).count() == 4


def test_posts_come_by_code(tenant: Any) -> None:
    posts = Transfer(browser_of(make_administrator(tenant)), "accounts_post")
    posts.run([["post_code", "post_name", "sort"], ["ceo", "首席执行官", 3], ["cto", "首席技术官", ""]])
    posts.run([["code", "name"], ["ceo", "CEO"]])
    assert list(Post.objects.order_by("pk").values_list("code", "name", "sort")) == [
        ("ceo", "CEO", 3),
        ("cto", "首席技术官", 0),
    ]


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_imports_all_or_none_and_writes_passwords_to_a_file_of_its_own(tenant: Any, tmp_path: Path) -> None:
    file, passwords = tmp_path / "people.csv", tmp_path / "passwords.csv"
    file.write_bytes(as_csv([["account", "password"], ["a", sha1_of("letmein")], ["b", ""]]))
    call_command("import_people", file, tenant="000000", dry_run=True, stdout=io.StringIO())
    assert not User.objects.exists()
    out = io.StringIO()
    call_command("import_people", file, tenant="000000", passwords_to=passwords, stdout=out)
    assert "2 new" in out.getvalue()
    assert User.objects.get(account="a").check_password("letmein")
    [[account, password]] = csv.reader(io.StringIO(passwords.read_text("utf-8-sig")))
    assert User.objects.get(account=account).check_password(password)
    assert passwords.stat().st_mode & 0o777 == 0o600
    file.write_bytes(as_csv([["account", "email"], ["c", ""], ["d", "no mail"]]))
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_people", file, tenant="000000", stderr=errors)
    assert "line 3" in errors.getvalue()
    assert not User.objects.filter(account="c").exists()


def test_the_command_overwrites_no_file_and_leaves_none_when_it_fails(tenant: Any, tmp_path: Path) -> None:
    file, taken = tmp_path / "depts.csv", tmp_path / "taken"
    file.write_bytes(as_csv([["account"], ["a"]]))
    taken.write_text("mine")
    with pytest.raises(CommandError):
        call_command("import_people", file, tenant="000000", passwords_to=taken, stdout=io.StringIO())
    assert taken.read_text() == "mine"
    assert not User.objects.exists()
    with pytest.raises(CommandError):
        call_command("import_people", tmp_path / "missing", tenant="000000")
    file.write_bytes(as_csv([["name", "parent"], ["b", "a"], ["a", ""]]))
    call_command("import_people", file, tenant="000000", kind="depts", stdout=io.StringIO())
    assert Dept.objects.get(name="b").parent.name == "a"  # type: ignore[union-attr]  # it has one
