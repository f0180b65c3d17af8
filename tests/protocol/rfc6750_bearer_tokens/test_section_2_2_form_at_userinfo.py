"""RFC 6750 section 2.2: at userinfo the token may stand in the form of a POST; and never in two places (section 2)."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.wire import CONNECT, FORM, JSON
from tests.contract.world import World

PATH = "/connect/userinfo"


@pytest.fixture
def token(world: World) -> str:
    return str(world.tokens(CONNECT)["access_token"])


def post(world: World, body: str, content_type: str = FORM, **headers: str) -> Any:
    return world.http.post(PATH, body, content_type=content_type, headers=headers)


def test_section_2_2_takes_the_token_from_the_form(token: str, world: World) -> None:
    told = post(world, urlencode({"access_token": token}))
    assert told.status_code == 200
    assert told.json() == world.http.get(PATH, headers={"Authorization": f"Bearer {token}"}).json()


def test_section_2_2_takes_it_with_a_charset_and_beside_other_parameters(token: str, world: World) -> None:
    body = urlencode({"schema": "openid", "access_token": token})
    assert post(world, body, f"{FORM}; charset=UTF-8").status_code == 200


def test_a_clients_basic_header_is_no_second_token(token: str, world: World) -> None:
    assert post(world, urlencode({"access_token": token}), Authorization="Basic YTpi").status_code == 200


@pytest.mark.parametrize("header", ["Authorization", "Blade-Auth"])
@pytest.mark.parametrize("same", [True, False], ids=["the same token", "another token"])
@pytest.mark.must("RFC 6750", "2", "a token is sent by one method only")
def test_section_2_a_token_in_two_places_is_an_invalid_request(
    header: str, same: bool, token: str, world: World
) -> None:
    other = token if same else world.tokens(CONNECT)["access_token"]
    refused = post(world, urlencode({"access_token": token}), **{header: f"Bearer {other}"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused["WWW-Authenticate"] == 'Bearer realm="hufu", error="invalid_request"'


def test_section_3_1_a_repeated_parameter_is_an_invalid_request(token: str, world: World) -> None:
    refused = post(world, urlencode([("access_token", token), ("access_token", token)]))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", ["", "access_token=", "token=abc", "access_token"])
@pytest.mark.must("RFC 6750", "3", "a request without a token is answered with WWW-Authenticate")
def test_section_3_1_without_a_token_it_is_a_bare_challenge(body: str, world: World) -> None:
    refused = post(world, body)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="hufu"')


@pytest.mark.parametrize("value", ["nonsense", "a.b.c", "%00", "%ff", "%F0%9F%92%A9", "A" * 9000])
def test_a_bad_token_has_a_clear_answer(value: str, world: World) -> None:
    refused = post(world, f"access_token={value}")
    assert refused.status_code in {400, 401}
    assert refused.json()["error"] in {"invalid_request", "invalid_token"}
    assert refused["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.must("RFC 6750", "2.2", "the body is single-part and form-encoded")
def test_section_2_2_takes_it_from_no_other_kind_of_body(token: str, world: World) -> None:
    assert post(world, f'{{"access_token": "{token}"}}', JSON).status_code == 401
    assert world.http.post(PATH, {"access_token": token}).status_code == 401, "multipart"
    assert post(world, urlencode({"access_token": token}), "text/plain").status_code == 401


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.must("RFC 6750", "2.2", "the request method is one with a body of defined meaning, never GET")
def test_section_2_2_takes_no_form_with_a_method_that_has_none(method: str, token: str, world: World) -> None:
    refused = world.http.generic(method.upper(), PATH, urlencode({"access_token": token}), content_type=FORM)
    assert refused.status_code in {401, 405}


def test_section_2_3_takes_no_token_from_the_address(token: str, world: World) -> None:
    assert world.http.get(PATH, {"access_token": token}).status_code == 401
    refused = world.http.post(f"{PATH}?access_token={token}", "", content_type=FORM)
    assert refused.status_code in {400, 401}
    headers = {"Authorization": f"Bearer {token}"}
    assert world.http.get(PATH, {"access_token": "other"}, headers=headers).status_code == 200, "it is not read at all"
