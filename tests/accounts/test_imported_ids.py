"""Ids that an import gives: whoever had one before stays another one, and there are always more."""

from typing import Any

import pytest
from django.test import Client as HttpClient
from django.utils import translation

from accounts.models import Dept, User
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import send_form

pytestmark = pytest.mark.django_db

HAD = [(2, "ID", "Another row had this id: leave it empty for a new one.")]


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def root() -> User:
    return make_user(make_tenant("host", "Host"), "root-of-host", None, is_staff=True, is_superuser=True)


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def people_of(user: User) -> Transfer:
    return Transfer(browser_of(user), "accounts_user")


def _id_of_a_person_that_is_gone(tenant: Tenant) -> int:
    """Whose history stays."""
    gone = make_user(tenant, "gone", "long enough 1")
    browser = HttpClient(REMOTE_ADDR="198.51.100.9")
    form = {"tenant": tenant.code, "username": "gone", "password": "long enough 1"}
    assert browser.post("/account/login/", form).status_code == 303
    pk = gone.pk
    gone.delete()
    return int(pk)


def test_an_id_that_a_person_had_is_nobody_elses(tenant: Tenant, root: User) -> None:
    """Applications know people by it (`sub`): whoever has it is the other one to them."""
    other, people = make_tenant("other", "Other"), people_of(root)
    pk = _id_of_a_person_that_is_gone(other)
    for owner, account in ((tenant, "heir"), (tenant, "gone"), (other, "heir")):
        answer = people.upload([["id", "account"], [pk, account]], tenant=owner.pk)
        assert people.problems(answer) == HAD
    people.run([["id", "account"], [pk, "gone"]], tenant=other.pk)
    assert User.objects.get(pk=pk).tenant == other


def test_an_id_that_another_kind_of_row_had_can_be_given(tenant: Tenant, root: User) -> None:
    gone = Dept.objects.create(pk=4711, tenant=tenant, name="gone")
    gone.delete()
    people_of(root).run([["id", "account"], [4711, "heir"]], tenant=tenant.pk)
    assert User.objects.get(account="heir").pk == 4711


def test_whoever_has_the_id_of_another_tenants_person_does_not_read_his_sign_ins(tenant: Tenant) -> None:
    """However he came by it."""
    heir = make_user(tenant, "heir", pk=_id_of_a_person_that_is_gone(make_tenant("other", "Other")))
    assert "198.51.100.9" not in browser_of(heir).get("/account/").content.decode()


def test_whoever_gets_an_id_anew_does_not_read_what_was_done_to_who_had_it(tenant: Tenant, root: User) -> None:
    gone = make_user(make_tenant("other", "Other"), "gone", "long enough 1")
    send_form(browser_of(root), f"/admin/accounts/user/{gone.pk}/change/", "user_form", job_number="4711")
    pk = gone.pk
    gone.delete()
    make_user(tenant, "heir", pk=pk)
    boss = make_administrator(tenant, "boss", permissions=["accounts.view_user", "accounts.change_user"])
    history = f"/admin/accounts/user/{pk}/history/"
    assert "Job number" not in browser_of(boss).get(history).content.decode()
    send_form(browser_of(boss), f"/admin/accounts/user/{pk}/change/", "user_form", job_number="4712")
    assert "Job number" in browser_of(boss).get(history).content.decode()


def test_the_highest_id_that_may_be_given_leaves_the_others_ids_that_may_be(tenant: Tenant, root: User) -> None:
    people = people_of(root)
    assert people.upload([["id", "account"], [2**62, "beyond"]], tenant=tenant.pk).status_code == 200
    people.run([["id", "account"], [2**62 - 1, "last"]], tenant=tenant.pk)
    theirs = people_of(make_administrator(make_tenant("other", "Other"), "their-boss"))
    answer = theirs.upload(theirs.export())
    assert answer.status_code == 302, theirs.problems(answer)
    assert theirs.preview().context["state"]["unchanged"] == 1
