"""RFC 6749 section 3.2: POST alone; parameters without a value are omitted, unknown ones ignored, none repeated."""

import pytest

from tests.contract.wire import ENDPOINTS, Endpoint
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.mark.must("RFC 6749", "3.2", "token requests use POST")
@on_each_endpoint
def test_must_use_post(endpoint: Endpoint, world: World) -> None:
    assert world.sign_in(endpoint).by_method("GET").send(world.http).status_code == 405


@pytest.mark.must("RFC 6749", "3.2", "a parameter without a value counts as omitted")
@on_each_endpoint
def test_parameters_without_a_value_are_treated_as_omitted(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    assert wire.with_params(refresh_token="").send(world.http).status_code == 200
    assert wire.with_params(username="").send(world.http).json()["error"] == "invalid_request"


@pytest.mark.must("RFC 6749", "3.2", "unknown parameters are ignored")
@on_each_endpoint
def test_unrecognized_parameters_are_ignored(endpoint: Endpoint, world: World) -> None:
    assert world.sign_in(endpoint).with_params(unrecognized="x").send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "3.2", "no parameter is included more than once")
@pytest.mark.parametrize("name", ["grant_type", "username", "password", "scope"])
@on_each_endpoint
def test_parameters_must_not_be_included_more_than_once(endpoint: Endpoint, name: str, world: World) -> None:
    response = world.sign_in(endpoint).again(name).send(world.http)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
