"""OpenID Connect Core section 5.3: the form of userinfo's answers and refusals, and that they fit the ID token."""

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import make_flow
from tests.protocol.tokens import USERINFO, ask_userinfo, claims_of


@pytest.mark.must("OpenID Connect Core", "5.3", "the access token is taken as a bearer token")
@pytest.mark.must("OpenID Connect Core", "5.3.2", "the answer is a JSON object, application/json")
@pytest.mark.parametrize("method", ["get", "post"])
def test_section_5_3_2_the_answer_is_a_json_object(method: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.tokens(CONNECT)['access_token']}"}
    response = getattr(world.http, method)(USERINFO, headers=headers)
    assert response.status_code == 200
    assert response["Content-Type"].partition(";")[0] == "application/json"
    assert isinstance(response.json(), dict)


@pytest.mark.must("OpenID Connect Core", "5.3.2", "sub is that of the ID token")
def test_section_5_3_2_sub_fits_the_id_token(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    tokens = flow.redeem(flow.code()).json()
    assert ask_userinfo(world, tokens["access_token"]).json()["sub"] == claims_of(world, tokens["id_token"])["sub"]


@pytest.mark.must("OpenID Connect Core", "5.6", "normal claims are supported")
def test_section_5_6_claims_are_members_of_the_answer(world: World) -> None:
    said = ask_userinfo(world, world.tokens(CONNECT)["access_token"]).json()
    assert said["preferred_username"] == "admin"
    assert not {"_claim_names", "_claim_sources"} & set(said)


@pytest.mark.must("OpenID Connect Core", "5.3.3", "a refusal has the form of RFC 6750")
def test_section_5_3_3_a_refusal_is_a_challenge(world: World) -> None:
    refused = ask_userinfo(world, "nonsense")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer ")
    assert 'error="invalid_token"' in refused["WWW-Authenticate"]


def test_section_5_3_2_no_cache_keeps_the_answer(world: World) -> None:
    assert ask_userinfo(world, world.tokens(CONNECT)["access_token"])["Cache-Control"] == "no-store"
