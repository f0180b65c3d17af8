"""OpenID Connect Core section 3.1.2.1: new sign-ins that an application asks for, and the account chooser."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as HttpClient
from django.utils import timezone
from joserfc import jwk, jwt

from oauthx.models import AccessToken
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.pushing import push, visit


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


def auth_time(flow: Flow, code: str) -> int:
    """When the person signed in, as the ID token of this code says it."""
    keys = jwk.KeySet.import_key_set(flow.world.http.get("/.well-known/openid-configuration/jwks").json())
    token = flow.redeem(code).json()["id_token"]
    return int(jwt.decode(token, keys, algorithms=["RS256"]).claims["auth_time"])


def age_session(flow: Flow, seconds: float) -> None:
    """Let the sign-in of this browser be so much longer ago."""
    session = flow.browser.session
    session["auth_time"] -= seconds
    session.save()


def asks_to_sign_in(response: Any) -> bool:
    return bool(response.status_code == 303 and response["Location"].startswith("/account/login/"))


def choose(flow: Flow, page: Any) -> Any:
    """Press the chooser's button; returns the answer of the page that follows."""
    assert page.status_code == 200, page
    carried = re.search(r'name="request" value="([^"]+)"', page.content.decode())
    assert carried is not None
    done = flow.browser.post("/connect/account", {"request": unescape(carried.group(1))})
    return flow.browser.get(done["Location"]) if done.status_code == 303 else done


def other_account(page: Any) -> Any:
    """What the link "Use another account" of this page leads to, as an answer that leads there."""
    link = re.search(r'href="(/account/login/[^"]+)"', page.content.decode())
    assert link is not None
    page.status_code, page["Location"] = 303, unescape(link.group(1))
    return page


# --- prompt=login and max_age ----------------------------------------------------------------------------------------


@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "prompt=login brings a new sign-in, whose time auth_time tells")
def test_section_3_1_2_3_prompt_login_brings_a_newer_auth_time_each_time(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    age_session(flow, 100)
    first = auth_time(flow, answer(flow.authorize())["code"])
    second = auth_time(flow, answer(flow.sign_in(flow.authorize(prompt="login")))["code"])
    age_session(flow, -100)
    third = auth_time(flow, answer(flow.authorize())["code"])
    assert third >= second >= first + 100


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "who signed in longer ago than max_age signs in anew")
@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "with max_age the ID token says auth_time")
def test_section_3_1_2_1_max_age_1_brings_a_new_sign_in_and_its_time(flow: Flow, world: World) -> None:
    flow.sign_in(flow.authorize())
    session = flow.browser.session
    session["auth_time"] = earlier = world.clock().timestamp() - 2
    session.save()
    asked = flow.authorize(max_age="1")
    assert asks_to_sign_in(asked)
    assert auth_time(flow, answer(flow.sign_in(asked))["code"]) > earlier


def test_section_3_1_2_1_who_signed_in_for_the_request_is_not_sent_back_by_a_short_max_age(
    flow: Flow, world: World
) -> None:
    """However slowly his browser goes on: it would be a circle."""
    asked = flow.authorize(max_age="1")
    done = flow.browser.post(asked["Location"], {"tenant": "000000", "username": "admin", "password": "admin"})
    world.clock.moment = max(world.clock.moment, timezone.now()) + timedelta(seconds=30)
    assert "code" in answer(flow.browser.get(done["Location"]))


def test_section_3_1_2_1_a_sign_in_serves_the_request_that_asked_for_it_alone(flow: Flow) -> None:
    first = flow.authorize(prompt="login", state="one")
    assert "code" in answer(flow.sign_in(first))
    assert asks_to_sign_in(flow.authorize(prompt="login", state="one"))
    # What one request was told does not serve another, and nobody makes it up.
    progress = parse_qs(urlsplit(parse_qs(urlsplit(first["Location"]).query)["next"][0]).query)["progress"][0]
    for forged in (progress, progress[:-1], "x", "é\x00"):
        assert asks_to_sign_in(
            flow.browser.get("/connect/authorize", {**flow.request(prompt="login", state="two"), "progress": forged})
        )


