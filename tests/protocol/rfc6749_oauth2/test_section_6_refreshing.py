"""RFC 6749 section 6: refreshing an access token."""

import pytest

from tests.contract.wire import CONNECT, ENDPOINTS, Endpoint
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@on_each_endpoint
def test_requires_the_refresh_token(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.without("refresh_token").send(world.http).json()["error"] == "invalid_request"


@on_each_endpoint
def test_requires_client_authentication(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.by(None).send(world.http).status_code == 401
    assert wire.send(world.http).status_code == 200


@on_each_endpoint
def test_the_token_is_bound_to_the_client_that_it_was_issued_to(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.by(world.make_client("other")).send(world.http).json()["error"] == "invalid_grant"


def test_the_scope_must_not_include_what_was_not_granted(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    wire = world.refresh(CONNECT, tokens["refresh_token"], scope="openid email")
    assert wire.send(world.http).json()["error"] == "invalid_scope"


def test_an_omitted_scope_is_the_one_that_was_granted(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    assert world.refresh(CONNECT, tokens["refresh_token"]).send(world.http).json()["scope"] == "openid offline_access"


def test_a_new_refresh_token_has_the_scope_of_the_old_one(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid email offline_access")
    narrowed = world.refresh(CONNECT, tokens["refresh_token"], scope="email").send(world.http).json()
    renewed = world.refresh(CONNECT, narrowed["refresh_token"]).send(world.http).json()
    assert renewed["scope"] == "openid email offline_access"
