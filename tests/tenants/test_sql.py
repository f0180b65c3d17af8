"""Several writes in one go: all or nothing, on both engines alike."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.test.utils import CaptureQueriesContext

from tenants.models import RegistryVersion, Tenant
from tenants.sql import Insert, RowId, Statement, WritePlan, database, prepared_cursor, sql_time, write

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 4, 5, 6, 789, tzinfo=UTC)
PASSES = Statement("SELECT 1 AS id")
LOSES = Statement("SELECT 1 AS id WHERE 1 = 0")


def version(number: int, step: str = "version", when: str | None = None) -> Insert:
    return Insert(step, "tenants_registryversion", {"version": number}, when=when)


def versions() -> list[int]:
    return list(RegistryVersion.objects.order_by("version").values_list("version", flat=True))


def forget(number: int) -> Statement:
    return Statement("DELETE FROM tenants_registryversion WHERE version = %s RETURNING id", (number,))


def test_writes_all_of_it() -> None:
    assert write(WritePlan([version(1, "one"), version(2, "other")], guard=PASSES))
    assert write(WritePlan([version(3)], also=[forget(1), forget(2)]))
    assert versions() == [3]


def test_writes_nothing_when_the_guard_is_lost() -> None:
    write(WritePlan([version(1)]))
    assert not write(WritePlan([version(2)], guard=LOSES, also=[forget(1)]))
    assert versions() == [1]


def test_a_guard_that_changes_a_row_goes_to_one() -> None:
    write(WritePlan([version(1)]))
    guard = Statement("UPDATE tenants_registryversion SET version = 2 WHERE version = 1 RETURNING id")
    assert [write(WritePlan([version(10 + number)], guard=guard)) for number in range(2)] == [True, False]
    assert versions() == [2, 10]


def test_a_row_may_wait_for_a_word_of_the_guard() -> None:
    for word, written in (("1 = 1", [1, 2]), ("1 = 0", [1, 1, 2])):
        guard = Statement(f"SELECT 1 AS id, {word} AS locked")
        assert write(WritePlan([version(1, "always"), version(2, "sometimes", when="locked")], guard=guard))
        assert versions() == written


def test_a_later_row_may_name_an_earlier_one() -> None:
    write(WritePlan([version(7, "first"), Insert("second", "tenants_registryversion", {"version": RowId("first")})]))
    first = RegistryVersion.objects.get(version=7)
    assert RegistryVersion.objects.exclude(pk=first.pk).get().version == first.pk


def test_a_row_that_cannot_be_written_undoes_the_rest() -> None:
    impossible = Insert("impossible", "tenants_registryversion", {"version": None})
    with pytest.raises(IntegrityError), transaction.atomic():
        write(WritePlan([version(1), impossible]))
    assert versions() == []


@pytest.mark.parametrize("text", ["𠮷", "100%", "%s", "$1", "'", '"', "\\", ""])
def test_values_are_values_whatever_they_hold(text: str) -> None:
    Tenant.objects.create(code="a", name=text)
    with prepared_cursor() as cursor:
        cursor.execute("SELECT name FROM tenants_tenant WHERE name = %s AND code = %s", (text, "a"))
        assert cursor.fetchone() == (text,)


def test_a_moment_comes_back_as_it_went() -> None:
    Tenant.objects.create(code="a", name="a", expires_at=NOW)
    guard = Statement("SELECT id FROM tenants_tenant WHERE expires_at = %s", (sql_time(NOW),))
    assert write(WritePlan([], guard=guard))


@pytest.mark.postgresql
def test_is_one_round_trip_on_postgresql() -> None:
    with CaptureQueriesContext(database()) as captured:
        write(WritePlan([version(1, "one"), version(2, "other")], guard=PASSES, also=[forget(1)]))
    assert len(captured) == 1
