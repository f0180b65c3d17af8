"""OpenID Connect Back-Channel Logout section 2.4: what a logout token says."""

import pytest

from oauthx.logout.delivery import deliver_due
from oauthx.signing import create_key
from tests.contract.world import World
from tests.peers import Peer
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import ISSUER, end_session, make_logout_flow, tokens_of, verified
from tests.protocol.logout_receiver import logout_tokens

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.4", "iss, aud, iat, exp, jti and events are there")
@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.4", "sub or sid is there, as in the ID token")
@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.4", "there is no nonce")
@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.1", "sid is in ID tokens and logout tokens")
def test_section_2_4_the_token_says_whose_session_has_ended(world: World, flow: Flow, hint: str, peer: Peer) -> None:
    told = verified(world, hint).claims
    end_session(flow, id_token_hint=hint)
    deliver_due()
    [token] = logout_tokens(peer)
    claims = verified(world, token).claims
    assert len(claims.pop("jti")) >= 32
    assert claims == {
        "iss": ISSUER,
        "sub": told["sub"],
        "aud": "webapp",
        "iat": int(world.clock().timestamp()),
        "exp": int(world.clock().timestamp()) + 120,
        "events": {EVENT: {}},
        "sid": told["sid"],
    }


@pytest.mark.must("OpenID Connect Back-Channel Logout", "2.4", "it is signed, never with none, as ID tokens are")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
def test_section_2_4_it_is_signed_as_the_clients_id_tokens_are(world: World, peer: Peer, algorithm: str) -> None:
    if algorithm != "RS256":
        create_key(algorithm)
    flow = make_logout_flow(world, algorithm=algorithm, backchannel_logout_uri=peer.url())
    end_session(flow, id_token_hint=tokens_of(flow)["id_token"])
    deliver_due()
    [token] = logout_tokens(peer)
    header = verified(world, token, algorithm).header
    assert (header["alg"], header["typ"]) == (algorithm, "logout+jwt")
    assert header["kid"]


def test_section_2_4_no_two_tokens_have_the_same_id(world: World, flow: Flow, peer: Peer) -> None:
    for _time in range(2):
        end_session(flow, id_token_hint=tokens_of(flow)["id_token"])
    deliver_due()
    assert len({verified(world, token).claims["jti"] for token in logout_tokens(peer)}) == 2


def test_section_4_1_a_logout_token_is_no_hint_and_no_access_token(
    world: World, flow: Flow, hint: str, peer: Peer
) -> None:
    end_session(flow, id_token_hint=hint)
    deliver_due()
    [token] = logout_tokens(peer)
    tokens_of(flow)
    assert 'name="sign_out"' in end_session(flow, id_token_hint=token).content.decode()
    assert world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 401
