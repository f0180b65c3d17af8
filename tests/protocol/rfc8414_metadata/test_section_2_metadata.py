"""RFC 8414 sections 2 and 3: what the metadata must hold, and how they are answered."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.world import World

PATH = "/.well-known/oauth-authorization-server"


@pytest.fixture
def metadata(world: World) -> dict[str, Any]:
    world.settings.ISSUER_URL = "https://id.example.com"
    said: dict[str, Any] = world.http.get(PATH).json()
    return said


@pytest.mark.must(
    "RFC 8414", "2", "issuer, authorization_endpoint, token_endpoint and response_types_supported are there"
)
@pytest.mark.parametrize("name", ["issuer", "authorization_endpoint", "token_endpoint", "response_types_supported"])
def test_section_2_what_is_required_is_there(metadata: dict[str, Any], name: str) -> None:
    assert metadata[name]


@pytest.mark.must("RFC 8414", "2", "issuer is an https address without query and fragment")
@pytest.mark.must("RFC 8414", "2", "jwks_uri is an https address")
def test_section_2_addresses_are_those_of_the_issuer(metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == "https://id.example.com"
    for name, address in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert address.startswith("https://id.example.com/")
            assert urlsplit(address).query == urlsplit(address).fragment == ""


@pytest.mark.must(
    "RFC 8414", "2", "no algorithm none for client assertions, and the algorithms where there are assertions"
)
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_section_2_algorithms_of_assertions_are_named_and_none_is_not_among_them(
    metadata: dict[str, Any], endpoint: str
) -> None:
    methods = metadata[f"{endpoint}_endpoint_auth_methods_supported"]
    algorithms = metadata.get(f"{endpoint}_endpoint_auth_signing_alg_values_supported", [])
    assert bool({"private_key_jwt", "client_secret_jwt"} & set(methods)) == bool(algorithms)
    assert "none" not in algorithms


@pytest.mark.must("RFC 8414", "3.1", "the metadata are asked for by GET")
@pytest.mark.must("RFC 8414", "3.2", "the answer is 200, a JSON object, application/json")
def test_section_3_2_the_answer_is_a_json_object(world: World) -> None:
    response = world.http.get(PATH)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert isinstance(response.json(), dict)
    assert world.http.post(PATH).status_code == 405


@pytest.mark.must("RFC 8414", "3.2", "what has several values is an array, and never an empty one")
def test_section_3_2_no_list_is_empty(metadata: dict[str, Any]) -> None:
    for name, value in metadata.items():
        assert isinstance(value, str | bool | list), name
        assert value not in ("", []), name
        assert not isinstance(value, list) or all(isinstance(each, str) and each for each in value), name


@pytest.mark.must("RFC 8414", "3.3", "issuer is the address that the document was asked for under")
def test_section_3_3_the_issuer_is_the_address_of_the_document(world: World) -> None:
    assert world.http.get(PATH).json()["issuer"] == "http://testserver"


@pytest.mark.must("RFC 8414", "3", "the well-known part stands between host and path of the issuer")
def test_section_3_an_issuer_has_no_path_so_the_document_stands_at_the_root(metadata: dict[str, Any]) -> None:
    assert urlsplit(metadata["issuer"]).path == ""
