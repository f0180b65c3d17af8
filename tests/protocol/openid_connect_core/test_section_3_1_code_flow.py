"""OpenID Connect Core section 3.1: the code flow's prompts, ages and ID tokens."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


def id_token(flow: Flow, world: World, **changes: str | None) -> dict[str, Any]:
    """The verified claims of the ID token of a whole flow."""
    token = flow.redeem(flow.code(**changes)).json()["id_token"]
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    claims: dict[str, Any] = jwt.decode(token, keys, algorithms=["RS256"]).claims
    return claims


@pytest.mark.must("OpenID Connect Core", "2", "the ID token repeats the nonce")
@pytest.mark.must("OpenID Connect Core", "15.1", "auth_time is returned")
def test_section_2_the_id_token_repeats_the_nonce_and_names_the_sign_in(flow: Flow, world: World) -> None:
    claims = id_token(flow, world)
    assert claims["nonce"] == "n-0S6"
    assert claims["aud"] == flow.app[0]
    assert claims["sub"] == str(world.admin.pk)
    assert claims["iss"] == "http://testserver"
    assert isinstance(claims["auth_time"], int)


@pytest.mark.must("OpenID Connect Core", "12.2", "auth_time stays that of the sign-in")
def test_section_12_2_a_refreshed_id_token_keeps_auth_time_and_has_no_nonce(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.scopes = ["openid", "offline_access"]
    client.save()
    tokens = flow.redeem(flow.code(scope="openid offline_access")).json()
    from tests.contract.wire import CONNECT  # noqa: PLC0415 - beside its use

    wire = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    again = wire.send(world.http).json()
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    first, second = (jwt.decode(t["id_token"], keys, algorithms=["RS256"]).claims for t in (tokens, again))
    assert first["auth_time"] == second["auth_time"]
    assert "nonce" not in second


@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "prompt=none shows no page and is an error without a session")
def test_section_3_1_2_1_prompt_none_without_a_session_is_login_required(flow: Flow) -> None:
    assert answer(flow.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "prompt=none shows no page")
def test_section_3_1_2_1_prompt_none_without_consent_is_consent_required(world: World) -> None:
    flow = make_flow(world)
    flow.sign_in(flow.authorize())
    assert answer(flow.authorize(prompt="none"))["error"] == "consent_required"


@pytest.mark.must("OpenID Connect Core", "15.1", "prompt is supported")
def test_section_3_1_2_1_prompt_none_with_a_session_brings_a_code(flow: Flow) -> None:
    flow.code()
    assert "code" in answer(flow.authorize(prompt="none"))


@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "prompt=login asks for a new sign-in")
@pytest.mark.must("OpenID Connect Core", "15.1", "prompt is supported")
def test_section_3_1_2_1_prompt_login_asks_for_a_new_sign_in_once(flow: Flow) -> None:
    flow.code()
    asked = flow.authorize(prompt="login")
    assert asked["Location"].startswith("/account/login/")
    assert "code" in answer(flow.sign_in(asked))


@pytest.mark.must("OpenID Connect Core", "15.1", "prompt is supported")
def test_section_3_1_2_1_prompt_consent_asks_again(world: World) -> None:
    flow = make_flow(world)
    flow.code()
    assert flow.authorize(prompt="consent").status_code == 200
    both = flow.sign_in(flow.authorize(prompt="login consent"))
    assert both.status_code == 200


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "a sign-in older than max_age is asked for anew")
@pytest.mark.must("OpenID Connect Core", "15.1", "max_age is enforced")
def test_section_3_1_2_1_a_session_older_than_max_age_signs_in_anew(flow: Flow, world: World) -> None:
    flow.code()
    assert "code" in answer(flow.authorize(max_age="3600"))
    session = flow.browser.session
    session["auth_time"] = world.clock().timestamp() - 7200
    session.save()
    assert flow.authorize(max_age="3600")["Location"].startswith("/account/login/")


def test_section_3_1_2_1_max_age_0_asks_for_a_new_sign_in_once(flow: Flow) -> None:
    flow.code()
    asked = flow.authorize(max_age="0")
    assert asked["Location"].startswith("/account/login/")
    assert "code" in answer(flow.sign_in(asked))
    assert answer(flow.authorize(max_age="0", prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize("max_age", ["0", "60"])
def test_section_3_1_2_1_max_age_is_over_with_the_question(world: World, max_age: str) -> None:
    """Who reads the consent page for longer than that is not sent away."""
    flow = make_flow(world)
    consent = flow.sign_in(flow.authorize(max_age=max_age))
    world.pass_time(minutes=5)
    assert "code" in answer(flow.agree(consent))


def test_section_3_1_2_1_login_hint_fills_the_account_in(flow: Flow) -> None:
    page = flow.browser.get(flow.authorize(login_hint="admin")["Location"]).content.decode()
    assert 'value="admin"' in page
