"""OpenID Connect Core sections 2, 3.1.3 and 10.1: what an ID token says, how it is signed, what stands beside it."""

import base64
import hashlib
from typing import Any

import pytest

from oauthx.signing import create_key
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow
from tests.protocol.tokens import ask_userinfo, claims_of, metadata_of, verified


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


def answered(flow: Flow, **changes: str | None) -> dict[str, Any]:
    """The token endpoint's answer at the end of a whole flow."""
    body: dict[str, Any] = flow.redeem(flow.code(**changes)).json()
    return body


@pytest.mark.must("OpenID Connect Core", "2", "iss, sub, aud, exp and iat are there")
@pytest.mark.must("OpenID Connect Core", "3.1.3.6", "the ID token has the claims of section 2")
def test_section_2_the_required_claims_are_there(flow: Flow, world: World) -> None:
    claims = claims_of(world, answered(flow)["id_token"])
    assert claims["iss"] == metadata_of(world)["issuer"]
    assert claims["sub"] == str(world.admin.pk)
    assert claims["aud"] in (flow.app[0], [flow.app[0]])
    assert claims["iat"] == int(world.clock().timestamp())
    assert claims["exp"] > claims["iat"]


@pytest.mark.must("OpenID Connect Core", "2", "sub has at most 255 ASCII characters, and is a string")
def test_section_2_sub_is_a_short_ascii_string(flow: Flow, world: World) -> None:
    sub = claims_of(world, answered(flow)["id_token"])["sub"]
    assert isinstance(sub, str)
    assert sub.isascii()
    assert 0 < len(sub) <= 255


@pytest.mark.must("OpenID Connect Core", "2", "sub is never assigned to another person")
def test_section_2_a_sub_is_never_assigned_anew(world: World) -> None:
    gone = world.make_user("gone")
    sub = str(gone.pk)
    gone.delete()
    assert str(world.make_user("gone").pk) != sub


@pytest.mark.must("OpenID Connect Core", "2", "the ID token repeats the nonce")
@pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", "Ünï çødé & =?", "x" * 255])
def test_section_2_the_nonce_comes_back_unchanged(flow: Flow, world: World, nonce: str) -> None:
    assert claims_of(world, answered(flow, nonce=nonce)["id_token"])["nonce"] == nonce


def test_section_2_without_a_nonce_there_is_none(flow: Flow, world: World) -> None:
    assert "nonce" not in claims_of(world, answered(flow, nonce=None)["id_token"])


@pytest.mark.must("OpenID Connect Core", "2", "auth_time is there when max_age was asked for")
@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "with max_age the ID token says auth_time")
def test_section_2_auth_time_is_when_the_person_signed_in(flow: Flow, world: World) -> None:
    first = claims_of(world, answered(flow, max_age="3600")["id_token"])
    second = claims_of(world, answered(flow, max_age="3600")["id_token"])
    assert isinstance(first["auth_time"], int)
    assert first["auth_time"] == second["auth_time"], "the same session"


@pytest.mark.must("OpenID Connect Core", "2", "azp, if there is one, is the client")
def test_section_2_azp_is_the_client_if_there_is_one(flow: Flow, world: World) -> None:
    assert claims_of(world, answered(flow)["id_token"]).get("azp", flow.app[0]) == flow.app[0]


@pytest.mark.must("OpenID Connect Core", "2", "ID tokens are signed, never with none")
@pytest.mark.must("OpenID Connect Core", "15.1", "RS256 is supported")
def test_section_2_the_id_token_is_signed_with_rs256(flow: Flow, world: World) -> None:
    assert verified(world, answered(flow)["id_token"]).header["alg"] == "RS256"


@pytest.mark.must("OpenID Connect Core", "10.1", "the key that signs is published, and the header names it")
@pytest.mark.must("OpenID Connect Core", "10.1", "the published keys are for signatures")
def test_section_10_1_among_several_keys_the_header_names_the_one(flow: Flow, world: World) -> None:
    create_key("ES256")
    keys = {key["kid"]: key for key in world.http.get(metadata_of(world)["jwks_uri"]).json()["keys"]}
    assert len(keys) > 1
    header = verified(world, answered(flow)["id_token"]).header
    assert keys[header["kid"]]["alg"] == header["alg"]
    assert {key["use"] for key in keys.values()} == {"sig"}
    assert not {"d", "p", "q", "k"} & {name for key in keys.values() for name in key}


@pytest.mark.must("OpenID Connect Core", "3.1.3.3", "an answer has id_token, and token_type Bearer")
def test_section_3_1_3_3_the_answer_has_an_id_token_and_is_of_type_bearer(flow: Flow) -> None:
    body = answered(flow)
    assert body["token_type"] == "Bearer"
    assert body["id_token"].count(".") == 2


def test_section_3_1_3_6_at_hash_is_the_left_half_of_the_access_tokens_digest(flow: Flow, world: World) -> None:
    body = answered(flow)
    half = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims_of(world, body["id_token"])["at_hash"] == expected


@pytest.mark.must("OpenID Connect Core", "3.1.3.2", "a code of no OpenID Connect request brings no ID token")
def test_section_3_1_3_2_without_openid_there_is_no_id_token(flow: Flow, world: World) -> None:
    body = answered(flow, scope="profile")
    assert "id_token" not in body
    assert ask_userinfo(world, body["access_token"]).status_code == 403


@pytest.mark.must("OpenID Connect Core", "3.1.3.1", "a confidential client authenticates")
@pytest.mark.must("OpenID Connect Core", "9", "a client with a secret authenticates by Basic or in the body")
def test_section_9_basic_and_body_are_both_taken(flow: Flow, world: World) -> None:
    params = {
        "redirect_uri": flow.request()["redirect_uri"],
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }
    for with_basic in (True, False):
        wire = CONNECT.request(flow.app, grant_type="authorization_code", code=flow.code(), **params)
        assert (wire.with_basic() if with_basic else wire).by(flow.app).send(world.http).status_code == 200
    wire = CONNECT.request(flow.app, grant_type="authorization_code", code=flow.code(), **params)
    assert wire.by(None).send(world.http).status_code == 401


@pytest.mark.must("OpenID Connect Core", "16.15", "the issuer of discovery is the iss of ID tokens")
@pytest.mark.parametrize("issuer", ["", "https://id.example.com"])
def test_section_16_15_discovery_and_id_token_name_one_issuer(issuer: str, world: World) -> None:
    world.settings.ISSUER_URL = issuer
    flow = make_flow(world, skip_authorization=True)
    assert claims_of(world, answered(flow)["id_token"])["iss"] == metadata_of(world)["issuer"]


@pytest.mark.must("OpenID Connect Core", "8", "a public subject is the same for every client")
def test_section_8_every_client_sees_the_same_sub(flow: Flow, world: World) -> None:
    other = world.tokens(CONNECT)["id_token"]
    assert claims_of(world, answered(flow)["id_token"])["sub"] == claims_of(world, other)["sub"]
