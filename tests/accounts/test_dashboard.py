"""The console's first page: the viewer's numbers, each leading to the list that it counts, and what needs attention."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, Lockout, LoginEvent
from oauthx.models import SigningKey
from oauthx.signing import create_key
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = pytest.mark.django_db

PAGE = "/admin/"
HISTORY = "accounts.view_loginevent"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def open_page(client: HttpClient, tenant: Tenant) -> Callable[..., str]:
    """The page as somebody of the tenant with these permissions sees it, in English."""

    def open_it(*permissions: str, **query: str) -> str:
        client.force_login(make_administrator(tenant, f"a{uuid4().hex}", permissions=[*permissions]))
        response = client.get(PAGE, query, headers={"accept-language": "en"})
        assert response.status_code == 200
        return str(response.content.decode())

    return open_it


def note(tenant: Tenant, number: int = 1, **fields: Any) -> None:
    common = {"time": timezone.now(), "kind": "token", "outcome": "allowed", "account": "li", "client_id": "app"}
    for _n in range(number):
        LoginEvent.objects.create(tenant_id=tenant.pk, tenant_code=tenant.code, **{**common, **fields})


def refuse(tenant: Tenant, reason: str, number: int = 1, **fields: Any) -> None:
    note(tenant, number, outcome="refused", reason=reason, **fields)


def addresses(page: str, text: str) -> list[str]:
    """Where the links of this text lead."""
    return [unescape(found) for found in re.findall(rf'href="([^"]*)"[^>]*>\s*{re.escape(text)}\s*<', page)]


def test_shows_the_numbers_of_the_viewers_tenant_alone(open_page: Callable[..., str], tenant: Tenant) -> None:
    note(tenant, 3, client_name="Ours")
    refuse(tenant, "credentials_rejected", 2)
    other = make_tenant("other", "Other")
    note(other, 40, client_name="Theirs", client_id="theirs")
    refuse(other, "captcha_mismatch", 40)
    page = open_page(HISTORY)
    assert "allowed: 3" in page
    assert "refused: 2" in page
    assert "Ours" in page
    assert "Theirs" not in page
    assert "wrong captcha" not in page


def test_a_platform_administrator_sees_all_tenants(client: HttpClient, tenant: Tenant) -> None:
    note(tenant, 3)
    note(make_tenant("other", "Other"), 4)
    client.force_login(make_user(tenant, "root", is_staff=True, is_superuser=True))
    assert "7" in re.findall(r"is-allowed\">[^<]*?(\d+)</span>", client.get(PAGE).content.decode())


@pytest.mark.parametrize("span", ["day", "week", "month", "", "no such thing"])
def test_every_number_leads_to_a_list_of_as_many(
    open_page: Callable[..., str], client: HttpClient, tenant: Tenant, span: str
) -> None:
    refuse(tenant, "credentials_rejected", 2)
    note(tenant, 2)
    note(tenant, kind="login")
    # No sign-ins, though of the same client, for the same reason.
    refuse(tenant, "credentials_rejected", kind="lockout")
    note(tenant, kind="logout")
    # Long before any of the spans, and so in no number.
    refuse(tenant, "credentials_rejected", time=timezone.now() - timedelta(days=90))
    page = open_page(HISTORY, span=span)
    for text, number in (("wrong password", 2), ("app", 5), ("3", 3), ("2", 2)):
        [address] = addresses(page, text)
        listed = client.get(address).content.decode()
        assert listed.count('class="field-moment') == number, text


def test_the_chart_has_a_bar_for_each_step(open_page: Callable[..., str], tenant: Tenant) -> None:
    for hours in range(0, 20, 2):
        note(tenant, time=timezone.now() - timedelta(hours=hours))
    page = open_page(HISTORY, span="day")
    assert page.count('<rect class="is-allowed"') == 10
    assert len(re.findall(r'<th scope="row">\d\d:00</th>', page)) == 24


def test_days_are_those_of_the_tenants_zone(open_page: Callable[..., str], tenant: Tenant) -> None:
    tenant.time_zone = "Pacific/Kiritimati"
    tenant.save()
    today = timezone.now().astimezone(tenant.zone)
    page = open_page(HISTORY)
    assert f'<th scope="row">{today:%m-%d}</th>' in page
    assert re.findall(r'<th scope="row">(\d\d-\d\d)</th>', page)[-1] == f"{today:%m-%d}"


def test_who_may_see_nothing_is_told_where_to_go(open_page: Callable[..., str], tenant: Tenant) -> None:
    refuse(tenant, "directory_unreachable")
    page = open_page("accounts.view_post")
    assert "Sign-ins" not in page
    assert "directory unreachable" not in page
    assert "Nothing among what your roles let you see." in page
    assert "all is well" not in page
    assert "30 days" not in page, "no panel looks back"
    assert "30 days" in open_page(HISTORY)
    assert "Your roles do not let you see sessions." in page


def test_counts_open_sessions_only(open_page: Callable[..., str], tenant: Tenant) -> None:
    now = timezone.now()
    user = make_user(tenant, "li")
    for ends, ended in ((1, None), (1, None), (-1, None), (1, now)):
        BrowserSession.objects.create(
            user=user, auth_time=now, expires_at=now + timedelta(hours=ends), ended_at=ended, session_key=uuid4().hex
        )
    page = open_page("accounts.view_browsersession")
    # Two, and the viewer's own.
    assert addresses(page, "3") == ["/admin/accounts/browsersession/?state=open"]


def test_what_needs_attention_is_named_for_those_who_may_see_it(open_page: Callable[..., str], tenant: Tenant) -> None:
    now = timezone.now()
    tenant.expires_at = now + timedelta(days=3)
    tenant.save()
    Lockout.objects.create(
        tenant=tenant, account="li", failures=5, failed_at=now, locked_until=now + timedelta(minutes=9)
    )
    refuse(tenant, "directory_unreachable", 2, kind="token")
    refuse(tenant, "sms_gateway_failed", kind="sms_sent")
    make_client("app1", "s", tenant=tenant, previous_secret_expires_at=now + timedelta(days=2))
    key = create_key("HS256", tenant=tenant)
    SigningKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(days=400))
    rights = {
        "tenants.view_tenant": "Acme (acme) expires on",
        "accounts.view_lockout": "1 account is locked.",
        HISTORY: "2 times in the last 24 hours: directory unreachable.",
        "oauthx.view_client": "The old secret of client app1 works until",
        "oauthx.view_signingkey": "is 400 days old",
    }
    for right, text in rights.items():
        page = open_page(right)
        assert [other for other in rights.values() if other in page] == [text]


def test_what_fails_stands_first_and_is_called_urgent(open_page: Callable[..., str], tenant: Tenant) -> None:
    Lockout.objects.create(
        tenant=tenant,
        account="li",
        failures=5,
        failed_at=timezone.now(),
        locked_until=timezone.now() + timedelta(minutes=9),
    )
    refuse(tenant, "sms_gateway_failed", 2, kind="sms_sent")
    refuse(tenant, "mail_server_failed", kind="mail_sent")
    page = open_page(HISTORY, "accounts.view_lockout")
    told = [
        page.index(text) for text in ("Urgent:", "no SMS gateway took", "the mail server did not take", "1 account")
    ]
    assert told == sorted(told)


def test_another_tenants_troubles_are_not_told(open_page: Callable[..., str]) -> None:
    other = make_tenant("other", "Other", expires_at=timezone.now())
    refuse(other, "directory_unreachable")
    Lockout.objects.create(
        tenant=other,
        account="x",
        failures=5,
        failed_at=timezone.now(),
        locked_until=timezone.now() + timedelta(minutes=9),
    )
    rights = (HISTORY, "accounts.view_lockout", "tenants.view_tenant", "oauthx.view_client", "oauthx.view_signingkey")
    page = open_page(*rights)
    assert "Nothing: all is well." in page


def test_what_was_counted_is_not_counted_again_for_a_minute(
    open_page: Callable[..., str], client: HttpClient, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    note(tenant)
    assert "allowed: 1" in open_page(HISTORY)
    note(tenant)
    with django_assert_max_num_queries(12):
        assert "1" in re.findall(r"is-allowed\">[^<]*?(\d+)</span>", client.get(PAGE).content.decode())


def test_the_way_to_locked_accounts_leads_to_those_alone(
    open_page: Callable[..., str], client: HttpClient, tenant: Tenant
) -> None:
    now = timezone.now()
    for account, until in (("li", now + timedelta(minutes=9)), ("over", now - timedelta(minutes=9)), ("counted", None)):
        Lockout.objects.create(tenant=tenant, account=account, failures=5, failed_at=now, locked_until=until)
    page = open_page("accounts.view_lockout")
    (address,) = set(re.findall(r'href="(/admin/accounts/lockout/\?[^"]*)"', page))
    for query, found in ((address, ["li"]), ("?state=over", ["over"]), ("?state=counting", ["counted"])):
        listed = client.get(query if query == address else f"/admin/accounts/lockout/{query}")
        assert [row.account for row in listed.context["cl"].result_list] == found
