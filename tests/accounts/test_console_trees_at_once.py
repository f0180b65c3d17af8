"""Roles and departments that are moved at the same moment, each to a place that is right by itself, make no circle."""

import uuid
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.test import Client as HttpClient

from accounts.departments import read_tree, rearrange, under
from accounts.directories.departments import Unit, settle
from accounts.models import Dept, Directory, DirectoryDept, Role, User
from tenants.models import Tenant
from tests.accounts.meanwhile import do_meanwhile
from tests.factories import make_administrator, make_tenant


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


def browser_of(person: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(person)
    return browser


def put_below(browser: HttpClient, row: Any, parent: Any) -> int:
    """The status of the row's form, sent with this parent."""
    form = {"name": row.name, "alias": "", "category": "department", "parent": parent.pk, "sort": 0}
    return browser.post(f"/admin/accounts/{row._meta.model_name}/{row.pk}/change/", form).status_code


@pytest.mark.parametrize("model", [Role, Dept])
# On SQLite one waits for the other anyway.
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_forms_at_once_the_second_is_refused_what_makes_a_circle(tenant: Tenant, model: Any) -> None:
    boss = make_administrator(tenant, "boss")
    a, b = (model.objects.create(tenant=tenant, name=name) for name in "ab")
    browsers = browser_of(boss), browser_of(boss)
    statuses = do_meanwhile(
        post_save, model, lambda: put_below(browsers[0], a, b), lambda: put_below(browsers[1], b, a)
    )
    assert statuses == (302, 200)
    assert [model.objects.get(pk=row.pk).parent_id for row in (a, b)] == [b.pk, None]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_directory_does_not_move_a_department_below_what_is_being_put_below_it(tenant: Tenant) -> None:
    browser = browser_of(make_administrator(tenant, "boss"))
    directory = Directory.objects.create(
        tenant=tenant, name="AD", servers="ldaps://dc", base_dn="DC=x", service_account="x", service_password="x"
    )
    units = [Unit(str(uuid.UUID(int=number)), name) for number, name in enumerate("ab")]
    a, b = (Dept.objects.create(tenant=tenant, name=unit.name) for unit in units)
    for unit, dept in zip(units, (a, b), strict=True):
        DirectoryDept.objects.create(directory=directory, key=unit.key, dept=dept)

    def synchronise() -> None:
        with transaction.atomic():
            settle(directory, units)

    do_meanwhile(post_save, Dept, lambda: put_below(browser, a, b), synchronise)
    assert [Dept.objects.get(pk=dept.pk).parent_id for dept in (a, b)] == [b.pk, None]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_typed_in_leaves_a_row_where_it_was_moved_meanwhile(tenant: Tenant) -> None:
    browser = browser_of(make_administrator(tenant, "boss"))
    a = Dept.objects.create(tenant=tenant, name="a")
    b = Dept.objects.create(tenant=tenant, name="b", parent=a)
    counts = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1}
    row = {"form-0-id": b.pk, "form-0-sort": 7, "_save": ""}

    def move() -> None:
        rearrange(Dept.objects.get(pk=b.pk), under(None))
        rearrange(Dept.objects.get(pk=a.pk), under(b.pk))

    do_meanwhile(pre_save, Dept, lambda: browser.post("/admin/accounts/dept/", {**counts, **row}), move)
    assert [(dept.parent_id, dept.sort) for dept in (Dept.objects.get(pk=a.pk), Dept.objects.get(pk=b.pk))] == [
        (b.pk, 1),
        (None, 7),
    ]


@pytest.mark.django_db
def test_a_circle_that_is_there_is_shown_and_mended(client: HttpClient, tenant: Tenant) -> None:
    client.force_login(make_administrator(tenant, "boss"))
    a, b, c = (Dept.objects.create(tenant=tenant, name=name) for name in "abc")
    Dept.objects.filter(pk=a.pk).update(parent=b)
    Dept.objects.filter(pk__in=[b.pk, c.pk]).update(parent=a)
    assert [len(read_tree(tenant.pk).below(above)) for above in (None, a.pk, b.pk, c.pk)] == [1, 1, 1, 0]
    page = client.get(f"/admin/accounts/dept/tree/?open={a.pk}.{b.pk}")
    assert all(f'id="dept-{dept.pk}"' in page.content.decode() for dept in (a, b, c))
    # By its form, as by a move.
    form = {"name": "a", "category": "department", "parent": "", "sort": 0}
    assert client.post(f"/admin/accounts/dept/{a.pk}/change/", form).status_code == 302
    assert list(read_tree(tenant.pk).below(None)) == [a.pk]
