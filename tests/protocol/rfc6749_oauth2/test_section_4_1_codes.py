"""RFC 6749 section 4.1: codes, states and errors, in the details that the whole flow does not show."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow

# %x20-21 / %x23-5B / %x5D-7E
ALLOWED = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")


@pytest.fixture
def flow(world: World) -> Flow:
    flow = make_flow(world, skip_authorization=True)
    flow.code()
    return flow


STATES = ["a b&c=d?e#f", "100%25+1", "状态", '"><script>alert(1)</script>', "a\r\nSet-Cookie: b=c", "x" * 2000]


@pytest.mark.must("RFC 6749", "4.1.2", "state comes back exactly as it was sent")
@pytest.mark.must("RFC 6749", "4.1.2.1", "state comes back with an error too")
@pytest.mark.must("RFC 6749", "10.14", "state and redirect_uri are sanitized")
@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
@pytest.mark.parametrize("changes", [{}, {"scope": "nonsense"}], ids=["code", "error"])
def test_section_4_1_2_state_comes_back_exactly(flow: Flow, state: str, changes: dict[str, str]) -> None:
    response = flow.authorize(state=state, **changes)
    assert dict(parse_qsl(urlsplit(response["Location"]).query))["state"] == state
    assert "\n" not in response["Location"]
    assert "b" not in response.cookies


@pytest.mark.must("RFC 6749", "10.14", "state and redirect_uri are sanitized")
@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_section_10_14_a_state_becomes_no_markup(flow: Flow, state: str) -> None:
    page = flow.authorize(state=state, response_mode="form_post").content.decode()
    assert "<script>" not in page
    carried = re.search(r'name="state" value="([^"]*)"', page)
    assert carried is not None
    assert unescape(carried.group(1)) == state


@pytest.mark.must("RFC 6749", "4.1.2", "state comes back exactly as it was sent")
def test_section_4_1_2_a_long_state_survives_the_sign_in(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    state = "s" * 3000
    assert answer(flow.sign_in(flow.authorize(state=state)))["state"] == state


@pytest.mark.must("RFC 6749", "4.1.2", "without a state none comes back")
def test_section_4_1_2_without_a_state_none_comes_back(flow: Flow) -> None:
    assert "state" not in answer(flow.authorize(state=None))
    assert "state" not in answer(flow.authorize(state=None, scope="nonsense"))


@pytest.mark.must("RFC 6749", "4.1.2.1", "error and error_description keep to the allowed characters")
@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": '"code"'},
        {"response_mode": "\\"},
        {"scope": "ключ"},
        {"prompt": '"'},
        {"max_age": "é"},
        {"code_challenge": "\x7f"},
        {"acr_values": "tenant:\u4e00"},
        {"display": "\x00"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_section_4_1_2_1_errors_keep_to_the_allowed_characters(flow: Flow, changes: dict[str, Any]) -> None:
    sent = answer(flow.authorize(**changes))
    assert sent["error"]
    assert ALLOWED.fullmatch(sent["error"])
    assert ALLOWED.fullmatch(sent.get("error_description", ""))


@pytest.mark.must("RFC 6749", "4.1.3", "code is required")
@pytest.mark.must("RFC 6749", "4.1.3", "redirect_uri is required where the authorization request had one")
@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_section_4_1_3_requires_code_and_redirect_uri(flow: Flow, missing: str) -> None:
    code = flow.code()
    params: dict[str, Any] = {"redirect_uri": None} if missing == "redirect_uri" else {}
    refused = flow.redeem("" if missing == "code" else code, **params)
    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_request", "invalid_grant"}
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 6749", "4.1.3", "the code is valid")
@pytest.mark.parametrize("code", ["nonsense", "x" * 9000, "\x00", "码"])
def test_section_4_1_3_a_code_that_was_never_issued_is_refused(flow: Flow, code: str) -> None:
    refused = flow.redeem(code)
    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_request", "invalid_grant"}


@pytest.mark.must("RFC 6749", "3.3", "an answer names the scope where it differs from the one asked for")
def test_section_3_3_the_answer_names_the_scope_that_was_granted(flow: Flow) -> None:
    asked = flow.redeem(flow.code(scope=None)).json()
    assert set(asked["scope"].split()) == set(flow.world.of(flow.app).scopes)
