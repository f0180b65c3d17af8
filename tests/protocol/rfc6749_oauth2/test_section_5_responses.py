"""RFC 6749 section 5.1: the successful answer; section 5.2: the refusal, its codes, statuses and characters."""

import re
from collections.abc import Callable

import pytest

from tests.contract.wire import ENDPOINTS, Endpoint, Wire
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.mark.must("RFC 6749", "5.1", "answers with tokens are no-store and no-cache")
@pytest.mark.must("OpenID Connect Core", "3.1.3.3", "answers with tokens are no-store")
@on_each_endpoint
def test_section_5_1_is_json_that_no_cache_keeps(endpoint: Endpoint, world: World) -> None:
    response = world.sign_in(endpoint).send(world.http)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.must("RFC 6749", "5.1", "access_token and token_type are there")
@on_each_endpoint
def test_section_5_1_has_its_required_and_recommended_fields(endpoint: Endpoint, world: World) -> None:
    body = world.sign_in(endpoint).send(world.http).json()
    assert isinstance(body["access_token"], str)
    assert body["token_type"].lower() == "bearer"
    assert isinstance(body["expires_in"], int)
    assert body["scope"] == "all"


REFUSALS: dict[str, tuple[Callable[[Wire, World], Wire], int]] = {
    "invalid_request": (lambda wire, _world: wire.without("username"), 400),
    "invalid_client": (lambda wire, _world: wire.by(("nobody", "secret")), 401),
    "invalid_grant": (lambda wire, _world: wire.with_params(password="wrong"), 400),
    "unauthorized_client": (lambda wire, world: wire.by(world.make_client("other", grant_types=[])), 400),
    "unsupported_grant_type": (lambda wire, _world: wire.with_params(grant_type="urn:x"), 400),
    "invalid_scope": (lambda wire, _world: wire.with_params(scope="x"), 400),
}


@pytest.mark.must("RFC 6749", "5.2", "a refusal names one of the error codes")
@pytest.mark.must("RFC 6749", "5.2", "error and error_description keep to the allowed characters")
@pytest.mark.parametrize("code", REFUSALS)
@on_each_endpoint
def test_section_5_2_answers_each_code_with_its_status(endpoint: Endpoint, code: str, world: World) -> None:
    damage, status = REFUSALS[code]
    response = damage(world.sign_in(endpoint), world).send(world.http)
    body = response.json()
    assert (response.status_code, body["error"]) == (status, code)
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    for name in ("error", "error_description"):
        assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*", body.get(name, ""))


@pytest.mark.must("RFC 6749", "5.2", "a client that failed by a header gets 401 and WWW-Authenticate of its scheme")
@on_each_endpoint
def test_section_5_2_names_the_scheme_that_the_client_used(endpoint: Endpoint, world: World) -> None:
    response = world.sign_in(endpoint).with_basic(("nobody", "secret")).send(world.http)
    assert response.status_code == 401
    assert re.match('Basic realm="[^"]+"', response["WWW-Authenticate"])
