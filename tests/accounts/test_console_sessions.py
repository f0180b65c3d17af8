"""The console's page for browser sessions: who is signed in where, and that ending it signs the browser out at once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, LoginEvent, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/browsersession/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def worker(tenant: Tenant) -> HttpClient:
    """The browser of a person of the tenant."""
    browser = HttpClient(headers={"User-Agent": PHONE})
    make_user(tenant, "worker", "a good password", real_name="王五")
    form = {"tenant": "acme", "username": "worker", "password": "a good password"}
    assert browser.post("/account/login/", form).status_code == 303
    return browser


def browser_of(tenant: Tenant, *permissions: str, account: str = "boss") -> HttpClient:
    browser = HttpClient()
    browser.force_login(make_administrator(tenant, account, permissions=permissions or None))
    return browser


def end(browser: HttpClient, *sessions: BrowserSession) -> Any:
    form = {"action": "end_selected", "_selected_action": [str(session.pk) for session in sessions], "index": "0"}
    return browser.post(LIST, {**form, "post": "yes"})


def session_of(account: str) -> BrowserSession:
    return BrowserSession.objects.get(user__account=account, ended_at=None)


def is_signed_in(browser: HttpClient) -> bool:
    return int(browser.get("/account/").status_code) == 200


def test_a_browser_is_signed_out_at_once(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    session = session_of("worker")
    end(boss, session)
    assert not is_signed_in(worker)
    event = LoginEvent.objects.get(kind="logout")
    assert (event.account, event.real_name, event.actor, event.reason) == ("worker", "王五", "boss", "console")
    assert event.tenant_code == "acme"
    # Once more: it has ended, and no second event says so.
    end(boss, session)
    assert LoginEvent.objects.filter(kind="logout").count() == 1


def test_ones_own_session_is_ended_last_and_by_a_logout(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    boss.get("/account/")
    response = end(boss, session_of("boss"), session_of("worker"))
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, LIST)
    assert not BrowserSession.objects.filter(ended_at=None).exists()
    assert boss.get(LIST).status_code == 302
    assert set(LoginEvent.objects.filter(kind="logout").values_list("account", "actor", "reason")) == {
        ("worker", "boss", "console"),
        ("boss", "", ""),
    }


def test_nothing_ends_before_one_says_yes(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    boss.get("/account/")
    sessions = [session_of("worker"), session_of("boss")]
    form = {"action": "end_selected", "_selected_action": [str(session.pk) for session in sessions], "index": "0"}
    page = boss.post(LIST, form)
    assert page.status_code == 200
    assert {"worker", "boss"} == set(page.context["ending"].whose)
    # One's own is told of apart: it is a logout.
    assert len(page.context["ending"].remarks) == 2
    assert is_signed_in(worker)
    assert is_signed_in(boss)


def test_who_may_only_look_ends_nothing(tenant: Tenant, worker: HttpClient) -> None:
    viewer = browser_of(tenant, "accounts.view_browsersession")
    assert viewer.get(LIST).status_code == 200
    end(viewer, session_of("worker"))
    assert is_signed_in(worker)


def test_another_tenants_browser_stays_signed_in(tenant: Tenant, worker: HttpClient) -> None:
    end(browser_of(make_tenant("other", "Other")), session_of("worker"))
    assert is_signed_in(worker)


@pytest.mark.parametrize("term", ["worker", "王五", "127.0.0.1"])
def test_a_session_is_found_by_its_person_and_address(tenant: Tenant, worker: HttpClient, term: str) -> None:
    boss = browser_of(tenant)
    assert session_of("worker") in boss.get(LIST, {"q": term}).context["cl"].queryset
    assert "iPhone" in boss.get(LIST, {"q": term}).content.decode()
    assert not boss.get(LIST, {"q": "nobody"}).context["cl"].queryset.exists()


@pytest.mark.parametrize(("permissions", "is_found"), [((), False), (("accounts.view_user",), True)])
def test_by_a_phone_number_only_who_may_look_at_people_finds(
    tenant: Tenant, worker: HttpClient, permissions: tuple[str, ...], is_found: bool
) -> None:
    User.objects.filter(account="worker").update(phone="+8613800138000")
    boss = browser_of(tenant, "accounts.view_browsersession", *permissions)
    assert ("王五" in boss.get(LIST, {"q": "13800138000"}).content.decode()) is is_found


def test_sessions_are_filtered_by_their_state(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    lasting, now = session_of("worker"), timezone.now()
    common: dict[str, Any] = {"user": lasting.user, "auth_time": now}
    expired = BrowserSession.objects.create(expires_at=now - timedelta(hours=1), **common)
    ended = BrowserSession.objects.create(expires_at=now + timedelta(hours=1), ended_at=now, **common)
    assert set(boss.get(LIST, {"state": "over"}).context["cl"].queryset) == {expired, ended}
    assert lasting in boss.get(LIST, {"state": "open"}).context["cl"].queryset
    for words in ("已过期", "已结束", "进行中"):
        assert words in boss.get(LIST, {"state": "all"}, headers={"Accept-Language": "zh-hans"}).content.decode()


def test_no_page_shows_the_key_of_the_browsers_cookie(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    session = session_of("worker")
    assert session.session_key
    for address in (LIST, f"{LIST}{session.pk}/change/"):
        assert session.session_key not in boss.get(address).content.decode()


def test_nobody_ends_the_sessions_of_who_may_do_more(tenant: Tenant, worker: HttpClient) -> None:
    """As `Sign out everywhere` refuses it: one would shut a superior out for as long as one likes."""
    superior = browser_of(tenant)
    superior.get("/account/")
    clerk = browser_of(tenant, "accounts.view_browsersession", "accounts.change_browsersession", account="clerk")
    sessions = [session_of("worker"), session_of("boss")]
    form = {"action": "end_selected", "_selected_action": [str(session.pk) for session in sessions], "index": "0"}
    question = clerk.post(LIST, form)
    assert question.context["left_out"] == 1
    assert question.context["browsers"] == 1
    assert "1 " in question.content.decode()
    end(clerk, *sessions)
    assert not is_signed_in(worker)
    assert is_signed_in(superior)


def test_the_page_of_a_session_says_whose_it_is_and_how_he_signed_in(tenant: Tenant, worker: HttpClient) -> None:
    boss = browser_of(tenant)
    session = session_of("worker")
    BrowserSession.objects.filter(pk=session.pk).update(amr="pwd otp mfa made-up")
    response = boss.get(f"{LIST}{session.pk}/change/", headers={"Accept-Language": "en"})
    page = response.content.decode()
    assert response.context["subtitle"].startswith("王五 · Safari on iPhone · ")
    assert "password, authenticator app or recovery code, two factors, made-up" in page
    assert str(session.pk) not in re.sub(r'"[^"]*"', "", page)


def test_the_page_of_a_session_ends_it_once_one_says_yes(tenant: Tenant, worker: HttpClient) -> None:
    viewer, boss = browser_of(tenant, "accounts.view_browsersession", account="viewer"), browser_of(tenant)
    boss.get("/account/")
    session = session_of("worker")
    address = f"{LIST}{session.pk}/end/"
    assert address in boss.get(f"{LIST}{session.pk}/change/").content.decode()
    assert address not in viewer.get(f"{LIST}{session.pk}/change/").content.decode()
    assert viewer.post(address, {"post": "yes"}).status_code == 403
    assert boss.get(address).context["browsers"] == 1
    assert is_signed_in(worker)
    response = boss.post(address, {"post": "yes"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert not is_signed_in(worker)
    # One's own, by a logout.
    address = f"{LIST}{session_of('boss').pk}/end/"
    assert boss.get(address).context["number"] == 1
    assert boss.post(address, {"post": "yes"}).status_code == 302
    assert not is_signed_in(boss)
    assert set(LoginEvent.objects.filter(kind="logout").values_list("account", "actor", "reason")) == {
        ("worker", "boss", "console"),
        ("boss", "", ""),
    }


def test_the_page_of_a_session_ends_none_of_who_may_do_more(tenant: Tenant) -> None:
    superior = browser_of(tenant)
    superior.get("/account/")
    clerk = browser_of(tenant, "accounts.view_browsersession", "accounts.change_browsersession", account="clerk")
    address = f"{LIST}{session_of('boss').pk}/end/"
    assert clerk.get(address).context["left_out"] == 1
    clerk.post(address, {"post": "yes"})
    assert is_signed_in(superior)
