"""OpenID Connect Front-Channel Logout section 3: the page that opens the applications' own."""

import re
from html import unescape
from typing import Any

import pytest

from oauthx.models import TokenFamily
from tests.contract.world import World
from tests.protocol.code_flow import REDIRECT_URI, Flow
from tests.protocol.logout_flow import (
    BYE,
    ISSUER,
    end_session,
    is_signed_in,
    make_logout_flow,
    press,
    the_session,
    tokens_of,
    verified,
)

FRAME = "https://app.example/signed-out"


@pytest.fixture
def flow(world: World) -> Flow:
    return make_logout_flow(world, frontchannel_logout_uri=FRAME)


@pytest.fixture
def hint(flow: Flow) -> str:
    """The ID token of the session that the browser is in."""
    token: str = tokens_of(flow)["id_token"]
    return token


def use_another(flow: Flow, client_id: str, **fields: Any) -> Flow:
    """Use another application in the same browser; returns its flow."""
    wanted = {"redirect_uris": REDIRECT_URI, "grant_types": ["authorization_code"], "skip_authorization": True}
    other = Flow(flow.world, flow.world.make_client(client_id, **{**wanted, **fields}), flow.browser)
    tokens_of(other)
    return other


def frames_of(page: Any) -> list[str]:
    """The addresses of the page's frames."""
    assert page.status_code == 200, page.status_code
    return [unescape(address) for address in re.findall(r'<iframe src="([^"]*)"', page.content.decode())]


def policy_of(page: Any) -> dict[str, str]:
    """The page's policy by directive."""
    directives = (part.strip().partition(" ") for part in page["Content-Security-Policy"].split(";"))
    return {name: value for name, _space, value in directives}


@pytest.mark.must("OpenID Connect Front-Channel Logout", "3", "iss and sid are both added, as query parameters")
def test_section_3_a_frame_tells_the_application_issuer_and_session(world: World, flow: Flow, hint: str) -> None:
    sid = verified(world, hint).claims["sid"]
    assert sid == str(the_session().pk)
    page = end_session(flow, id_token_hint=hint)
    assert frames_of(page) == [f"{FRAME}?iss=http%3A%2F%2Ftestserver&sid={sid}"]
    assert not is_signed_in(flow)


@pytest.mark.must("OpenID Connect Front-Channel Logout", "2", "query parameters of the logout address stay")
def test_section_2_query_parameters_of_the_address_stay(world: World) -> None:
    flow = make_logout_flow(world, frontchannel_logout_uri=f"{FRAME}?a=b&c")
    [address] = frames_of(end_session(flow, id_token_hint=tokens_of(flow)["id_token"]))
    assert address.startswith(f"{FRAME}?a=b&c&iss=")


def test_section_3_every_application_of_the_session_has_a_frame(world: World, flow: Flow, hint: str) -> None:
    use_another(flow, "second", frontchannel_logout_uri="https://second.example:8443/out")
    use_another(flow, "silent")
    world.make_client("stranger", frontchannel_logout_uri="https://stranger.example/out")
    page = end_session(flow, id_token_hint=hint)
    assert [address.partition("?")[0] for address in frames_of(page)] == [FRAME, "https://second.example:8443/out"]
    assert policy_of(page)["frame-src"] == "https://app.example https://second.example:8443"
    assert policy_of(page)["default-src"] == "'none'"


def test_section_3_an_application_that_was_used_twice_has_one_frame(flow: Flow, hint: str) -> None:
    tokens_of(flow)
    assert len(frames_of(end_session(flow, id_token_hint=hint))) == 1


def test_section_3_applications_of_other_sessions_have_none(world: World, flow: Flow, hint: str) -> None:
    elsewhere = Flow(world, flow.app)
    use_another(elsewhere, "elsewhere", frontchannel_logout_uri="https://elsewhere.example/out")
    assert [address.partition("?")[0] for address in frames_of(end_session(flow, id_token_hint=hint))] == [FRAME]
    assert is_signed_in(elsewhere)


def test_an_application_whose_tokens_had_ended_is_told_too(flow: Flow, hint: str) -> None:
    TokenFamily.objects.get().end("revoked")
    assert len(frames_of(end_session(flow, id_token_hint=hint))) == 1


def test_an_application_that_is_not_active_is_not_told(world: World, flow: Flow, hint: str) -> None:
    client = world.of(flow.app)
    client.is_active = False
    client.save()
    assert frames_of(end_session(flow, id_token_hint=hint)) == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://app.example; script-src *",
        "https://app.example'unsafe-inline'/",
        "https://",
        "http://[::1",
        "data:text/html,x",
        "/relative",
    ],
)
def test_an_address_that_no_policy_can_name_is_left_out(world: World, address: str) -> None:
    flow = make_logout_flow(world, frontchannel_logout_uri=address)
    page = end_session(flow, id_token_hint=tokens_of(flow)["id_token"])
    assert frames_of(page) == []
    assert "frame-src" not in policy_of(page)
    assert policy_of(page)["script-src"] == "'self'"


def test_section_3_the_page_goes_on_when_the_frames_have_been_shown(flow: Flow, hint: str) -> None:
    text = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE, state="a&b").content.decode()
    target = f"{BYE}?state=a%26b"
    assert f'<meta http-equiv="refresh" content="3;url={target}">' in text
    assert f'id="continue" href="{target}"' in text
    assert "signed_out.js" in text


def test_the_answer_to_the_question_brings_the_frames_too(flow: Flow, hint: str) -> None:
    page = press(flow, end_session(flow, client_id="webapp", post_logout_redirect_uri=BYE))
    assert len(frames_of(page)) == 1
    assert BYE in page.content.decode()


def test_without_an_address_to_go_on_to_the_page_stays(flow: Flow, hint: str) -> None:
    text = end_session(flow, id_token_hint=hint).content.decode()
    assert "http-equiv" not in text
    assert "signed_out.js" not in text


def test_section_3_the_metadata_say_so(world: World) -> None:
    metadata = world.http.get("/.well-known/openid-configuration").json()
    assert metadata["issuer"] == ISSUER
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True
