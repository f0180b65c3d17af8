"""What a tenant learns of others all the same: by a search, by the changes, by an id that is given anew."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import send_form

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


def _id_of_a_person_that_is_gone() -> int:
    """Of another tenant, whose history stays."""
    other = make_tenant("other", "Other")
    gone = make_user(other, "gone", "long enough 1")
    browser = HttpClient(REMOTE_ADDR="198.51.100.9")
    form = {"tenant": "other", "username": "gone", "password": "long enough 1"}
    assert browser.post("/account/login/", form).status_code == 303
    pk = gone.pk
    gone.delete()
    return int(pk)


def test_whoever_gets_the_id_of_another_tenants_person_does_not_read_his_sign_ins(tenant: Tenant) -> None:
    pk = _id_of_a_person_that_is_gone()
    boss = make_administrator(tenant, "boss")
    Transfer(browser_of(boss), "accounts_user").run([["id", "account"], [pk, "heir"]])
    heir = User.objects.get(account="heir")
    assert heir.pk == pk
    assert "198.51.100.9" not in browser_of(heir).get("/account/").content.decode()


def test_an_id_that_a_person_had_is_nobody_elses(tenant: Tenant) -> None:
    """Applications know people by it (`sub`): whoever has it is the other one to them."""
    pk = _id_of_a_person_that_is_gone()
    people = Transfer(browser_of(make_administrator(tenant, "boss")), "accounts_user")
    people.upload([["id", "account"], [pk, "heir"]])
    if people.preview().context is not None:
        people.confirm()
    assert not User.objects.filter(pk=pk).exists()


def test_the_highest_id_that_may_be_given_leaves_the_others_ids_that_may_be(tenant: Tenant) -> None:
    boss = make_administrator(tenant, "boss")
    Transfer(browser_of(boss), "accounts_user").run([["id", "account"], [2**62 - 1, "last"]])
    other = make_tenant("other", "Other")
    their_boss = make_administrator(other, "their-boss")
    people = Transfer(browser_of(their_boss), "accounts_user")
    rows = people.export()
    answer = people.upload(rows)
    assert answer.status_code == 302, people.problems(answer)


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


def test_whoever_gets_an_id_anew_does_not_read_what_was_done_to_who_had_it(tenant: Tenant, root: User) -> None:
    gone = make_user(make_tenant("other", "Other"), "gone", "long enough 1")
    page = f"/admin/accounts/user/{gone.pk}/change/"
    send_form(browser_of(root, HTTP_ACCEPT_LANGUAGE="en"), page, "user_form", job_number="4711")
    pk = gone.pk
    gone.delete()
    boss = make_administrator(
        tenant, "boss", permissions=["accounts.view_user", "accounts.import_user", "accounts.add_user"]
    )
    browser = browser_of(boss, HTTP_ACCEPT_LANGUAGE="en")
    Transfer(browser, "accounts_user").run([["id", "account"], [pk, "heir"]])
    told = browser.get(f"/admin/accounts/user/{pk}/history/").content.decode()
    assert "Job number" not in told
