"""The export of the login history: what the filters find, within the viewer's tenant, and harmless in a spreadsheet."""

import csv
import io
import tracemalloc
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as HttpClient
from openpyxl import load_workbook

from accounts import history_export
from accounts.history_export import FORMATS, neutral
from accounts.models import LoginEvent, User
from tenants.console.transfer.writing import MAX_WORKBOOK_ROWS
from tests.factories import make_administrator, make_tenant, make_user
from tests.tenants.two_tenants import MARK, make_two_tenants

pytestmark = pytest.mark.django_db

EXPORT = "/admin/accounts/loginevent/export/"
NOON = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
MAY_EXPORT = ["accounts.view_loginevent", "accounts.export_loginevent"]


@pytest.fixture
def auditor(client: HttpClient) -> User:
    person = make_administrator(make_tenant("acme", "Acme"), "auditor", permissions=MAY_EXPORT)
    client.force_login(person)
    return person


def _event(person: User, **fields: Any) -> LoginEvent:
    common: dict[str, Any] = {"time": NOON, "kind": "token", "outcome": "allowed", "tenant_id": person.tenant_id}
    return LoginEvent.objects.create(**{**common, **fields})


def _table(client: HttpClient, file_format: str, query: str = "") -> list[list[str]]:
    response: Any = client.post(EXPORT + query, {"format": file_format})
    assert response.status_code == 200
    content = b"".join(response.streaming_content)
    if file_format == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_file_has_what_the_filters_find(client: HttpClient, auditor: User, file_format: str) -> None:
    _event(auditor, account="li", real_name="李四", outcome="refused", reason="credentials_rejected")
    _event(auditor, account="zhang", time=NOON + timedelta(days=1))
    header, *rows = _table(client, file_format, "?account=li")
    assert header[0] == "时间"
    row = dict(zip(header, rows[0], strict=True))
    assert len(rows) == 1
    assert row["时间"] == "2026-05-01 12:00:00.000+08:00"
    assert (row["账号"], row["姓名"], row["原因"], row["结果"]) == ("li", "李四", "密码错误", "拒绝")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_no_cell_is_a_formula(client: HttpClient, auditor: User, file_format: str) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "=cmd|' /C calc'!A0", "a\x00\x1b\ufffeb"]
    for text in evil:
        if "\x00" not in text:
            _event(auditor, account=text, user_agent=text, real_name="=1+1")
    _header, *rows = _table(client, file_format, "?kind=token")
    assert len(rows) == len(evil) - 1
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in row), row
    assert neutral(evil[-1]) == "a���b"


def test_an_export_is_recorded_with_what_was_asked(client: HttpClient, auditor: User) -> None:
    _table(client, "csv", "?account=li&outcome=refused")
    event = LoginEvent.objects.get()
    assert (event.kind, event.account, event.actor, event.user_id) == ("export", "auditor", "auditor", auditor.pk)
    assert event.detail == "csv account=li&outcome=refused"
    assert event.tenant_id == auditor.tenant_id


@pytest.mark.parametrize("permissions", [["accounts.view_loginevent"], ["accounts.export_loginevent"], []])
def test_who_may_not_export_gets_nothing(client: HttpClient, permissions: list[str]) -> None:
    client.force_login(make_administrator(make_tenant(), "clerk", permissions=permissions))
    assert client.post(EXPORT, {"format": "csv"}).status_code == 403
    page = client.get("/admin/accounts/loginevent/")
    assert "loginevent/export" not in page.content.decode()
    assert not LoginEvent.objects.exists()


@pytest.mark.parametrize("file_format", ["pdf", "", "CSV", "__class__"])
def test_an_unknown_format_is_refused(client: HttpClient, auditor: User, file_format: str) -> None:
    assert client.post(EXPORT, {"format": file_format}).status_code == 403
    assert not LoginEvent.objects.exists()


def test_an_export_has_to_be_asked_for_by_its_button(client: HttpClient, auditor: User) -> None:
    assert client.get(EXPORT, {"format": "csv"}).status_code == 405
    strict = HttpClient(enforce_csrf_checks=True)
    strict.force_login(auditor)
    assert strict.post(EXPORT, {"format": "csv"}).status_code == 403


