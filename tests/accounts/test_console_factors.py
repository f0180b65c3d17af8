"""Resetting a person's second factors in the console: a right of its own, within the tenant, never a superior's."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.factors import recovery
from accounts.models import AuthenticatorApp, BrowserSession, LoginEvent, RecoveryCode, User
from tenants.models import Tenant
from tests.accounts.factor_moves import give_app
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

RIGHTS = ["accounts.view_user", "accounts.resetfactors_user"]
BUTTON = "reset-factors"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    zhang = make_user(tenant, "zhang")
    give_app(zhang)
    recovery.renew_codes(zhang.pk, timezone.now())
    return zhang


@pytest.fixture
def desk(tenant: Tenant) -> User:
    return make_administrator(tenant, "desk", permissions=RIGHTS)


def browser_of(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser


def page_of(person: User, name: str = "reset-factors") -> str:
    return f"/admin/accounts/user/{person.pk}/{name}/"


def test_everything_is_taken_away_and_told(desk: User, zhang: User) -> None:
    browser = browser_of(desk)
    assert BUTTON in browser.get(page_of(zhang, "change")).content.decode()
    asked = browser.get(page_of(zhang)).content.decode()
    assert "10" in asked
    assert AuthenticatorApp.objects.exists()
    answer = browser.post(page_of(zhang), headers={"accept-language": "zh-hans"})
    assert answer["Location"] == page_of(zhang, "change")
    assert not AuthenticatorApp.objects.exists()
    assert not RecoveryCode.objects.exists()
    event = LoginEvent.objects.get(kind="factor_reset")
    assert (event.account, event.user_id, event.actor, event.outcome) == ("zhang", zhang.pk, "desk", "allowed")
    logged = LogEntry.objects.get()
    # Untranslated: each reader of the history gets his own language.
    assert (logged.object_id, "second factor" in logged.change_message) == (str(zhang.pk), True)
    # Once more: nothing to do, and nothing to tell.
    browser.post(page_of(zhang))
    assert LoginEvent.objects.filter(kind="factor_reset").count() == 1


def test_with_the_factors_end_the_sessions_that_they_opened(desk: User, zhang: User) -> None:
    thief = browser_of(zhang)
    assert thief.get("/account/").status_code == 200
    browser = browser_of(desk)
    assert "signed out everywhere" in browser.get(page_of(zhang), HTTP_ACCEPT_LANGUAGE="en").content.decode()
    browser.post(page_of(zhang))
    assert thief.get("/account/").status_code == 303
    assert BrowserSession.objects.get(user=zhang).end_reason == "signed_out_everywhere"
    told = LoginEvent.objects.filter(account="zhang", kind__in=["factor_reset", "logout"]).order_by("id")
    assert list(told.values_list("kind", "reason", "actor")) == [
        ("factor_reset", "", "desk"),
        ("logout", "signed_out_everywhere", "desk"),
    ]


def test_it_is_a_right_of_its_own(tenant: Tenant, zhang: User) -> None:
    everything = [f"accounts.{action}_user" for action in ("view", "add", "change", "delete")]
    browser = browser_of(make_administrator(tenant, "boss", permissions=everything))
    assert BUTTON not in browser.get(page_of(zhang, "change")).content.decode()
    assert browser.get(page_of(zhang)).status_code == 403
    assert browser.post(page_of(zhang)).status_code == 403
    assert AuthenticatorApp.objects.exists()


@pytest.mark.parametrize("who", ["superior", "platform", "oneself"])
def test_a_superiors_and_ones_own_stay(tenant: Tenant, desk: User, who: str) -> None:
    """One's own are changed on the account page, with the password."""
    person = {
        "superior": lambda: make_administrator(tenant, "boss"),
        "platform": lambda: make_user(tenant, "platform", is_superuser=True),
        "oneself": lambda: desk,
    }[who]()
    give_app(person)
    browser = browser_of(desk)
    assert browser.post(page_of(person)).status_code == 403
    assert AuthenticatorApp.objects.exists()


def test_a_foreign_person_does_not_exist(desk: User) -> None:
    foreign = make_user(make_tenant("other", "Other"), "li")
    give_app(foreign)
    browser = browser_of(desk)
    assert browser.get(page_of(foreign)).status_code == browser.post(page_of(foreign)).status_code == 404
    assert AuthenticatorApp.objects.exists()
