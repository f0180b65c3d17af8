"""RFC 8414 and OpenID Connect Discovery: the metadata say what is so, and nothing else."""

from typing import Any

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import answer, make_flow


@pytest.fixture
def metadata(world: World) -> dict[str, Any]:
    said: dict[str, Any] = world.http.get("/.well-known/openid-configuration").json()
    return said


@pytest.mark.must("RFC 8414", "3", "the document stands at the well-known address")
def test_both_addresses_say_the_same(world: World, metadata: dict[str, Any]) -> None:
    assert world.http.get("/.well-known/oauth-authorization-server").json() == metadata


@pytest.mark.must("RFC 8414", "2", "issuer is there")
def test_the_issuer_is_the_address_without_a_slash(metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == "http://testserver"


def test_every_endpoint_is_there(world: World, metadata: dict[str, Any]) -> None:
    for name, address in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = address.removeprefix(metadata["issuer"])
            assert world.http.get(path).status_code != 404, name


def test_every_grant_is_known_and_others_are_not(world: World, metadata: dict[str, Any]) -> None:
    for grant in [*metadata["grant_types_supported"], "implicit", "sms"]:
        error = CONNECT.request(world.app, grant_type=grant).send(world.http).json().get("error")
        assert (error != "unsupported_grant_type") == (grant in metadata["grant_types_supported"]), grant


def test_every_response_type_and_mode_works(world: World, metadata: dict[str, Any]) -> None:
    flow = make_flow(world, skip_authorization=True)
    flow.sign_in(flow.authorize())
    assert metadata["response_types_supported"] == ["code"]
    for mode in metadata["response_modes_supported"]:
        response = flow.authorize(response_mode=mode)
        assert "error" not in (answer(response) if mode == "query" else {})
        if mode == "form_post":
            assert 'name="code"' in response.content.decode()


def test_every_scope_may_be_asked_for(world: World, metadata: dict[str, Any]) -> None:
    flow = make_flow(world, skip_authorization=True, scopes=metadata["scopes_supported"])
    flow.sign_in(flow.authorize())
    assert "code" in answer(flow.authorize(scope=" ".join(metadata["scopes_supported"])))


def test_what_is_not_supported_is_refused_by_its_own_error(world: World, metadata: dict[str, Any]) -> None:
    flow = make_flow(world)
    assert metadata["request_parameter_supported"] is False
    assert answer(flow.authorize(request="eyJ"))["error"] == "request_not_supported"
    assert metadata["request_uri_parameter_supported"] is False
    assert answer(flow.authorize(request_uri="https://a.test"))["error"] == "request_uri_not_supported"
