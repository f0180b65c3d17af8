"""OpenID Connect Back-Channel Logout sections 2.1 to 2.3 and 2.5: who is told, when, and how."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import BrowserSession
from oauthx.logout.delivery import deliver_due
from oauthx.models import LogoutNotice, TokenFamily
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.peers import Peer
from tests.protocol.code_flow import REDIRECT_URI, Flow
from tests.protocol.logout_flow import end_session, tokens_of, verified
from tests.protocol.logout_receiver import logout_tokens, posted


@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.5", "the token is sent by POST as a form")
def test_section_2_5_the_token_is_posted_as_a_form(flow: Flow, hint: str, peer: Peer) -> None:
    end_session(flow, id_token_hint=hint)
    assert peer.requests == []
    assert deliver_due() == 1
    [request] = peer.requests
    line, headers, form = posted(request)
    assert line == "POST /told?tenant=a HTTP/1.1"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert list(form) == ["logout_token"]
    assert not {"cookie", "authorization"} & set(headers)


def test_section_2_5_every_application_of_the_session_is_told_of_its_own(
    world: World, flow: Flow, hint: str, peer: Peer
) -> None:
    for client_id, uri in (("second", peer.url("/second")), ("silent", "")):
        wanted: Any = {"redirect_uris": REDIRECT_URI, "skip_authorization": True, "backchannel_logout_uri": uri}
        tokens_of(Flow(world, world.make_client(client_id, **wanted), flow.browser))
    tokens_of(flow)
    end_session(flow, id_token_hint=hint)
    deliver_due()
    told = [verified(world, token).claims for token in logout_tokens(peer)]
    assert sorted(claims["aud"] for claims in told) == ["second", "webapp"]
    assert {claims["sid"] for claims in told} == {verified(world, hint).claims["sid"]}
    lines = sorted(posted(request)[0].split()[1] for request in peer.requests)
    assert lines == ["/second", "/told?tenant=a"]


def test_section_2_5_an_application_is_told_once(flow: Flow, hint: str, peer: Peer) -> None:
    tokens_of(flow)
    end_session(flow, id_token_hint=hint)
    end_session(flow, id_token_hint=hint)
    deliver_due()
    deliver_due()
    assert len(peer.requests) == 1
    assert not LogoutNotice.objects.exists()


def test_section_2_3_another_session_of_the_same_person_is_not_touched(
    world: World, flow: Flow, hint: str, peer: Peer
) -> None:
    elsewhere = Flow(world, flow.app)
    other_sid = verified(world, tokens_of(elsewhere)["id_token"]).claims["sid"]
    end_session(flow, id_token_hint=hint)
    deliver_due()
    [token] = logout_tokens(peer)
    assert verified(world, token).claims["sid"] != other_sid
    assert BrowserSession.objects.get(pk=other_sid).ended_at is None


def test_a_login_without_a_browser_is_nobodys_session(world: World, flow: Flow, hint: str, peer: Peer) -> None:
    client = world.of(world.app)
    client.backchannel_logout_uri = peer.url("/password")
    client.save()
    assert "id_token" in world.tokens(CONNECT)
    end_session(flow, id_token_hint=hint)
    deliver_due()
    assert [posted(request)[0].split()[1] for request in peer.requests] == ["/told?tenant=a"]


def test_an_application_whose_tokens_had_ended_is_told_too(flow: Flow, hint: str, peer: Peer) -> None:
    TokenFamily.objects.get().end("revoked")
    end_session(flow, id_token_hint=hint)
    assert deliver_due() == 1


def by_hand(flow: Flow) -> None:
    BrowserSession.objects.get().end("console")


def by_new_password(flow: Flow) -> None:
    flow.world.admin.set_password("another good password")
    flow.world.admin.save()


def by_console_logout(flow: Flow) -> None:
    flow.world.admin.is_staff = True
    flow.world.admin.save()
    assert flow.browser.post("/admin/logout/").status_code == 200


def by_sign_in_of_another(flow: Flow) -> None:
    flow.world.make_user("other")
    form = {"tenant": "000000", "username": "other", "password": "admin"}
    assert flow.browser.post("/account/login/?next=/healthz", form).status_code == 303


@pytest.mark.parametrize("end", [by_hand, by_new_password, by_console_logout, by_sign_in_of_another])
def test_however_a_session_ends_its_applications_are_told(
    flow: Flow, hint: str, peer: Peer, end: Callable[[Flow], None]
) -> None:
    end(flow)
    assert deliver_due() == 1
    assert len(peer.requests) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"backchannel_logout_uri": ""}], ids=str)
def test_an_application_that_must_or_will_not_be_told_any_more_is_left_out(
    world: World, flow: Flow, hint: str, peer: Peer, change: dict[str, Any]
) -> None:
    end_session(flow, id_token_hint=hint)
    client = world.of(flow.app)
    for name, value in change.items():
        setattr(client, name, value)
    client.save()
    assert deliver_due() == 0
    assert peer.requests == []
    assert not LogoutNotice.objects.exists()


def test_section_2_1_the_metadata_say_so(world: World) -> None:
    metadata = world.http.get("/.well-known/openid-configuration").json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
