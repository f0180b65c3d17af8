"""RFC 6750 section 2: one token a request, in one place; also at the standard userinfo endpoint."""

import pytest

from tests.contract.wire import CONNECT, FORM, JSON
from tests.contract.world import World
from tests.protocol.tokens import USERINFO, ask_userinfo


@pytest.fixture
def token(world: World) -> str:
    return str(world.tokens(CONNECT)["access_token"])


@pytest.mark.must("RFC 6750", "2", "a request uses one way to send its token")
def test_section_2_two_tokens_are_refused(token: str, world: World) -> None:
    other = world.tokens(CONNECT)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Blade-Auth": f"bearer {other}"}
    assert world.http.get(USERINFO, headers=headers).status_code == 401
    assert ask_userinfo(world, token).status_code == 200


@pytest.mark.must("RFC 6750", "2.1", "the Authorization header is supported")
def test_section_2_1_userinfo_takes_the_authorization_header(token: str, world: World) -> None:
    assert ask_userinfo(world, token).status_code == 200


@pytest.mark.must("RFC 6750", "2", "a request uses one way to send its token")
def test_section_2_a_token_in_two_places_is_refused(token: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    both = world.http.post(USERINFO, f"access_token={token}", content_type=FORM, headers=headers)
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")


@pytest.mark.must("RFC 6750", "2.2", "a body's token counts in a form of one part alone, and never in a GET")
def test_section_2_2_only_a_posted_form_holds_a_token(token: str, world: World) -> None:
    assert world.http.post(USERINFO, f"access_token={token}", content_type=FORM).status_code == 200
    assert world.http.post(USERINFO, {"access_token": token}).status_code == 401, "multipart"
    assert world.http.post(USERINFO, {"access_token": token}, content_type=JSON).status_code == 401
    assert world.http.generic("GET", USERINFO, f"access_token={token}", content_type=FORM).status_code == 401


def test_section_2_3_userinfo_takes_no_token_from_the_address(token: str, world: World) -> None:
    """It is optional for a server; there the token would stand in logs (section 5.3)."""
    assert world.http.get(USERINFO, {"access_token": token}).status_code == 401
    assert world.http.post(f"{USERINFO}?access_token={token}").status_code == 401
