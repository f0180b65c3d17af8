"""RFC 6750 section 3: what a refusal says in WWW-Authenticate."""

import re

import pytest

from tests.contract.wire import BLADE, CONNECT, Endpoint
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def challenge(world: World, endpoint: Endpoint, **headers: str) -> tuple[int, str]:
    response = world.http.get(f"{endpoint.prefix}/oauth/user-info", headers=headers)
    return response.status_code, response["WWW-Authenticate"]


@pytest.mark.must("RFC 6750", "3", "a refusal carries WWW-Authenticate: Bearer with a parameter, and realm once")
@on_each_endpoint
def test_has_the_form_of_section_3(endpoint: Endpoint, world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        status, text = challenge(world, endpoint, **headers)
        assert status == 401
        assert re.fullmatch('Bearer realm="[^"]+"(, [a-z_]+="[^"\\\\]*")*', text)
        assert text.count("realm=") == 1


@on_each_endpoint
def test_section_3_1_names_no_error_where_nothing_was_tried(endpoint: Endpoint, world: World) -> None:
    assert "error" not in challenge(world, endpoint)[1]


@on_each_endpoint
def test_section_3_1_invalid_token(endpoint: Endpoint, world: World) -> None:
    assert 'error="invalid_token"' in challenge(world, endpoint, Authorization="Bearer nonsense")[1]


@pytest.mark.must("RFC 6749", "7", "a resource takes no expired token")
@on_each_endpoint
def test_section_3_1_an_expired_or_ended_token_is_an_invalid_one(endpoint: Endpoint, world: World) -> None:
    ended, expired = (world.tokens(endpoint)["access_token"] for _number in range(2))
    world.http.post(f"{endpoint.prefix}/oauth/logout", headers={"Blade-Auth": ended})
    assert challenge(world, endpoint, Authorization=f"Bearer {ended}") == (
        401,
        'Bearer realm="hufu", error="invalid_token"',
    )
    world.pass_time(hours=1)
    assert challenge(world, endpoint, Authorization=f"Bearer {expired}")[0] == 401


@pytest.mark.must("RFC 6749", "7", "a resource takes no token whose scope does not cover it")
@on_each_endpoint
def test_section_3_1_insufficient_scope_is_a_403(endpoint: Endpoint, world: World) -> None:
    own = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    status, text = challenge(world, endpoint, Authorization=f"Bearer {own}")
    assert status == 403
    assert 'error="insufficient_scope"' in text
