"""What the directory's people become here: known by their id, with their fields, departments and roles kept fresh."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.models import Dept, DirectoryGroup, Role, SocialIdentity, User
from tests.directory import people
from tests.directory.administrator import Administrator
from tests.directory.conftest import Installation
from tests.directory.samba import Controller
from tests.factories import make_administrator, make_user
from tests.pages import send_form


@pytest.fixture
def administrator(domain: Controller) -> Iterator[Administrator]:
    with Administrator(domain) as signed_in:
        yield signed_in


def names_of_depts(user: User) -> list[str]:
    return [row.dept.name for row in user.userdept_set.select_related("dept")]


def names_of_roles(user: User) -> set[str]:
    return set(user.roles.values_list("name", flat=True))


def test_the_units_above_a_person_become_departments(installation: Installation) -> None:
    installation.sign_in()
    user = User.objects.get(account="zhangsan")
    team = user.depts.get()
    assert (team.name, team.parent.name, team.parent.parent) == ("一组", "研发部", None)  # type: ignore[union-attr]
    installation.sign_in("wanderer")
    assert User.objects.get(account="wanderer").depts.get() == team.parent
    assert Dept.objects.count() == 2


def test_a_department_of_the_right_name_is_taken_over(installation: Installation) -> None:
    mine = Dept.objects.create(tenant=installation.world.tenant, name="研发部")
    installation.sign_in("wanderer")
    assert User.objects.get(account="wanderer").depts.get() == mine


def test_departments_can_come_from_an_attribute(installation: Installation, administrator: Administrator) -> None:
    administrator.add_person("pathway", "路径", department="总部 / 财务部/出纳")
    installation.change(department_attribute="department")
    installation.sign_in("pathway")
    dept: Dept | None = User.objects.get(account="pathway").depts.get()
    names = []
    while dept is not None:
        names.append(dept.name)
        dept = dept.parent
    assert names == ["出纳", "财务部", "总部"]
    installation.sign_in("pathway")
    assert Dept.objects.count() == 3


def test_a_renamed_and_moved_person_keeps_his_row(installation: Installation, administrator: Administrator) -> None:
    administrator.add_person("mobile1", "旧名", mail="old@corp.example.test", mobile="13900000001")
    installation.sign_in("mobile1")
    user = User.objects.get(account="mobile1")
    console_dept = Dept.objects.create(tenant=user.tenant, name="项目组")
    user.assign(depts=[console_dept])
    dn = f"CN=旧名,{people.SALES}"
    administrator.change(dn, sAMAccountName="mobile2", displayName="新名", mail="new@corp.example.test", mobile="")
    administrator.rename(dn, "CN=新名", people.LAB)
    assert installation.sign_in("mobile1").status_code == 400
    assert installation.last_event.reason == "unknown_user"
    assert installation.sign_in("mobile2").status_code == 200
    user.refresh_from_db()
    assert (user.account, user.real_name, user.email, user.phone) == ("mobile2", "新名", "new@corp.example.test", None)
    assert names_of_depts(user) == ["研发部", "项目组"]
    assert installation.last_event.user_id == user.pk


def test_a_new_person_with_an_old_name_gets_another_row(
    installation: Installation, administrator: Administrator
) -> None:
    first = administrator.add_person("reused", "前任")
    installation.sign_in("reused")
    before = installation.user_of(first)
    # He is renamed, and does not sign in before somebody else gets his name.
    administrator.change(f"CN=前任,{people.SALES}", sAMAccountName="formerly")
    second = administrator.add_person("reused", "后任", userPrincipalName="reused@corp.example.test")
    assert installation.sign_in("reused").status_code == 200
    successor = installation.user_of(second)
    assert successor.pk != before.pk
    assert successor.account == "reused@corp.example.test"
    # Once the name is free here, too, it is his.
    installation.sign_in("formerly")
    installation.sign_in("reused")
    before.refresh_from_db()
    successor.refresh_from_db()
    assert (before.account, successor.account) == ("formerly", "reused")


def test_a_local_account_of_the_same_name_stays_whose_it_is(
    installation: Installation, administrator: Administrator
) -> None:
    guid = administrator.add_person("boss", "冒名")
    local = make_user(installation.world.tenant, "boss", "local password", is_superuser=True)
    other = make_user(installation.world.tenant, "boss2", None, phone="13900000002")
    administrator.change(f"CN=冒名,{people.SALES}", mobile="139 0000 0002")
    assert installation.sign_in("boss").status_code == 200
    newcomer = installation.user_of(guid)
    assert newcomer.pk not in {local.pk, other.pk}
    # Neither the name nor the number of somebody else.
    assert (newcomer.account, newcomer.phone) == (f"boss~{guid}", None)
    assert not newcomer.is_superuser
    assert not SocialIdentity.objects.filter(user=local).exists()


def test_a_person_signs_in_by_the_directory_alone(installation: Installation) -> None:
    installation.sign_in()
    assert installation.sign_in(grant_type="password").status_code == 400
    assert installation.last_event.reason == "credentials_rejected"


def test_nobody_is_made_where_only_a_synchronisation_makes_people(installation: Installation) -> None:
    installation.change(create_users=False)
    assert installation.sign_in().json()["error"] == "invalid_grant"
    assert installation.last_event.reason == "directory_user_unknown"
    assert not SocialIdentity.objects.exists()


def test_the_accounts_of_a_tenant_are_limited(installation: Installation) -> None:
    tenant = installation.directory.tenant
    tenant.account_limit = User.objects.filter(tenant=tenant).count()
    tenant.save()
    assert installation.sign_in().json()["error"] == "invalid_grant"
    assert installation.last_event.reason == "account_limit_reached"


def test_an_attribute_without_a_name_is_left_to_the_console(installation: Installation) -> None:
    installation.change(mail_attribute="", phone_attribute="")
    installation.sign_in()
    User.objects.filter(account="zhangsan").update(email="console@example.org")
    installation.sign_in()
    assert User.objects.get(account="zhangsan").email == "console@example.org"


@pytest.fixture
def roles(installation: Installation, administrator: Administrator) -> dict[str, Role]:
    """A role for each of two groups, one inside the other, and one that everybody gets."""
    tenant = installation.world.tenant
    made = {name: Role.objects.create(tenant=tenant, name=name, alias=name) for name in ("dev", "all", "basic", "own")}
    for group, name in ((people.DEVELOPERS, "dev"), (people.EVERYBODY, "all")):
        sid = administrator.sid_of(group)
        DirectoryGroup.objects.create(directory=installation.directory, sid=sid, role=made[name])
    installation.directory.default_roles.set([made["basic"]])
    return made


def test_groups_within_groups_bring_roles(installation: Installation, roles: dict[str, Role]) -> None:
    installation.sign_in()
    installation.sign_in("o'brien")
    assert names_of_roles(User.objects.get(account="zhangsan")) == {"basic", "dev", "all"}
    assert names_of_roles(User.objects.get(account="o'brien")) == {"basic"}


def test_roles_go_with_the_group_and_come_with_it(
    installation: Installation, administrator: Administrator, roles: dict[str, Role]
) -> None:
    administrator.add_person("joiner", "新人")
    installation.sign_in("joiner")
    user = User.objects.get(account="joiner")
    user.assign(roles=[roles["own"]])
    dn = f"CN=新人,{people.SALES}"
    administrator.add_member(people.DEVELOPERS, dn)
    installation.sign_in("joiner")
    assert names_of_roles(user) == {"basic", "own", "dev", "all"}
    administrator.remove_member(people.DEVELOPERS, dn)
    installation.sign_in("joiner")
    assert names_of_roles(user) == {"basic", "own"}


def test_what_a_group_brought_goes_with_its_mapping(installation: Installation, roles: dict[str, Role]) -> None:
    installation.sign_in()
    user = User.objects.get(account="zhangsan")
    user.assign(roles=[roles["own"]])
    assert names_of_roles(user) == {"basic", "dev", "all", "own"}
    DirectoryGroup.objects.filter(role=roles["dev"]).delete()
    DirectoryGroup.objects.filter(role=roles["all"]).update(role=roles["own"])
    installation.sign_in()
    # What somebody here gave stays: the directory did not give it.
    assert names_of_roles(user) == {"basic", "own"}
    DirectoryGroup.objects.all().delete()
    installation.sign_in()
    assert names_of_roles(user) == {"basic", "own"}


def test_what_the_console_puts_in_place_of_a_groups_role_is_the_consoles(
    installation: Installation, roles: dict[str, Role]
) -> None:
    installation.sign_in()
    user = User.objects.get(account="zhangsan")
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    order = list(user.userrole_set.values_list("role", flat=True))
    field = f"userrole_set-{order.index(roles['dev'].pk)}-role"
    page = reverse("admin:accounts_user_change", args=[user.pk])
    assert send_form(browser, page, "user_form", **{field: str(roles["own"].pk)}).status_code == 302
    DirectoryGroup.objects.filter(role=roles["dev"]).delete()
    installation.sign_in()
    assert names_of_roles(user) == {"basic", "own", "all"}


def test_a_claim_carries_the_roles_of_the_first_sign_in(installation: Installation, roles: dict[str, Role]) -> None:
    client = installation.world.of(installation.client)
    client.scopes = [*client.scopes, "organisation"]
    client.save()
    token: Any = installation.sign_in(scope="openid organisation").json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    told = installation.world.http.get("/connect/userinfo", headers=bearer).json()
    assert "dev" in str(told)
    assert "一组" in str(told)


def test_somebody_disabled_here_stays_out(installation: Installation) -> None:
    installation.sign_in()
    User.objects.filter(account="zhangsan").update(is_active=False)
    assert installation.sign_in().json()["error"] == "invalid_grant"
    assert installation.last_event.reason == "account_disabled"
    assert installation.last_event.account == "zhangsan"
