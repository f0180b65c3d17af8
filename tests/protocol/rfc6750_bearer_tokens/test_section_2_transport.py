"""RFC 6750 section 2: the token stands in the Authorization header; neither in the body nor in the address."""

from typing import Any

import pytest

from tests.contract.wire import AMS_AUTH
from tests.contract.world import World

USER_INFO = "/ams-auth/oauth/user-info"
LOGOUT = "/ams-auth/oauth/logout"


@pytest.fixture
def token(world: World) -> str:
    return str(world.tokens(AMS_AUTH)["access_token"])


@pytest.mark.must("RFC 6750", "2.1", "the Authorization header is supported")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_section_2_1_takes_the_authorization_header(scheme: str, token: str, world: World) -> None:
    assert world.http.get(USER_INFO, headers={"Authorization": f"{scheme} {token}"}).status_code == 200


@pytest.mark.parametrize("header", ["{}", "Bearer", "Bearer ", "Token {}", "Bearer{}", "Bearer {}, Bearer {}"])
def test_section_2_1_takes_no_other_form(header: str, token: str, world: World) -> None:
    assert world.http.get(USER_INFO, headers={"Authorization": header.format(token, token)}).status_code == 401


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "form"])
def test_section_2_2_takes_no_token_from_the_body(as_json: bool, token: str, world: World) -> None:
    body: dict[str, Any] = {"content_type": "application/json"} if as_json else {}
    assert world.http.post(LOGOUT, {"access_token": token}, **body).status_code == 401


@pytest.mark.must("RFC 9700", "4.3.2", "no access token stands in an address")
def test_section_2_3_takes_no_token_from_the_address(token: str, world: World) -> None:
    """It would stand in every log on the way (RFC 9700 section 4.3.2)."""
    for name in ("access_token", "Blade-Auth", "blade-auth", "token"):
        assert world.http.get(USER_INFO, {name: token}).status_code == 401
