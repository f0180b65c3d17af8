"""The sign-in is safe from forged forms and planted sessions."""

import re
from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import BrowserSession, LoginEvent
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow

FORM = {"tenant": "000000", "username": "admin", "password": "admin"}


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


def token_of(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found is not None, "the form has no token"
    return found.group(1)


# --- Login CSRF ------------------------------------------------------------------------------------------------------


@pytest.mark.must("RFC 9700", "4.7", "the sign-in form is safe from forged requests")
def test_a_sign_in_that_did_not_come_from_our_page_is_refused(world: World) -> None:
    browser, attacker = HttpClient(enforce_csrf_checks=True), HttpClient(enforce_csrf_checks=True)
    foreign = token_of(attacker.get("/account/login/"))
    assert browser.post("/account/login/", FORM).status_code == 403
    browser.get("/account/login/")
    assert browser.post("/account/login/", FORM).status_code == 403
    assert browser.post("/account/login/", {**FORM, "csrfmiddlewaretoken": foreign}).status_code == 403
    assert not LoginEvent.objects.exists()
    assert not BrowserSession.objects.exists()
    own = token_of(browser.get("/account/login/"))
    assert browser.post("/account/login/", {**FORM, "csrfmiddlewaretoken": own}).status_code == 303


def test_a_sign_in_from_another_origin_is_refused_even_with_a_token(world: World) -> None:
    browser = HttpClient(enforce_csrf_checks=True)
    form = {**FORM, "csrfmiddlewaretoken": token_of(browser.get("/account/login/"))}
    for origin in ("https://evil.example", "null"):
        assert browser.post("/account/login/", form, headers={"Origin": origin}).status_code == 403
    assert not BrowserSession.objects.exists()


@pytest.mark.parametrize("address", ["/connect/consent", "/connect/account"])
def test_what_a_person_answers_comes_from_our_page(flow: Flow, address: str) -> None:
    strict = HttpClient(enforce_csrf_checks=True)
    strict.cookies = flow.browser.cookies
    flow.sign_in(flow.authorize())
    assert strict.post(address, {"request": "x", "allow": "allow"}).status_code == 403


def test_the_cookies_are_not_for_scripts_or_other_sites(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    session = flow.browser.cookies["hufu_session"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert flow.browser.cookies["csrftoken"]["samesite"] == "Lax"


# --- Session fixation ------------------------------------------------------------------------------------------------


def plant(browser: HttpClient) -> str:
    """A session that somebody has put into this browser; returns its key."""
    session = browser.session
    session["planted"] = True
    session.save()
    browser.cookies["hufu_session"] = session.session_key or ""
    return session.session_key or ""


def test_a_planted_session_is_worth_nothing_after_the_sign_in(flow: Flow) -> None:
    planted = plant(flow.browser)
    flow.sign_in(flow.authorize())
    assert flow.browser.session.session_key != planted
    attacker = HttpClient()
    attacker.cookies["hufu_session"] = planted
    assert attacker.get("/account/")["Location"].startswith("/account/login/")


def test_an_invented_key_is_not_taken_over(flow: Flow) -> None:
    flow.browser.cookies["hufu_session"] = "a" * 32
    flow.sign_in(flow.authorize())
    assert flow.browser.session.session_key != "a" * 32


def test_nothing_of_another_persons_session_is_kept(flow: Flow, world: World) -> None:
    world.make_user("zhang")
    flow.sign_in(flow.authorize())
    session = flow.browser.session
    session["of_admin"] = "private"
    session.save()
    before = session.session_key
    [first] = BrowserSession.objects.all()
    flow.sign_in(flow.authorize(prompt="login"), account="zhang")
    assert "of_admin" not in flow.browser.session
    assert flow.browser.session.session_key != before
    first.refresh_from_db()
    assert first.ended_at is not None
    assert BrowserSession.objects.get(ended_at=None).user.account == "zhang"
    old = HttpClient()
    old.cookies["hufu_session"] = before or ""
    assert old.get("/account/")["Location"].startswith("/account/login/")


def test_signing_in_again_changes_the_key_too(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    before = flow.browser.session.session_key
    flow.sign_in(flow.authorize(prompt="login"))
    assert flow.browser.session.session_key != before
    assert BrowserSession.objects.count() == 1
