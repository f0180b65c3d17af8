"""OpenID Connect Discovery sections 3 and 4: what the metadata must hold, and where they stand."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from oauthx.signing import create_key
from tests.contract.world import World
from tests.protocol.code_flow import make_flow
from tests.protocol.tokens import claims_of

PATH = "/.well-known/openid-configuration"
ISSUER = "https://id.example.com"


@pytest.fixture
def metadata(world: World) -> dict[str, Any]:
    world.settings.ISSUER_URL = ISSUER
    said: dict[str, Any] = world.http.get(PATH).json()
    return said


REQUIRED = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
]


@pytest.mark.must("OpenID Connect Discovery", "3", "what is required is there")
@pytest.mark.parametrize("name", REQUIRED)
def test_section_3_what_is_required_is_there(metadata: dict[str, Any], name: str) -> None:
    assert metadata[name]


@pytest.mark.must("OpenID Connect Discovery", "3", "issuer is an https address without query and fragment")
@pytest.mark.must("OpenID Connect Discovery", "3", "endpoints and jwks_uri are https addresses")
def test_section_3_addresses_have_https(metadata: dict[str, Any]) -> None:
    assert metadata["issuer"] == ISSUER
    assert (urlsplit(ISSUER).query, urlsplit(ISSUER).fragment) == ("", "")
    for name, value in metadata.items():
        assert not name.endswith(("_endpoint", "_uri")) or value.startswith("https://"), name


@pytest.mark.must("OpenID Connect Discovery", "3", "issuer is the iss of ID tokens")
@pytest.mark.must("OpenID Connect Discovery", "4.3", "issuer is the iss of ID tokens")
def test_section_3_the_issuer_is_that_of_id_tokens(metadata: dict[str, Any], world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    assert claims_of(world, flow.redeem(flow.code()).json()["id_token"])["iss"] == metadata["issuer"]


@pytest.mark.must("OpenID Connect Discovery", "3", "openid is a supported scope")
@pytest.mark.must("OpenID Connect Discovery", "3", "RS256 is supported for ID tokens, none is not")
def test_section_3_openid_and_rs256_are_supported(metadata: dict[str, Any]) -> None:
    assert "openid" in metadata["scopes_supported"]
    assert "code" in metadata["response_types_supported"]
    assert set(metadata["subject_types_supported"]) <= {"public", "pairwise"}
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "none" not in metadata["id_token_signing_alg_values_supported"]


@pytest.mark.must("OpenID Connect Discovery", "3", "none is no algorithm for client assertions")
def test_section_3_none_is_no_algorithm_anywhere(metadata: dict[str, Any]) -> None:
    for name, value in metadata.items():
        assert "_alg_" not in name or "none" not in value, name


@pytest.mark.must("OpenID Connect Discovery", "3", "every published key says what it is for")
@pytest.mark.must("RFC 8414", "2", "every published key says what it is for")
def test_section_3_every_key_says_what_it_is_for(metadata: dict[str, Any], world: World) -> None:
    create_key("ES256")
    keys = world.http.get(metadata["jwks_uri"].removeprefix(ISSUER)).json()["keys"]
    assert len(keys) > 1
    assert all(key["use"] == "sig" for key in keys)


@pytest.mark.must("OpenID Connect Discovery", "4", "the document stands below the issuer, at the well-known path")
@pytest.mark.must("OpenID Connect Discovery", "4.1", "the document is got by GET")
@pytest.mark.must("OpenID Connect Discovery", "4.2", "the answer is 200, a JSON object, application/json")
@pytest.mark.must("OpenID Connect Discovery", "4.3", "issuer is the address that the document was got from")
def test_section_4_the_document_is_got_from_the_issuer(world: World) -> None:
    response = world.http.get(PATH)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json()["issuer"] + PATH == response.wsgi_request.build_absolute_uri()
    assert world.http.post(PATH).status_code == 405


@pytest.mark.must("OpenID Connect Discovery", "4.2", "lists are arrays, and none is empty")
def test_section_4_2_no_list_is_empty(metadata: dict[str, Any]) -> None:
    for name, value in metadata.items():
        assert value not in ("", [], None), name
        if isinstance(value, list):
            assert all(isinstance(each, str) and each for each in value), name
            assert len(value) == len(set(value)), name


def test_section_4_pages_of_any_origin_may_read_it(world: World) -> None:
    """It is public, so scripts that find the provider by it need no permission (section 4: SHOULD)."""
    assert world.http.get(PATH)["Access-Control-Allow-Origin"] == "*"
