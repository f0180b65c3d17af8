"""The account page's list of browsers: what its buttons end. Nobody reaches what is another's."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.account_sections import ENDED_AT_MOST
from accounts.models import BrowserSession, LoginEvent, User
from tenants.models import Tenant
from tests.accounts.account_moves import (
    END,
    END_OTHERS,
    PAGE,
    PASSWORD,
    is_signed_in,
    logouts,
    other_session,
    press,
    session_of,
    signed_in,
    text_of,
)
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme 制造", time_zone="America/New_York")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD, real_name="张三", email="zhang@acme.example", phone="13800138000")


def test_each_browser_is_named_and_this_one_marked(zhang: User) -> None:
    moment = timezone.now().replace(month=1, day=2, hour=3, minute=4)
    other_session(zhang, address="203.0.113.7", user_agent="okhttp/4.12", auth_time=moment)
    browser = signed_in()
    text = text_of(browser)
    assert text.count("This browser") == 1
    assert text.index("This browser") < text.index("okhttp")
    assert "Chrome on Windows" in text
    assert "203.0.113.7" in text
    # In the time zone of the tenant.
    assert moment.strftime("%Y-01-01 22:04") in text


def test_sessions_that_are_over_are_not_listed(zhang: User) -> None:
    other_session(zhang, address="203.0.113.1", ended_at=timezone.now())
    other_session(zhang, address="203.0.113.2", expires_at=timezone.now() - timedelta(seconds=1))
    text = text_of(signed_in())
    assert "203.0.113.1" not in text
    assert "203.0.113.2" not in text


def test_another_browser_is_signed_out_at_once(zhang: User) -> None:
    here, there, third = signed_in(), signed_in(), signed_in()
    assert "That browser is signed out." in press(here, END, id=str(session_of(there).pk))
    assert [is_signed_in(browser) for browser in (here, there, third)] == [True, False, True]
    assert logouts() == [("zhang", "account_page")]
    [event] = LoginEvent.objects.filter(kind="logout")
    assert (event.user_id, event.tenant_code, event.actor) == (zhang.pk, "acme", "")
    assert "Signed out: ended on the account page" in text_of(here)


def test_pressing_twice_ends_once(zhang: User) -> None:
    here, there = signed_in(), signed_in()
    key = str(session_of(there).pk)
    press(here, END, id=key)
    press(here, END, id=key)
    assert len(logouts()) == 1


def test_every_other_browser_is_signed_out(zhang: User, tenant: Tenant) -> None:
    make_user(tenant, "li", PASSWORD)
    here, there, third, foreign = signed_in(), signed_in(), signed_in(), signed_in("li")
    assert "2 other browsers are signed out." in press(here, END_OTHERS)
    assert [is_signed_in(browser) for browser in (here, there, third, foreign)] == [True, False, False, True]
    assert logouts() == [("zhang", "account_page")] * 2


def test_a_press_ends_a_bounded_number_and_says_that_there_are_more(zhang: User) -> None:
    here, now = signed_in(), timezone.now()
    fields = {"user": zhang, "auth_time": now, "expires_at": now + timedelta(hours=1)}
    BrowserSession.objects.bulk_create(BrowserSession(**fields) for _number in range(ENDED_AT_MOST + 1))
    more = "200 other browsers are signed out. There are more: press the button again."
    assert more in press(here, END_OTHERS)
    assert BrowserSession.objects.filter(ended_at=None).count() == 2
    assert "1 other browser is signed out." in press(here, END_OTHERS)
    assert BrowserSession.objects.get(ended_at=None) == session_of(here)
    assert len(logouts()) == ENDED_AT_MOST + 1


def test_the_sessions_own_end_is_a_logout(zhang: User) -> None:
    here, there = signed_in(), signed_in()
    sid, key = session_of(here).pk, here.session.session_key
    response = here.post(END, {"id": str(sid)})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    assert not is_signed_in(here)
    assert is_signed_in(there)
    assert BrowserSession.objects.get(pk=sid).end_reason == "logout"
    assert logouts() == [("zhang", "")]
    store = import_module(django_settings.SESSION_ENGINE).SessionStore
    assert not store().exists(key)


def test_without_others_there_is_nothing_to_sign_out(zhang: User) -> None:
    assert "everywhere else" not in text_of(signed_in())


# --- What is another's -----------------------------------------------------------------------------------------------


KEYS: list[Callable[[BrowserSession], str]] = [
    lambda foreign: str(foreign.pk),
    lambda _foreign: str(uuid4()),
    lambda _foreign: "",
    lambda _foreign: "nonsense",
    lambda _foreign: "\x00",
    lambda _foreign: "9" * 5000,
]


@pytest.mark.parametrize("key", KEYS, ids=["another's", "unknown", "none", "nonsense", "NUL", "huge"])
def test_what_is_not_ones_own_does_not_exist(zhang: User, tenant: Tenant, key: Callable[[BrowserSession], str]) -> None:
    make_user(tenant, "li", PASSWORD)
    foreign = signed_in("li")
    assert signed_in().post(END, {"id": key(session_of(foreign))}).status_code == 404
    assert is_signed_in(foreign)
    assert logouts() == []


@pytest.mark.parametrize("address", ["/account/browsers/none/", "/account/none/end/", "/account/profile/end/"])
def test_there_are_no_other_buttons(zhang: User, address: str) -> None:
    assert signed_in().post(address).status_code == 404


def test_a_reload_of_a_buttons_address_shows_the_page(zhang: User) -> None:
    response = signed_in().get(END)
    assert (response.status_code, response["Location"]) == (303, PAGE)


def test_a_form_of_another_site_ends_nothing(zhang: User) -> None:
    there = signed_in()
    attacked = HttpClient(enforce_csrf_checks=True)
    attacked.cookies = signed_in().cookies
    response = attacked.post(END, {"id": str(session_of(there).pk)}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert is_signed_in(there)
