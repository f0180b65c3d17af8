"""OpenID Connect RP-Initiated Logout section 3: where the person goes on afterwards, and where never."""

from typing import Any

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import BYE, end_session, is_question, is_signed_in, make_logout_flow, press, tokens_of


@pytest.fixture
def flow(world: World) -> Flow:
    return make_logout_flow(world)


@pytest.fixture
def hint(flow: Flow) -> str:
    """The ID token of the session that the browser is in."""
    token: str = tokens_of(flow)["id_token"]
    return token


@pytest.mark.must(
    "OpenID Connect RP-Initiated Logout", "3", "no redirection to an address that is not registered exactly"
)
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        f"{BYE}?a=b",
        f"{BYE}?",
        f"{BYE}#x",
        f"{BYE}/",
        "https://app.example/by%65",
        "https://app.example/bye?lang=zh&a=b",
        "https://user@app.example/bye",
        "https://app.example:444/bye",
        "https://app.example:99999/bye",
        "HTTPS://app.example/bye",
        "https://APP.example/bye",
        "http://app.example/bye",
        "https://app.example/\nbye",
        "//app.example/bye",
        "javascript:alert(1)",
        "http://[::1",
        "http://127.0.0.1/other",
        "http://127.0.0.1/bye?a=b",
        "http://127.0.0.1:80 80/bye",
        "http://localhost/bye",
    ],
)
@pytest.mark.parametrize("way", ["hint", "client_id", "nobody signed in"])
def test_section_3_an_address_that_is_not_registered_is_never_called(
    world: World, flow: Flow, hint: str, uri: str, way: str, caplog: Any
) -> None:
    browser = Flow(world, flow.app) if way == "nobody signed in" else flow
    named = {"client_id": "webapp"} if way == "client_id" else {"id_token_hint": hint}
    response = end_session(browser, **named, post_logout_redirect_uri=uri, state="abc")
    assert response.status_code == 400
    assert "reason=post_logout_redirect_uri_mismatch" in caplog.text
    assert is_signed_in(flow)


@pytest.mark.parametrize(
    "uri", [BYE, "https://app.example/bye?lang=zh", "http://127.0.0.1/bye", "http://127.0.0.1:4567/bye"]
)
def test_section_3_a_registered_address_is_called_as_it_was_sent(flow: Flow, hint: str, uri: str) -> None:
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=uri)
    assert (response.status_code, response["Location"]) == (303, uri)


def test_section_2_state_comes_back_as_it_was(flow: Flow, hint: str) -> None:
    uri = "https://app.example/bye?lang=zh"
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=uri, state="a b&c=狐")
    assert response["Location"] == f"{uri}&state=a+b%26c%3D%E7%8B%90"


def test_section_2_without_state_none_comes_back(flow: Flow, hint: str) -> None:
    assert end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)["Location"] == BYE


@pytest.mark.must(
    "OpenID Connect RP-Initiated Logout",
    "3",
    "no redirection without id_token_hint unless the address is proven otherwise",
)
def test_section_3_an_address_of_nobody_known_is_never_called(flow: Flow, hint: str) -> None:
    page = end_session(flow, post_logout_redirect_uri=BYE)
    assert is_question(page)
    done = press(flow, page)
    assert (done.status_code, BYE in done.content.decode()) == (200, False)
    assert not is_signed_in(flow)


def test_section_3_without_an_address_the_person_is_told_that_he_is_signed_out(flow: Flow, hint: str) -> None:
    response = end_session(flow, id_token_hint=hint, state="abc")
    assert response.status_code == 200
    assert not is_question(response)
    assert not is_signed_in(flow)


def test_an_address_of_another_application_is_never_called(world: World, flow: Flow, hint: str) -> None:
    world.make_client("other", post_logout_redirect_uris="https://other.example/bye")
    assert (
        end_session(flow, id_token_hint=hint, post_logout_redirect_uri="https://other.example/bye").status_code == 400
    )


def test_an_application_that_is_not_active_any_more_leads_nowhere(world: World, flow: Flow, hint: str) -> None:
    client = world.of(flow.app)
    client.is_active = False
    client.save()
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert (response.status_code, BYE in response.content.decode()) == (200, False)


def test_the_redirect_tells_the_application_nothing_of_the_request(flow: Flow, hint: str) -> None:
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"


def test_the_pages_run_no_foreign_script_and_are_framed_by_nobody(flow: Flow, hint: str) -> None:
    question = end_session(flow, client_id="webapp", post_logout_redirect_uri=BYE)
    for page in (question, end_session(flow, client_id="nobody"), press(flow, end_session(flow))):
        policy = page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "frame-src" not in policy
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "same-origin")
