"""RFC 6749 section 6: refreshing an access token."""

import pytest

from tests.contract.wire import CONNECT, ENDPOINTS, Endpoint
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.mark.must("RFC 6749", "6", "refresh_token is required")
@on_each_endpoint
def test_requires_the_refresh_token(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.without("refresh_token").send(world.http).json()["error"] == "invalid_request"


@pytest.mark.must("RFC 6749", "6", "a confidential client authenticates")
@pytest.mark.must("OpenID Connect Core", "12.1", "the client authenticates for a refresh")
@on_each_endpoint
def test_requires_client_authentication(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.by(None).send(world.http).status_code == 401
    assert wire.send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "6", "the refresh token was issued to this client")
@pytest.mark.must("RFC 6749", "10.4", "a refresh token stays bound to its client")
@pytest.mark.must("OpenID Connect Core", "12.1", "the refresh token was issued to this client")
@on_each_endpoint
def test_the_token_is_bound_to_the_client_that_it_was_issued_to(endpoint: Endpoint, world: World) -> None:
    wire = world.refresh(endpoint, world.tokens(endpoint)["refresh_token"])
    assert wire.by(world.make_client("other")).send(world.http).json()["error"] == "invalid_grant"


@pytest.mark.must("RFC 6749", "6", "the scope never widens")
@pytest.mark.must("RFC 9700", "4.14.2", "a refresh token is bound to the scope that the person agreed to")
def test_the_scope_must_not_include_what_was_not_granted(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    wire = world.refresh(CONNECT, tokens["refresh_token"], scope="openid email")
    assert wire.send(world.http).json()["error"] == "invalid_scope"


@pytest.mark.must("RFC 6749", "6", "an omitted scope is the granted one")
def test_an_omitted_scope_is_the_one_that_was_granted(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    assert world.refresh(CONNECT, tokens["refresh_token"]).send(world.http).json()["scope"] == "openid offline_access"


@pytest.mark.must("RFC 6749", "6", "a new refresh token has the scope of the old one")
def test_a_new_refresh_token_has_the_scope_of_the_old_one(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid email offline_access")
    narrowed = world.refresh(CONNECT, tokens["refresh_token"], scope="email").send(world.http).json()
    renewed = world.refresh(CONNECT, narrowed["refresh_token"]).send(world.http).json()
    assert renewed["scope"] == "openid email offline_access"
