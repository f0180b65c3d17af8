"""What a tenant learns of others all the same: by a search, by the changes, by an id that is given anew."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import User
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_tenant, make_user
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