@pytest.mark.parametrize("query", ["?older=x", "?user_agent__startswith=a", "?nonsense=1", "?account=%00"])
def test_an_address_that_no_list_has_exports_nothing(client: HttpClient, auditor: User, query: str) -> None:
    response = client.post(EXPORT + query, {"format": "csv"})
    assert response.status_code == 400
    assert not LoginEvent.objects.exists()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_stays_within_the_viewers_tenant(client: HttpClient, file_format: str) -> None:
    world = make_two_tenants()
    client.force_login(make_administrator(world.tenant, "boss"))
    foreign: Any = world.foreign[LoginEvent]
    for query in ("", f"?q={foreign.account}", f"?account={foreign.account}"):
        table = _table(client, file_format, query)
        assert not any(
            MARK in cell for row in table for cell in row if "?" not in cell and not cell.startswith(file_format)
        )
    assert len(_table(client, file_format, "?kind=login")) == 2
    # A tenant is chosen by the platform alone.
    response = client.post(f"{EXPORT}?tenant={foreign.tenant_code}", {"format": file_format})
    assert response.status_code == 400


def test_the_platform_exports_all_tenants(client: HttpClient) -> None:
    world = make_two_tenants()
    client.force_login(make_user(world.tenant, "platform", is_staff=True, is_superuser=True))
    header, *rows = _table(client, "csv", "?kind=login")
    assert len(rows) == 2
    assert "租户代码" in header
    assert len(_table(client, "csv", "?kind=login&tenant=own")) == 2


def test_memory_does_not_grow_with_the_rows(auditor: User) -> None:
    """Ten times as many rows, the same memory: neither all rows nor the whole file are ever held."""

    def peak(count: int, name: str) -> int:
        rows = ([str(number)] * 20 for number in range(count))
        tracemalloc.start()
        for _chunk in FORMATS[name].write(rows):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    for name, count in (("csv", 1000), ("xlsx", 60)):
        peak(10, name)
        assert peak(10 * count, name) < peak(count, name) + 300_000


def test_an_export_goes_on_from_batch_to_batch(client: HttpClient, auditor: User) -> None:
    count = history_export.BATCH + 5
    LoginEvent.objects.bulk_create(
        LoginEvent(
            time=NOON + timedelta(seconds=number // 7), kind="token", outcome="allowed", tenant_id=auditor.tenant_id
        )
        for number in range(count)
    )
    _header, *rows = _table(client, "csv", "?kind=token")
    assert len({row[-1] for row in rows}) == len(rows) == count


def test_the_right_to_export_can_be_granted_alone() -> None:
    names = set(Permission.objects.filter(content_type__model="loginevent").values_list("codename", flat=True))
    assert names == {"view_loginevent", "export_loginevent"}


def test_a_workbook_takes_only_as_much_as_a_browser_waits_for(auditor: User, client: HttpClient) -> None:
    """Otherwise an hour's requests keep a worker busy for as long as they are many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_loginevent (time, kind, outcome, reason, tenant_id, tenant_code, tenant_name,"
            ' account, real_name, client_id, client_name, dialect, "grant", main_account, fingerprint, user_agent,'
            " request_id, token_id, actor)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= %s)"
            " SELECT %s, 'token', 'allowed', '', %s, '', '', '', '', '', '', '', '', '', '', '', '', '', '' FROM n",
            [MAX_WORKBOOK_ROWS, NOON, auditor.tenant_id],
        )
    response = client.post(f"{EXPORT}?kind=token", {"format": "xlsx"}, follow=True)
    assert response.redirect_chain == [("/admin/accounts/loginevent/?kind=token", 302)]
    assert "100000" in response.content.decode()
    assert not LoginEvent.objects.filter(kind="export").exists()
    assert client.post(f"{EXPORT}?kind=token", {"format": "csv"}).status_code == 200


def test_a_file_has_the_days_and_the_zone_of_the_tenant_that_one_works_in(client: HttpClient) -> None:
    acme = make_tenant("acme", "Acme", time_zone="Pacific/Auckland")
    client.force_login(make_user(make_tenant(), "root", is_staff=True, is_superuser=True))
    assert client.post("/admin/tenants/tenant/choose/", {"tenant": acme.pk}).status_code == 302
    # Of the 2nd of May in Auckland, and of the 1st in Shanghai.
    LoginEvent.objects.create(
        time=NOON + timedelta(hours=9), kind="login", outcome="allowed", account="li", tenant_id=acme.pk
    )
    day = "?kind=login&time_from_0=2026-05-02&time_from_1=00:00:00"
    assert len(client.get(f"/admin/accounts/loginevent/{day}").context["cl"].result_list) == 1
    _header, *rows = _table(client, "csv", day)
    assert [row[0] for row in rows] == ["2026-05-02 01:00:00.000+12:00"]
