"""Roles, departments and their trees come by a file, and nobody changes a role that allows more than he may."""

from typing import Any

import pytest
from django.test import Client as HttpClient
from django.utils import translation

from accounts.models import Dept, Role, User
from accounts.models.organisation import MAX_LEVELS
from tenants.models import Tenant
from tests.accounts.importing import Rows, Transfer
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db
ID = 1123598813738675201


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def depts(tenant: Tenant) -> Transfer:
    return Transfer(browser_of(make_administrator(tenant)), "accounts_dept")


@pytest.fixture
def movers(tenant: Tenant) -> Transfer:
    """Of a platform administrator: he alone chooses the ids of new rows."""
    root = make_user(tenant, "root", is_staff=True, is_superuser=True)
    return Transfer(browser_of(root), "accounts_dept")


def test_parents_may_come_after_their_children(movers: Transfer, tenant: Tenant) -> None:
    movers.run(
        [
            ["id", "dept_name", "dept_category", "parent_id"],
            [ID + 2, "平台组", "3", ID + 1],
            [ID + 1, "研发部", "2", ID],
            [ID, "总公司", "1", "0"],
            ["", "测试组", "team", "总公司/研发部"],
        ],
        tenant=tenant.pk,
    )
    group: Any = Dept.objects.get(name="平台组")
    assert (group.pk, group.category) == (ID + 2, "team")
    assert [group.parent_id, group.parent.parent_id, group.parent.parent.parent] == [ID + 1, ID, None]
    assert Dept.objects.get(name="测试组").parent_id == ID + 1


def test_a_new_parent_without_an_id_is_found_by_its_name(depts: Transfer) -> None:
    depts.run([["name", "parent"], ["below", "above"], ["above", ""]])
    assert Dept.objects.get(name="below").parent == Dept.objects.get(name="above")


def test_circles_are_refused_also_through_what_is_there(depts: Transfer, movers: Transfer, tenant: Tenant) -> None:
    movers.run([["id", "name", "parent"], [ID, "a", ""], [ID + 1, "b", ID]], tenant=tenant.pk)
    answer = depts.upload([["id", "name", "parent"], [ID, "a", "c"], ["", "c", "b"]])
    assert {(line, column) for line, column, _text in depts.problems(answer)} == {(2, "Parent"), (3, "Parent")}
    answer = depts.upload([["id", "parent"], [ID, ID]])
    assert [column for _line, column, _text in depts.problems(answer)] == ["Parent"]


def test_only_what_brings_a_tree_below_its_last_level_is_refused(depts: Transfer) -> None:
    chain: Rows = [[f"d{number}", f"d{number - 1}" if number else ""] for number in range(MAX_LEVELS)]
    depts.run([["name", "parent"], *chain, ["a", ""], ["b", "a"]])
    text = "A tree has at most 64 levels: put it higher up."
    answer = depts.upload([["name", "parent"], ["new", "d63"], ["newer", "new"]])
    assert depts.problems(answer) == [(2, "Parent", text)]
    # It takes along what stands below it.
    moved = Dept.objects.get(name="a")
    answer = depts.upload([["id", "parent"], [moved.pk, "d62"]])
    assert depts.problems(answer) == [(2, "Parent", text)]
    depts.run([["id", "parent"], [moved.pk, "d61"]])
    moved.refresh_from_db()
    assert moved.parent == Dept.objects.get(name="d61")


def test_paths_lead_to_rows_that_stand_further_down_in_the_file(depts: Transfer) -> None:
    rows = [["d", "a/b/c"], ["c", "a/b"], ["b", "a"], ["a", ""], ["x", "a/nothing"], ["y", "x"]]
    answer = depts.upload([["name", "parent"], *rows])
    assert [line for line, _column, _text in depts.problems(answer)] == [6]
    depts.run([["name", "parent"], *rows[:4]])
    assert Dept.objects.get(name="d").parent == Dept.objects.get(name="c", parent__name="b", parent__parent__name="a")


def test_a_path_that_leads_to_two_new_rows_is_refused(depts: Transfer) -> None:
    depts.run([["name", "parent"], ["a", ""]])
    key = Dept.objects.get(name="a").pk
    answer = depts.upload([["name", "parent"], ["b", "a"], ["b", key], ["x", "a/b"]])
    assert [(line, text) for line, _column, text in depts.problems(answer)] == [
        (4, "There is more than one department “a/b”: write the id.")
    ]


def test_another_tenants_departments_are_no_parents(depts: Transfer) -> None:
    foreign = Dept.objects.create(tenant=make_tenant("other"), name="FOREIGN")
    for parent in (foreign.pk, foreign.name):
        answer = depts.upload([["name", "parent"], ["mine", parent]])
        assert [column for _line, column, _text in depts.problems(answer)] == ["Parent"]


def test_departments_of_one_name_are_told_apart_by_their_parent(depts: Transfer) -> None:
    rows: Rows = [["name", "parent", "sort"], ["a", "", 1], ["b", "", 2], ["sales", "a", 3], ["sales", "b", 4]]
    depts.run(rows)
    assert Dept.objects.filter(name="sales").count() == 2
    depts.run([*rows[:4], ["sales", "b", 9]])
    assert set(Dept.objects.filter(name="sales").values_list("parent__name", "sort")) == {("a", 3), ("b", 9)}
    answer = depts.upload([["name", "sort"], ["sales", 1]])
    assert [column for _line, column, _text in depts.problems(answer)] == ["Name"]


def test_an_exported_tree_comes_back_as_it_was(depts: Transfer) -> None:
    depts.run([["name", "parent"], ["a", ""], ["b", "a"], ["c", "b"]])
    for kind in ("csv", "xlsx"):
        assert depts.upload(depts.download(kind)).status_code == 302
        assert depts.preview().context["state"]["unchanged"] == 3


def test_roles_come_without_rights_and_stronger_ones_stay_as_they_are() -> None:
    tenant = make_tenant()
    make_administrator(tenant, "mighty")
    granted = [f"accounts.{name}_role" for name in ("view", "add", "change", "import")]
    roles = Transfer(browser_of(make_administrator(tenant, "clerk", permissions=granted)), "accounts_role")
    answer = roles.upload([["name", "alias"], ["role of mighty", "mine"]])
    assert [line for line, _column, _text in roles.problems(answer)] == [2]
    roles.run([["role_name", "role_alias", "permissions"], ["reader", "r", "everything"]])
    reader = Role.objects.get(name="reader")
    assert (reader.alias, reader.permissions.count()) == ("r", 0)