def test_section_3_1_2_1_prompt_login_and_consent_ask_for_both(world: World) -> None:
    flow = make_flow(world)
    flow.code()
    consent = flow.sign_in(flow.authorize(prompt="login consent"))
    assert "code" in answer(flow.agree(consent))


# --- prompt=select_account -------------------------------------------------------------------------------------------


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "prompt=select_account asks the person to choose an account")
def test_section_3_1_2_1_select_account_asks_and_goes_on_as_the_same_person(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    page = flow.authorize(prompt="select_account")
    text = page.content.decode()
    assert "admin" in text
    assert "默认租户" in text
    assert "code" in answer(choose(flow, page))
    # Asked again, it is asked again.
    assert flow.authorize(prompt="select_account").status_code == 200


def test_section_3_1_2_1_select_account_leads_to_another_account(flow: Flow, world: World) -> None:
    zhang = world.make_user("zhang")
    flow.sign_in(flow.authorize())
    elsewhere = other_account(flow.authorize(prompt="select_account"))
    flow.redeem(answer(flow.sign_in(elsewhere, account="zhang"))["code"])
    assert AccessToken.objects.get().user == zhang


def test_section_3_1_2_1_select_account_of_nobody_is_a_sign_in(flow: Flow) -> None:
    asked = flow.authorize(prompt="select_account")
    assert asks_to_sign_in(asked)
    assert "code" in answer(flow.sign_in(asked))


def test_section_3_1_2_1_select_account_asks_once_even_with_consent(world: World) -> None:
    flow = make_flow(world)
    flow.code()
    consent = choose(flow, flow.authorize(prompt="select_account consent"))
    assert "code" in answer(flow.agree(consent))


def test_section_3_1_2_1_select_account_and_login_ask_for_a_sign_in(flow: Flow) -> None:
    flow.code()
    asked = flow.authorize(prompt="select_account login")
    assert asks_to_sign_in(asked)
    assert "code" in answer(flow.sign_in(asked))


def test_a_choice_cannot_be_made_by_address_by_another_site_or_for_somebody_else(flow: Flow, world: World) -> None:
    flow.sign_in(flow.authorize())
    page = flow.authorize(prompt="select_account")
    assert flow.browser.get("/connect/account").status_code == 400
    assert flow.browser.post("/connect/account", {"request": "forged"}).status_code == 400
    assert HttpClient(enforce_csrf_checks=True).post("/connect/account", {"request": "forged"}).status_code == 403
    world.make_user("zhang")
    flow.sign_in(flow.authorize(prompt="login"), account="zhang")
    assert choose(flow, page).status_code == 400


def test_a_choice_serves_its_request_and_person_alone(flow: Flow, world: World) -> None:
    flow.sign_in(flow.authorize())
    page = flow.authorize(prompt="select_account", state="one")
    carried = re.search(r'name="request" value="([^"]+)"', page.content.decode())
    assert carried is not None
    done = flow.browser.post("/connect/account", {"request": unescape(carried.group(1))})
    progress = parse_qs(urlsplit(done["Location"]).query)["progress"][0]
    again = {**flow.request(prompt="select_account", state="two"), "progress": progress}
    assert flow.browser.get("/connect/authorize", again).status_code == 200
    world.make_user("zhang")
    flow.sign_in(flow.authorize(prompt="login"), account="zhang")
    age_session(flow, 3600)
    assert flow.browser.get(done["Location"]).status_code == 200


def test_a_pushed_select_account_needs_the_choosers_button(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    request_uri = push(flow, prompt="select_account")
    page = visit(flow, request_uri)
    assert visit(flow, request_uri, prompt="consent").status_code == 200
    assert "code" in answer(choose(flow, page))
    assert visit(flow, request_uri).status_code == 400


def test_the_consent_page_leads_to_another_account(world: World) -> None:
    flow = make_flow(world)
    world.make_user("zhang")
    elsewhere = other_account(flow.sign_in(flow.authorize()))
    consent = flow.sign_in(elsewhere, account="zhang")
    assert "zhang" in consent.content.decode()
    assert "code" in answer(flow.agree(consent))
