"""OpenID Connect RP-Initiated Logout section 2: the question whether to sign out, and what the end of a session is."""

import pytest
from django.test import Client as HttpClient

from accounts.models import BrowserSession, LoginEvent
from tests.contract.world import World, history
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import (
    BYE,
    END_SESSION,
    assert_is_over,
    end_session,
    is_question,
    is_signed_in,
    make_logout_flow,
    press,
    the_session,
    tokens_of,
)


@pytest.fixture
def flow(world: World) -> Flow:
    return make_logout_flow(world)


@pytest.fixture
def hint(flow: Flow) -> str:
    """The ID token of the session that the browser is in."""
    token: str = tokens_of(flow)["id_token"]
    return token


def test_section_6_the_answer_cannot_be_given_by_another_site(flow: Flow, hint: str) -> None:
    carried = end_session(flow).context["signed_request"]
    browser = HttpClient(enforce_csrf_checks=True)
    browser.cookies = flow.browser.cookies
    refused = browser.post(f"{END_SESSION}/answer", {"request": carried, "sign_out": "sign_out"})
    assert refused.status_code == 403
    assert is_signed_in(flow)


@pytest.mark.parametrize("carried", ["", "forged", "e30:1tPKmB:x"])
def test_an_answer_without_a_question_is_refused(flow: Flow, hint: str, carried: str) -> None:
    response = flow.browser.post(f"{END_SESSION}/answer", {"request": carried, "sign_out": "sign_out"})
    assert response.status_code == 400
    assert is_signed_in(flow)


def test_the_answer_of_another_session_is_refused(world: World, flow: Flow, hint: str) -> None:
    world.make_user("other")
    other = Flow(world, flow.app)
    other.sign_in(other.authorize(), account="other")
    assert press(flow, end_session(other)).status_code == 400
    assert is_signed_in(flow)
    assert is_signed_in(other)


def test_a_reload_after_the_answer_shows_that_it_is_over(flow: Flow, hint: str) -> None:
    page = end_session(flow)
    press(flow, page)
    assert press(flow, page).status_code == 200
    again = flow.browser.get(f"{END_SESSION}/answer")
    assert (again.status_code, again["Location"]) == (303, END_SESSION)
    assert LoginEvent.objects.filter(kind=LoginEvent.Kind.LOGOUT).count() == 1


# --- What an end is --------------------------------------------------------------------------------------------------


def test_a_logout_ends_the_session_once_and_stands_in_the_history(flow: Flow, hint: str) -> None:
    end_session(flow, id_token_hint=hint)
    ended_at = the_session().ended_at
    end_session(flow, id_token_hint=hint)
    assert the_session().ended_at == ended_at
    assert [event.kind for event in history()].count(LoginEvent.Kind.LOGOUT) == 1


def test_the_console_signs_out_of_the_applications_too(world: World, flow: Flow, hint: str) -> None:
    world.admin.is_staff = True
    world.admin.save()
    assert flow.browser.post("/admin/logout/").status_code == 200
    assert_is_over(flow)


@pytest.mark.parametrize("parameters", [{}, {"state": "abc"}], ids=["nothing", "only state"])
def test_who_is_not_signed_in_is_told_so(world: World, parameters: dict[str, str]) -> None:
    response = world.http.get(END_SESSION, parameters)
    assert response.status_code == 200
    assert not is_question(response)


def test_who_is_not_signed_in_goes_straight_on(world: World, flow: Flow, hint: str) -> None:
    end_session(flow, id_token_hint=hint)
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE, state="abc")
    assert (response.status_code, response["Location"]) == (303, f"{BYE}?state=abc")


def test_the_session_of_a_disabled_person_ends_too(world: World, flow: Flow, hint: str) -> None:
    """If he is enabled again, this browser must not be signed in."""
    world.admin.is_active = False
    world.admin.save()
    assert end_session(flow, id_token_hint=hint).status_code == 200
    assert BrowserSession.objects.get().end_reason == "logout"
