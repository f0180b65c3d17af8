"""RFC 6749 section 3.1: what the authorization endpoint takes, and what it makes of redirect URIs."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.exceptions import ValidationError

from oauthx.models import Client
from tests.contract.world import World
from tests.protocol.code_flow import REDIRECT_URI, Flow, answer, make_flow
from tests.protocol.tokens import metadata_of


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("RFC 6749", "3.1", "GET is supported")
def test_section_3_1_get_is_supported(flow: Flow) -> None:
    assert "code" in answer(flow.sign_in(flow.authorize()))


@pytest.mark.must("RFC 6749", "3.1", "the endpoint's address has no fragment")
@pytest.mark.must("RFC 6749", "3.2", "the endpoint's address has no fragment")
def test_section_3_1_the_endpoints_addresses_have_no_fragment(world: World) -> None:
    said = metadata_of(world)
    assert "#" not in said["authorization_endpoint"] + said["token_endpoint"]


@pytest.mark.must("RFC 6749", "3.1", "a parameter without a value counts as omitted")
@pytest.mark.parametrize("name", ["state", "nonce", "prompt", "max_age", "response_mode", "acr_values", "login_hint"])
def test_section_3_1_a_parameter_without_a_value_counts_as_omitted(flow: Flow, name: str) -> None:
    sent = answer(flow.sign_in(flow.authorize(**{name: ""})))
    assert "code" in sent
    assert ("state" in sent) == (name != "state")


@pytest.mark.must("RFC 6749", "3.1", "a required parameter without a value counts as omitted")
def test_section_3_1_a_required_parameter_without_a_value_is_missing(flow: Flow) -> None:
    assert answer(flow.authorize(response_type=""))["error"] == "invalid_request"
    assert flow.authorize(client_id="").status_code == 400


@pytest.mark.must("RFC 6749", "3.1", "unknown parameters are ignored")
def test_section_3_1_unknown_parameters_are_ignored(flow: Flow) -> None:
    assert "code" in answer(flow.sign_in(flow.authorize(unrecognized="x", foo="")))


@pytest.mark.must("RFC 6749", "3.1", "no parameter of the answer is included more than once")
@pytest.mark.parametrize("changes", [{}, {"scope": "nonsense"}], ids=["code", "error"])
def test_section_3_1_no_parameter_of_the_answer_stands_twice(flow: Flow, changes: dict[str, str]) -> None:
    flow.code()
    names = [name for name, _value in parse_qsl(urlsplit(flow.authorize(**changes)["Location"]).query)]
    assert len(names) == len(set(names))


@pytest.mark.must("RFC 6749", "3.1.2", "a redirect URI's own query is retained")
@pytest.mark.must("RFC 6749", "3.1.2", "a redirect URI has no fragment")
def test_section_3_1_2_a_redirect_uris_query_is_retained(world: World) -> None:
    target = f"{REDIRECT_URI}?app=1&empty="
    flow = make_flow(world, skip_authorization=True, redirect_uris=target)
    sent = urlsplit(flow.sign_in(flow.authorize(redirect_uri=target))["Location"])
    assert (
        dict(parse_qsl(sent.query, keep_blank_values=True)).items() >= {"app": "1", "empty": "", "state": "xyz"}.items()
    )
    assert sent.fragment == ""
    assert flow.authorize(redirect_uri=f"{target}#f").status_code == 400


def problems(world: World, **fields: Any) -> dict[str, list[str]]:
    """What registration finds wrong with a client of the authorization code grant."""
    wanted = {
        "client_id": "new",
        "name": "new",
        "tenant": world.tenant,
        "dialects": ["connect"],
        "grant_types": ["authorization_code"],
        "redirect_uris": REDIRECT_URI,
        **fields,
    }
    try:
        Client(**wanted).clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.must("RFC 6749", "3.1.2", "a redirect URI is absolute, without a fragment")
@pytest.mark.parametrize(
    "uri", ["/callback", "app.example/callback", "https://", f"{REDIRECT_URI}#f", f"{REDIRECT_URI}#"]
)
def test_section_3_1_2_a_redirect_uri_is_absolute_and_has_no_fragment(world: World, uri: str) -> None:
    assert problems(world) == {}
    assert list(problems(world, redirect_uris=uri)) == ["redirect_uris"]


@pytest.mark.must("RFC 6749", "3.1.2.2", "clients register their redirect URIs")
@pytest.mark.must("RFC 6749", "10.2", "a client that cannot authenticate registers its redirect URIs")
@pytest.mark.must("RFC 6749", "10.6", "public clients register their redirect URIs")
@pytest.mark.parametrize("client_type", ["public", "confidential"])
def test_section_3_1_2_2_redirect_uris_are_registered(world: World, client_type: str) -> None:
    assert list(problems(world, redirect_uris="", client_type=client_type)) == ["redirect_uris"]
    flow = make_flow(world, redirect_uris="", client_type=client_type)
    assert flow.authorize().status_code == 400


@pytest.mark.must("RFC 6749", "3.1.2.3", "a client with several redirect URIs names one")
def test_section_3_1_2_3_a_redirect_uri_is_named(flow: Flow) -> None:
    assert len(flow.world.of(flow.app).redirect_uris.split()) > 1
    assert flow.authorize(redirect_uri=None).status_code == 400


@pytest.mark.must("RFC 6749", "3.1.2.3", "redirect URIs are compared as simple strings")
@pytest.mark.parametrize(
    "uri",
    [
        "https://APP.example/callback",
        "HTTPS://app.example/callback",
        "https://app.example:443/callback",
        "https://app.example/./callback",
        "https://app.example/Callback",
        "https://app.example/call%62ack",
        "https://app.example/call\tback",
        " https://app.example/callback",
        "https://app.example/callback?",
        "https://app.example.evil.example/callback",
        "https://app.example:port/callback",
        "https://[app.example/callback",
    ],
)
def test_section_3_1_2_3_redirect_uris_are_compared_as_simple_strings(flow: Flow, uri: str) -> None:
    response = flow.authorize(redirect_uri=uri)
    assert response.status_code == 400
    assert "Location" not in response
