"""RFC 6749 section 4.3: the resource owner's password, for clients that may use it."""

import pytest

from tests.contract.wire import ENDPOINTS, Endpoint
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.mark.must("RFC 6749", "4.3.2", "grant_type, username and password are required")
@pytest.mark.parametrize("name", ["grant_type", "username", "password"])
@on_each_endpoint
def test_section_4_3_2_requires(endpoint: Endpoint, name: str, world: World) -> None:
    assert world.sign_in(endpoint).without(name).send(world.http).json()["error"] == "invalid_request"


@pytest.mark.must("RFC 6749", "4.3.2", "a confidential client authenticates")
@on_each_endpoint
def test_section_4_3_2_requires_client_authentication(endpoint: Endpoint, world: World) -> None:
    response = world.sign_in(endpoint).by(None).send(world.http)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.must("RFC 6749", "4.3.2", "the endpoint is protected against brute force")
@pytest.mark.must("RFC 6749", "10.10", "what people type is protected by other means than its length")
@on_each_endpoint
def test_section_4_3_2_protects_against_brute_force(endpoint: Endpoint, world: World) -> None:
    for _time in range(5):
        world.sign_in(endpoint, password="guess").send(world.http)
    assert world.sign_in(endpoint).send(world.http).json()["error"] == "invalid_grant"


@on_each_endpoint
def test_section_4_3_3_answers_with_a_token(endpoint: Endpoint, world: World) -> None:
    body = world.sign_in(endpoint).send(world.http).json()
    assert body["access_token"]
    assert body["token_type"].lower() == "bearer"
