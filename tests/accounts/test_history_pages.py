"""Pages of the login history: every row once, in both directions, however many stand between those that match."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q
from django.test import Client as HttpClient

from accounts.models import LoginEvent
from tenants.console.keyset import Page, Position, Search, find_page
from tests.factories import make_administrator, make_tenant

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/loginevent/"
NOON = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
NUMBER = 130


@pytest.fixture
def rows(client: HttpClient) -> list[LoginEvent]:
    """Newest first. Always three have the same moment, and every tenth was refused."""
    tenant = make_tenant("acme", "Acme")
    client.force_login(make_administrator(tenant, "auditor", permissions=["accounts.view_loginevent"]))
    made = LoginEvent.objects.bulk_create(
        LoginEvent(
            time=NOON + timedelta(seconds=number // 3),
            kind="token",
            outcome="allowed" if number % 10 else "refused",
            account="zhang" if number % 2 else "li",
            tenant_id=tenant.pk,
        )
        for number in range(NUMBER)
    )
    return sorted(made, key=lambda event: (event.time, event.pk), reverse=True)


def _walk(
    search: Search, size: int, *, newer: bool = False, start: Position | None = None, **limits: int
) -> list[Page]:
    pages = [find_page(search, size, start, newer=newer, **limits)]
    while pages[-1].goes_on is not None:
        pages.append(find_page(search, size, pages[-1].goes_on, newer=newer, **limits))
        assert len(pages) < 200
    return pages


def _of(*conditions: Q) -> Search:
    leading = matching = LoginEvent.objects.all()
    for number, condition in enumerate(conditions):
        matching = matching.filter(condition)
        leading = leading if number else matching
    return Search(matching, leading)


def test_pages_have_every_row_once_in_order(rows: list[LoginEvent]) -> None:
    for size in (1, 7, 50, 129, 130, 131):
        older = _walk(_of(), size)
        assert [row for page in older for row in page.rows] == rows
        assert all(len(page.rows) == size for page in older[:-1])
        last = Position(rows[-1].time, rows[-1].pk)
        newer = _walk(_of(), size, newer=True, start=last)
        assert [row for page in reversed(newer) for row in page.rows] == rows[:-1]


@pytest.mark.parametrize("newer", [False, True])
def test_a_bounded_search_finds_every_match_once(rows: list[LoginEvent], newer: bool) -> None:
    search = _of(Q(account="li"), Q(outcome="refused"))
    expected = [row for row in rows if row.account == "li" and row.outcome == "refused"]
    start = Position(NOON - timedelta(1), 0) if newer else None
    for reach in (1, 2, 3, 17, 500):
        for patience_ms in (0, 1000):
            pages = _walk(search, 3, newer=newer, start=start, reach=reach, patience_ms=patience_ms)
            found = [row for page in (reversed(pages) if newer else pages) for row in page.rows]
            assert found == expected, (reach, patience_ms)


def test_a_bounded_search_says_how_far_it_has_come(rows: list[LoginEvent]) -> None:
    page = find_page(_of(Q(account="li"), Q(reason="never")), 3, patience_ms=0, reach=10)
    assert page.rows == []
    assert page.searched_to is not None
    assert page.goes_on == Position(page.searched_to, 0)
    assert find_page(_of(Q(account="nobody"), Q(reason="never")), 3, patience_ms=0).goes_on is None


@pytest.mark.postgresql
def test_a_search_that_runs_out_of_its_time_is_bounded_instead(rows: list[LoginEvent]) -> None:
    # Sleeps a little at each row, as a row does that has to be fetched from a slow disk.
    slow = Q(id__in=LoginEvent.objects.extra(where=["pg_sleep(0.01) IS NOT NULL"]).values("id"))
    search = Search(LoginEvent.objects.filter(Q(account="li") & slow), LoginEvent.objects.filter(account="li"))
    page = find_page(search, 3, patience_ms=20, reach=5)
    assert len(page.rows) <= 4
    assert LoginEvent.objects.count() == NUMBER


def _links(client: HttpClient, address: str) -> Any:
    return client.get(LIST + address).context["cl"]


def test_links_lead_to_and_fro(client: HttpClient, rows: list[LoginEvent]) -> None:
    first = _links(client, "?account=li")
    li = [row for row in rows if row.account == "li"]
    assert first.result_list == li[:50]
    assert not first.newer_url
    second = _links(client, first.older_url)
    assert second.result_list == li[50:]
    assert not second.older_url
    back = _links(client, second.newer_url)
    assert back.result_list == li[:50]
    assert not back.newer_url
    newest = _links(client, second.newest_url)
    assert newest.result_list == li[:50]


def test_a_page_is_not_left_half_at_the_top(client: HttpClient, rows: list[LoginEvent]) -> None:
    fifth = Position(rows[4].time, rows[4].pk)
    assert _links(client, f"?newer={fifth}").result_list == rows[:50]


def test_rows_that_come_meanwhile_move_nothing(client: HttpClient, rows: list[LoginEvent]) -> None:
    older = _links(client, "").older_url
    LoginEvent.objects.create(
        time=NOON + timedelta(days=1), kind="token", outcome="allowed", tenant_id=rows[0].tenant_id
    )
    assert _links(client, older).result_list == rows[50:100]


@pytest.mark.parametrize(
    "text", ["x", "-", "1-", "-1", "1-x", "1--1", "１-１", "9" * 30 + "-1", f"1-{1 << 63}", "1-1-1", "0x1-1", "²-1"]
)
def test_a_position_that_nobody_wrote_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Position.read(text)


def test_a_position_is_read_as_it_was_written() -> None:
    position = Position(NOON + timedelta(microseconds=1), (1 << 63) - 1)
    assert Position.read(str(position)) == position


def test_a_broken_address_leads_to_the_first_page(client: HttpClient, rows: list[LoginEvent]) -> None:
    for name in ("older", "newer"):
        response = client.get(LIST, {name: "x"}, follow=True)
        assert response.status_code == 200
        assert response.context["cl"].result_list == rows[:50]
