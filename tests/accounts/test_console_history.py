"""The login history in the console: found by whatever an auditor knows, filtered by outcome, kind, dialect and time."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.event_names import names_of
from accounts.models import LoginEvent
from oauthx import errors
from oauthx.errors import Refusal
from tests.factories import make_administrator, make_tenant

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/loginevent/"
NOON = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
EVENTS: dict[str, dict[str, Any]] = {
    "login": {"time": NOON, "account": "zhang", "real_name": "张三", "address": "203.0.113.7", "request_id": "req-1"},
    "refusal": {
        "time": NOON + timedelta(days=1),
        "account": "li",
        "kind": "token",
        "outcome": "refused",
        "reason": "credentials_rejected",
        "dialect": "connect",
        "grant": "password",
        "client_id": "client1",
        "address": "2001:db8::1",
        "request_id": "req-12",
    },
}


@pytest.fixture
def events(client: HttpClient) -> dict[str, LoginEvent]:
    tenant = make_tenant("acme", "Acme")
    client.force_login(make_administrator(tenant, "auditor", permissions=["accounts.view_loginevent"]))
    common = {"tenant_id": tenant.pk, "tenant_code": "acme", "kind": "login", "outcome": "allowed"}
    return {name: LoginEvent.objects.create(**common | fields) for name, fields in EVENTS.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["refusal", "login"]),
        ({"q": "zhang"}, ["login"]),
        ({"q": "张三"}, ["login"]),
        ({"q": "203.0.113.7"}, ["login"]),
        ({"q": "2001:db8::1"}, ["refusal"]),
        ({"q": "req-1"}, ["login"]),
        ({"q": "req-12"}, ["refusal"]),
        ({"q": "no such thing: at all"}, []),
        ({"q": "zhang li"}, []),
        ({"outcome__exact": "refused"}, ["refusal"]),
        ({"kind__exact": "login"}, ["login"]),
        ({"dialect": "connect"}, ["refusal"]),
        ({"grant": "password"}, ["refusal"]),
        ({"reason": "credentials_rejected"}, ["refusal"]),
        ({"client_id__icontains": "client1"}, ["refusal"]),
        ({"time_from_0": "2026-05-02", "time_from_1": "00:00"}, ["refusal"]),
        ({"time_from_0": "2026-05-02"}, ["refusal"]),
        ({"time_from_0": "2026-05-01", "time_from_1": "12:01"}, ["refusal"]),
        ({"time_to_0": "2026-05-01"}, ["login"]),
        ({"time_to_0": "2026-05-01", "time_to_1": "12:00"}, ["login"]),
        ({"time_to_0": "2026-05-01", "time_to_1": "11:59"}, []),
        ({"time_from_0": "no day"}, ["refusal", "login"]),
        ({"time_to_0": "2026-05-01", "time_to_1": "23:59"}, ["login"]),
    ],
    ids=str,
)
def test_events_are_found(
    client: HttpClient, events: dict[str, LoginEvent], query: dict[str, str], found: list[str]
) -> None:
    response = client.get(LIST, query)
    assert response.status_code == 200
    assert list(response.context["cl"].queryset) == [events[name] for name in found]


def test_a_row_tells_who_when_from_where_and_why(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    for address in (LIST, reverse("admin:accounts_loginevent_change", args=[events["refusal"].pk])):
        page = client.get(address).content.decode()
        for text in ("2026-05-02 12:00:00", "li", "2001:db8::1", "client1", "密码错误", "connect", "拒绝"):
            assert text in page, (address, text)


def test_a_list_reads_no_more_of_the_table_than_it_shows(
    client: HttpClient, events: dict[str, LoginEvent], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5) as queries:  # session, user, permissions, count, rows
        client.get(LIST)
    counts = [query["sql"] for query in queries.captured_queries if "COUNT(*)" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 10000" in counts[0]


def test_every_reason_of_the_catalogue_has_a_name() -> None:
    reasons = {entry.reason for entry in vars(errors).values() if isinstance(entry, Refusal) and entry.is_recorded}
    known_elsewhere = {
        reason for reason in reasons if reason.startswith("token")
    }  # of bearer tokens: not in the history
    assert reasons - known_elsewhere <= set(names_of("reason"))
