"""What a small file may cost: the answer grows with its rows, not with their square or cube."""

import time

import pytest
from django.test import Client as HttpClient

from accounts.admin.transfer.people import UserResource
from accounts.models import Dept
from tenants.console.transfer.entries import MAX_PROBLEMS, Platform, Scope
from tenants.console.transfer.reading import FileRefusedError, Limits, Line, Table, read_table
from tenants.models import Tenant
from tests.accounts.importing import Rows, Transfer
from tests.factories import make_administrator, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Of a processor's time; a tree of so many rows that is broad takes a third of a second.
SECONDS = 3.0


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def depts(tenant: Tenant) -> Transfer:
    browser = HttpClient()
    browser.force_login(make_administrator(tenant))
    return Transfer(browser, "accounts_dept")


def _deep() -> Rows:
    """Each below the one before."""
    return [[f"d{number}", f"d{number - 1}" if number else ""] for number in range(4000)]


def _unplaced() -> Rows:
    """In each round one finds its place, by a path that the round before made; two thousand look in vain."""
    names = [chr(0x4E00 + number) for number in range(200)]
    chain = [[name, "/".join(names[:number])] for number, name in enumerate(names)]
    return [*reversed(chain), *([f"o{number}", "nowhere"] for number in range(2000))]


@pytest.mark.parametrize("rows", [_deep(), _unplaced()], ids=["deep", "unplaced"])
def test_a_tree_is_checked_in_little_time(depts: Transfer, rows: Rows) -> None:
    begun = time.process_time()
    depts.upload([["name", "parent"], *rows])
    assert time.process_time() - begun < SECONDS


def test_departments_of_one_name_are_found_in_little_time(depts: Transfer, tenant: Tenant) -> None:
    above = Dept.objects.bulk_create(Dept(tenant=tenant, name=f"d{number}") for number in range(2000))
    Dept.objects.bulk_create(Dept(tenant=tenant, name="same", parent=dept) for dept in above)
    begun = time.process_time()
    depts.upload([["name", "parent", "sort"], *(["same", f"d{number}", "1"] for number in range(2000))])
    assert time.process_time() - begun < SECONDS
    assert depts.preview().context["state"]["changed"] == 2000


def test_no_more_problems_are_collected_than_anybody_reads(tenant: Tenant) -> None:
    names = ",".join(f"n{number}" for number in range(50_000))
    table = Table(("account", "roles"), (Line(2, ("zhang", names)), Line(3, ("li", names))))
    report = UserResource(Scope(Platform(), tenant)).check(table)
    assert (len(report.problems), report.is_cut) == (MAX_PROBLEMS, True)


def test_a_file_of_empty_lines_is_refused_before_they_are_read_to_the_end() -> None:
    with pytest.raises(FileRefusedError):
        read_table(b"account\n" + b"\n" * 30 + b"zhang\n", Limits(1000, 1000, 5))
    assert len(read_table(b"account\n" + b"\n" * 20 + b"zhang\n", Limits(1000, 1000, 5)).lines) == 1
