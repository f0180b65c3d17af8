"""What a tenant learns of others all the same: by a search, by the changes."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = pytest.mark.django_db

ROOT_AT = "203.0.113.77"
HISTORY = "/admin/accounts/loginevent/"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def root() -> User:
    return make_user(make_tenant("host", "Host"), "root-of-host", None, is_staff=True, is_superuser=True)


def browser_of(user: User, **extra: Any) -> HttpClient:
    browser = HttpClient(**extra)
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("query", [f"address={ROOT_AT}", f"q={ROOT_AT}"])
def test_an_address_finds_nothing_that_the_platform_did(tenant: Tenant, root: User, query: str) -> None:
    worker = make_user(tenant, "worker", "long enough 1")
    browser_of(root, REMOTE_ADDR=ROOT_AT).post(f"/admin/accounts/user/{worker.pk}/reset-password/", {"post": "yes"})
    event = LoginEvent.objects.get(kind="password_reset")
    browser = browser_of(make_administrator(tenant, "boss"))
    assert f"{HISTORY}{event.pk}/change/" not in browser.get(f"{HISTORY}?{query}").content.decode()
    sent: Any = browser.post(f"{HISTORY}export/?{query}", {"format": "csv"})
    assert "worker" not in b"".join(sent.streaming_content).decode()


def test_the_changes_name_nobody_of_the_platform_as_a_trustee(tenant: Tenant, root: User) -> None:
    client = make_client("portal", "secret", tenant=tenant)
    client.vouches_for_wechat, client.vouching_allowed_by = True, root
    client.save()
    boss = browser_of(make_administrator(tenant, "boss"))
    assert "root-of-host" not in boss.get(f"/admin/oauthx/client/{client.pk}/change/").content.decode()
    assert "root-of-host" not in boss.get(f"/admin/oauthx/client/{client.pk}/history/").content.decode()


def test_a_test_call_of_the_platform_names_nobody_to_the_tenant(tenant: Tenant, root: User) -> None:
    ensure_keys()
    portal = make_client(
        "portal",
        "a secret",
        tenant=tenant,
        dialects=["connect"],
        grant_types=["client_credentials"],
        scopes=["all"],
    )
    page = f"/admin/oauthx/client/{portal.pk}/test-call/?way=connect/client_credentials"
    assert browser_of(root, REMOTE_ADDR=ROOT_AT).post(page, {"CLIENT_SECRET": "a secret"}).status_code == 200
    event = LoginEvent.objects.get(kind="token")
    browser = browser_of(make_administrator(tenant, "boss"))
    told = browser.get(f"{HISTORY}{event.pk}/change/").content.decode()
    assert "root-of-host" not in told
    assert ROOT_AT not in told
