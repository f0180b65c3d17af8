"""Who did what the login history tells of: known to his own tenant and to the platform, to nobody else."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/loginevent/"
ROOT_AT = "203.0.113.77"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def worker(tenant: Tenant) -> User:
    return make_user(tenant, "worker", "long enough 1")


def browser_of(user: User, **extra: Any) -> HttpClient:
    browser = HttpClient(HTTP_USER_AGENT=f"browser of {user.account}", **extra)
    browser.force_login(user)
    return browser


def shown_to(viewer: User, event: LoginEvent, *, account: User) -> str:
    """All that this viewer reads of the event: its page, the list, the person's page, and both files."""
    browser = browser_of(viewer)
    texts = [browser.get(page).content.decode() for page in (f"{LIST}{event.pk}/change/", f"{LIST}?account=worker")]
    texts.append(browser.get(f"/admin/accounts/user/{account.pk}/change/").content.decode())
    sent: Any = browser.post(f"{LIST}export/?account=worker", {"format": "csv"})
    return "\n".join([*texts, b"".join(sent.streaming_content).decode()])


def test_a_tenant_reads_that_the_platform_did_it_and_not_who(tenant: Tenant, worker: User) -> None:
    root = make_user(make_tenant("host", "Host"), "root-of-host", is_staff=True, is_superuser=True)
    root_browser = browser_of(root, REMOTE_ADDR=ROOT_AT)
    assert root_browser.post(f"/admin/accounts/user/{worker.pk}/reset-password/", {"post": "yes"}).status_code == 200
    event = LoginEvent.objects.get(kind="password_reset")
    assert (event.actor, event.actor_tenant_id, event.address) == ("root-of-host", root.tenant_id, ROOT_AT)
    told = shown_to(make_administrator(tenant, "boss"), event, account=worker)
    assert "平台管理" in told
    for secret in ("root-of-host", ROOT_AT):
        assert secret not in told
    known = shown_to(root, event, account=worker)
    assert "root-of-host" in known
    assert ROOT_AT in known


def test_a_person_does_not_read_from_where_the_platform_acted(worker: User) -> None:
    root = make_user(make_tenant("host", "Host"), "root-of-host", is_staff=True, is_superuser=True)
    root_browser = browser_of(root, REMOTE_ADDR=ROOT_AT)
    root_browser.post(f"/admin/accounts/user/{worker.pk}/disable/", {"post": "yes"})
    root_browser.post(f"/admin/accounts/user/{worker.pk}/enable/", {"post": "yes"})
    assert LoginEvent.objects.filter(user_id=worker.pk, address=ROOT_AT).count() == 2
    page = browser_of(worker).get("/account/").content.decode()
    assert ROOT_AT not in page


def test_a_tenants_own_administrator_is_named(tenant: Tenant, worker: User) -> None:
    boss = make_administrator(tenant, "boss")
    browser_of(boss).post(f"/admin/accounts/user/{worker.pk}/reset-password/", {"post": "yes"})
    event = LoginEvent.objects.get(kind="password_reset")
    assert (event.actor, event.actor_tenant_id) == ("boss", tenant.pk)
    assert "boss" in shown_to(make_administrator(tenant, "auditor"), event, account=worker)


def test_whose_tenant_was_not_recorded_is_not_named(tenant: Tenant, worker: User) -> None:
    event = LoginEvent.objects.create(
        time="2026-05-01T12:00Z",
        kind="unlock",
        outcome="allowed",
        account="worker",
        tenant_id=tenant.pk,
        actor="who-else",
    )
    assert "who-else" not in shown_to(make_administrator(tenant, "boss"), event, account=worker)


@pytest.mark.parametrize("field", ["address", "q"])
def test_by_an_address_a_tenant_finds_what_tells_it_alone(tenant: Tenant, worker: User, field: str) -> None:
    """Or whoever asks for one would learn that it is the platform's."""
    root = make_user(make_tenant("host", "Host"), "root-of-host", is_staff=True, is_superuser=True)
    boss = make_administrator(tenant, "boss")
    acted = [browser_of(each, REMOTE_ADDR=ROOT_AT) for each in (root, boss)]
    for browser in acted:
        browser.post(f"/admin/accounts/user/{worker.pk}/reset-password/", {"post": "yes"})
    LoginEvent.objects.create(time="2026-05-01T12:00Z", kind="token", tenant_id=tenant.pk, address=ROOT_AT)
    for browser, actors in ((acted[0], ["boss", "root-of-host", ""]), (acted[1], ["boss", ""])):
        query = f"{field}={ROOT_AT}"
        found = browser.get(f"{LIST}?{query}").context["cl"].result_list
        assert [event.actor for event in found] == actors
        sent: Any = browser.post(f"{LIST}export/?{query}", {"format": "csv"})
        # The header and these: not the export itself.
        assert len(b"".join(sent.streaming_content).decode().splitlines()) == 1 + len(actors)
