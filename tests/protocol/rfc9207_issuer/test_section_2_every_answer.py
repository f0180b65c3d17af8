"""RFC 9207 sections 2 and 3: `iss` stands in every kind of answer, equals the metadata's issuer, and is announced."""

from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.world import World
from tests.pages import form_values
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.tokens import claims_of, metadata_of

ERRORS: list[dict[str, str | None]] = [
    {"response_type": None},
    {"scope": "nonsense"},
    {"prompt": "none"},
    {"code_challenge": None},
    {"response_mode": "fragment"},
    {"state": None, "max_age": "soon"},
]


@pytest.fixture
def flow(world: World) -> Flow:
    world.settings.ISSUER_URL = "https://id.example.com"
    return make_flow(world)


@pytest.mark.must("RFC 9207", "2", "every answer names the issuer, errors too")
@pytest.mark.parametrize("changes", ERRORS, ids=lambda changes: next(iter(changes)))
def test_section_2_every_error_names_the_issuer(flow: Flow, changes: dict[str, Any]) -> None:
    sent = answer(flow.authorize(**changes))
    assert sent["error"]
    assert sent["iss"] == "https://id.example.com"


@pytest.mark.must("RFC 9207", "2", "every answer names the issuer, errors too")
@pytest.mark.parametrize("button", ["allow", "deny"])
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_section_2_the_answer_of_the_consent_page_names_the_issuer(flow: Flow, button: str, mode: str) -> None:
    response = flow.agree(flow.sign_in(flow.authorize(response_mode=mode)), button=button)
    if mode == "query":
        sent = answer(response)
    else:
        sent = {name: unescape(values[0]) for name, values in form_values(response, "form-post").items()}
    assert sent["iss"] == "https://id.example.com"
    assert ("code" in sent) == (button == "allow")


@pytest.mark.must("RFC 9207", "2", "iss is an https address without query and fragment")
@pytest.mark.must("RFC 9207", "2.3", "iss is the issuer of the metadata")
@pytest.mark.must("RFC 9207", "3", "the metadata announce iss")
def test_section_2_3_iss_is_the_issuer_of_metadata_and_tokens(flow: Flow, world: World) -> None:
    said = metadata_of(world)
    sent = answer(flow.agree(flow.sign_in(flow.authorize())))
    assert sent["iss"] == said["issuer"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert claims_of(world, flow.redeem(sent["code"]).json()["id_token"])["iss"] == sent["iss"]
    parts = urlsplit(sent["iss"])
    assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")
