"""The look-up that every sign-in begins with: one row, the person with his organisation in the order of assignment."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Dept, Post, Role, User, UserDept
from accounts.people import Person, look_up
from tenants.models import Tenant
from tests import factories


@pytest.fixture
def tenant(db: None) -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def user(tenant: Tenant) -> User:
    return factories.make_user(tenant, password=None)


def person_of(user: User) -> Person:
    person = look_up(user.tenant_id, user.account).person
    assert person is not None
    return person


def dept(tenant: Tenant, name: str, category: str = "department", parent: Dept | None = None) -> Dept:
    return Dept.objects.create(tenant=tenant, name=name, category=category, parent=parent)


def test_brings_the_person_as_he_is(tenant: Tenant) -> None:
    fields: dict[str, Any] = {
        "nick_name": "超级",
        "avatar": "a.png",
        "email": "a@b.example",
        "phone": "1",
        "job_number": "7",
    }
    user = factories.make_user(tenant, password=None, **fields)
    person = person_of(user)
    assert (person.user_id, person.tenant_id, person.account, person.is_active) == (user.pk, tenant.pk, "admin", True)
    assert {name: getattr(person, name) for name in fields} == fields
    assert (person.roles, person.post_ids, person.dept_ids, person.company_id) == ((), (), (), None)


def test_says_what_is_not_there(tenant: Tenant) -> None:
    found = look_up(tenant.pk, "nobody")
    assert (found.person, found.main_account, found.locked_until, found.has_failures) == (None, None, None, False)


def test_knows_no_one_of_another_tenant(tenant: Tenant) -> None:
    other = factories.make_tenant("000001")
    factories.make_user(other, "theirs", None, is_main_account=True)
    found = look_up(tenant.pk, "theirs")
    assert (found.person, found.main_account) == (None, None)


def test_names_the_tenants_main_account_whoever_is_asked_for(tenant: Tenant) -> None:
    factories.make_user(tenant, "boss", None, is_main_account=True)
    assert look_up(tenant.pk, "nobody").main_account == "boss"


def test_is_one_statement_however_much_there_is(user: User) -> None:
    tenant = user.tenant
    for number in range(5):
        user.assign(
            roles=[Role.objects.create(tenant=tenant, name=f"r{number}", alias=f"r{number}")],
            posts=[Post.objects.create(tenant=tenant, code=f"p{number}", name="p")],
            depts=[dept(tenant, f"d{number}")],
        )
    with CaptureQueriesContext(connection) as captured:
        person = person_of(user)
    assert len(captured) == 1
    assert (len(person.roles), len(person.post_ids), len(person.dept_ids)) == (5, 5, 5)


def test_keeps_the_order_of_assignment(user: User) -> None:
    roles = [
        Role.objects.create(tenant=user.tenant, id=number, name=str(number), alias=f"r{number}")
        for number in (30, 10, 20)
    ]
    posts = [Post.objects.create(tenant=user.tenant, id=number, code=str(number), name="p") for number in (3, 1, 2)]
    depts = [Dept.objects.create(tenant=user.tenant, id=number, name="d") for number in (9, 7, 8)]
    user.assign(roles=roles[:1], posts=posts[:2], depts=depts[:1])
    user.assign(roles=roles[1:], posts=posts[2:], depts=depts[1:])
    person = person_of(user)
    assert [role.role_id for role in person.roles] == [30, 10, 20]
    assert [role.alias for role in person.roles] == ["r30", "r10", "r20"]
    assert (person.post_ids, person.dept_ids) == ((3, 1, 2), (9, 7, 8))


def test_ids_of_nineteen_digits_keep_them_all(user: User) -> None:
    role = Role.objects.create(tenant=user.tenant, id=1322379010662809601, name="r", alias="r")
    post = Post.objects.create(tenant=user.tenant, id=1336937752625016834, code="p", name="p")
    user.assign(roles=[role], posts=[post])
    person = person_of(user)
    assert (person.roles[0].role_id, person.post_ids) == (1322379010662809601, (1336937752625016834,))


def test_aliases_may_hold_anything(user: User) -> None:
    alias = 'a,"b"\\\'{}𠮷'
    user.assign(roles=[Role.objects.create(tenant=user.tenant, name="r", alias=alias)])
    assert person_of(user).roles[0].alias == alias


def test_the_company_is_the_nearest_at_or_above_the_first_department(user: User) -> None:
    group = dept(user.tenant, "group", "company")
    firm = dept(user.tenant, "firm", "company", group)
    section = dept(user.tenant, "section", "department", firm)
    team = dept(user.tenant, "team", "team", section)
    elsewhere = dept(user.tenant, "elsewhere", "company")
    user.assign(depts=[team, elsewhere])
    assert person_of(user).company_id == firm.pk
    UserDept.objects.filter(user=user, dept=team).update(position=9)
    assert person_of(user).company_id == elsewhere.pk


def test_a_company_is_its_own_nearest(user: User) -> None:
    group = dept(user.tenant, "group", "company")
    firm = dept(user.tenant, "firm", "company", group)
    user.assign(depts=[firm])
    assert person_of(user).company_id == firm.pk


def test_without_a_company_above_there_is_none(user: User) -> None:
    """Not even that of a second department."""
    top = dept(user.tenant, "top")
    user.assign(depts=[dept(user.tenant, "team", "team", top), dept(user.tenant, "firm", "company")])
    assert person_of(user).company_id is None


def test_a_circle_of_departments_ends_the_walk(user: User) -> None:
    one = dept(user.tenant, "one")
    other = dept(user.tenant, "other", parent=one)
    Dept.objects.filter(pk=one.pk).update(parent=other)
    user.assign(depts=[one])
    assert person_of(user).company_id is None
