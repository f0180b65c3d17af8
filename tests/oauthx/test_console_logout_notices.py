"""The console's page for logout notices: which applications have not heard yet, and why."""

from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from oauthx.models import LogoutNotice
from tests.factories import make_administrator, make_client, make_tenant

pytestmark = pytest.mark.django_db

LIST = "/admin/oauthx/logoutnotice/"


@pytest.fixture
def notice() -> LogoutNotice:
    portal = make_client("portal", None, tenant=make_tenant("acme", "Acme"))
    now = timezone.now()
    return LogoutNotice.objects.create(
        client=portal, sid=uuid4(), subject="7", issuer="https://id.example", next_attempt_at=now, last_error="HTTP 503"
    )


@pytest.fixture
def boss(notice: LogoutNotice, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(notice.client.tenant, "boss", permissions=["oauthx.view_logoutnotice"]))  # type: ignore[arg-type]  # it has one
    return client


def test_an_administrator_sees_what_is_not_delivered_and_why(boss: HttpClient, notice: LogoutNotice) -> None:
    text = boss.get(LIST, {"q": "portal"}, headers={"Accept-Language": "en"}).content.decode()
    assert "HTTP 503" in text
    assert "waiting" in text
    LogoutNotice.objects.update(given_up_at=timezone.now())
    assert "given up" in boss.get(LIST, headers={"Accept-Language": "en"}).content.decode()
    assert str(notice.sid) in boss.get(f"{LIST}{notice.pk}/change/").content.decode()


def test_nobody_writes_one_by_hand(boss: HttpClient, notice: LogoutNotice) -> None:
    assert boss.get(f"{LIST}add/").status_code == 403
    assert boss.post(f"{LIST}{notice.pk}/change/", {"attempts": "0"}).status_code == 403
    assert boss.post(f"{LIST}{notice.pk}/delete/", {"post": "yes"}).status_code == 403
