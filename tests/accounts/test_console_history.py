"""The login history in the console: found by whatever an auditor knows, filtered by outcome, kind, dialect and time."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import translation

from accounts.event_names import names_of
from accounts.explanations import explain, meanings
from accounts.models import Lockout, LoginEvent
from accounts.verifiers import directory
from oauthx import errors
from oauthx.errors import Refusal
from tenants.models import Tenant
from tests.factories import make_administrator, make_connect_client, make_tenant, make_user

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
        ({"outcome": "refused"}, ["refusal"]),
        ({"kind": "login"}, ["login"]),
        ({"dialect": "connect"}, ["refusal"]),
        ({"grant": "password"}, ["refusal"]),
        ({"reason": "credentials_rejected"}, ["refusal"]),
        ({"client_id": "client1"}, ["refusal"]),
        ({"q": "client1"}, ["refusal"]),
        ({"account": "zhang"}, ["login"]),
        ({"account": " zhang "}, ["login"]),
        ({"account": "zhan"}, []),
        ({"real_name": "张三"}, ["login"]),
        ({"address": "2001:DB8:0::1"}, ["refusal"]),
        ({"address": "no address"}, []),
        ({"request_id": "req-12"}, ["refusal"]),
        ({"kind": "token", "outcome": "refused", "dialect": "connect"}, ["refusal"]),
        ({"kind": "login", "outcome": "refused"}, []),
        ({"account": "li", "time_to_0": "2026-05-01"}, []),
        ({"time_from_0": "2026-05-02", "time_from_1": "00:00"}, ["refusal"]),
        ({"time_from_0": "2026-05-02"}, ["refusal"]),
        ({"time_from_0": "2026-05-01", "time_from_1": "12:01"}, ["refusal"]),
        ({"time_to_0": "2026-05-01"}, ["login"]),
        ({"time_to_0": "2026-05-01", "time_to_1": "12:00"}, ["login"]),
        ({"time_to_0": "2026-05-01", "time_to_1": "11:59"}, []),
        ({"time_from_0": "no day"}, []),
        ({"time_to_0": "2026-05-31", "time_to_1": "late"}, []),
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


def test_a_grant_is_called_by_its_name_and_on_its_own_page_by_both(
    client: HttpClient, events: dict[str, LoginEvent]
) -> None:
    page = client.get(LIST).content.decode()
    assert re.search(r'<td class="field-way_in[^>]*>\s*(<[^>]+>\s*)*密码\s*<', page)
    assert '<option value="password">密码</option>' in page
    assert "密码 (password)" in client.get(f"{LIST}{events['refusal'].pk}/change/").content.decode()


def test_what_keeps_no_history_of_changes_offers_none(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    boss = make_administrator(Tenant.objects.get(), "boss")
    client.force_login(boss)
    for address, has_one in ((f"{LIST}{events['refusal'].pk}/", False), (f"/admin/accounts/user/{boss.pk}/", True)):
        assert (f"{address}history/" in client.get(f"{address}change/").content.decode()) is has_one


def test_a_list_counts_nothing_and_skips_nothing(
    client: HttpClient, events: dict[str, LoginEvent], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4) as queries:  # session, user with tenant, permissions, rows
        client.get(LIST)
    for query in queries.captured_queries:
        assert "COUNT(" not in query["sql"]
        assert "OFFSET" not in query["sql"]


def test_what_is_no_address_is_said_and_not_looked_for(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(LIST, {"address": "<b>203.0.113"})
    assert page.context["cl"].result_list == []
    assert "“&lt;b&gt;203.0.113” is not an IP address" in page.content.decode()


def test_an_empty_list_says_what_was_not_understood(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(LIST, {"time_from_0": "xx", "q": "张"}).content.decode()
    assert "What stands in “time” is no time" in page
    assert "The search looks for: Account, real name, address, request id or client id, in full" in page
    assert "is no time" not in client.get(LIST, {"q": "张"}).content.decode()


def _codes_of_reasons() -> set[str]:
    entries = {entry.reason for entry in vars(errors).values() if isinstance(entry, Refusal) and entry.is_recorded}
    # Those of bearer tokens are not in the history.
    return {reason for reason in entries if not reason.startswith("token")} | {"token_of_another_client"}


def test_every_reason_has_a_name_an_explanation_and_advice() -> None:
    explained = meanings()
    reasons = set(names_of("reason"))
    assert _codes_of_reasons() <= reasons
    # A family of reasons, with the directory's own sub-code at the end.
    assert reasons | {"directory_denied"} == set(explained)
    assert set(directory.REASONS.values()) <= reasons
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for reason, (what, advice) in explained.items():
                assert str(what).strip(), reason
                assert str(advice).strip(), reason


def test_every_kind_of_event_is_explained() -> None:
    for kind in LoginEvent.Kind.values:
        assert explain(LoginEvent(kind=kind, outcome="allowed")).what, kind


def test_an_unknown_reason_and_a_sub_code_are_explained_too() -> None:
    with translation.override("en"):
        unknown = explain(LoginEvent(kind="token", outcome="refused", reason="of_a_later_release"))
        assert "of_a_later_release" in unknown.what
        assert "52f" in explain(LoginEvent(kind="token", outcome="refused", reason="directory_denied:52f")).what


def test_a_refusals_page_says_why_and_what_to_do(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(reverse("admin:accounts_loginevent_change", args=[events["refusal"].pk])).content.decode()
    assert "Why was this refused?" in page
    assert "the password was wrong" in page
    assert "set a new password" in page
    assert "?account=li" in page


def test_links_lead_only_where_the_viewer_may_go(client: HttpClient) -> None:
    tenant = make_tenant("acme", "Acme")
    person = make_user(tenant, "li")
    known_client = make_connect_client(tenant)
    event = LoginEvent.objects.create(
        time=NOON,
        kind="token",
        outcome="refused",
        tenant_id=tenant.pk,
        client_id="client1",
        account="li",
        user_id=person.pk,
        reason="account_locked",
    )
    lock = Lockout.objects.create(tenant=tenant, account="li", failures=5, failed_at=NOON)
    address = reverse("admin:accounts_loginevent_change", args=[event.pk])
    rows = (person, tenant, known_client, lock)
    links = {reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) + '"' for row in rows}
    for account, permissions, expected in (
        ("boss", None, links),
        ("auditor", ["accounts.view_loginevent"], set()),
    ):
        client.force_login(make_administrator(tenant, account, permissions=permissions))
        page = client.get(address).content.decode()
        assert {link for link in links if link in page} == expected


def test_times_are_those_of_the_viewers_tenant(client: HttpClient, events: dict[str, LoginEvent]) -> None:
    Tenant.objects.update(time_zone="America/New_York")
    assert "2026-05-01 00:00:00" in client.get(LIST).content.decode()
    found = client.get(LIST, {"time_from_0": "2026-05-02"}).context["cl"].result_list
    assert found == [events["refusal"]]
    found = client.get(LIST, {"time_from_0": "2026-05-01", "time_to_0": "2026-05-01"}).context["cl"].result_list
    assert found == [events["login"]]
