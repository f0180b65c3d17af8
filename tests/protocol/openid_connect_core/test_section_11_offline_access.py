"""OpenID Connect Core sections 11 and 12: access while the person is away, and what a refresh brings."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.tokens import claims_of


def refreshed(flow: Flow, tokens: dict[str, Any]) -> dict[str, Any]:
    wire = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    body: dict[str, Any] = wire.send(flow.world.http).json()
    return body


@pytest.mark.must("OpenID Connect Core", "11", "a refresh token for offline access always has the person's consent")
@pytest.mark.must("OpenID Connect Core", "11", "consent is explicit for web clients")
def test_section_11_offline_access_is_asked_for_by_name(world: World) -> None:
    flow = make_flow(world)
    flow.code(scope="openid")
    page = flow.authorize(scope="openid offline_access")
    assert page.status_code == 200, "an earlier consent to less does not do"
    assert "保持登录" in page.content.decode() or "离开" in page.content.decode()
    assert "refresh_token" in flow.redeem(answer(flow.agree(page))["code"]).json()


@pytest.mark.must("OpenID Connect Core", "11", "without offline access there is no refresh token")
def test_section_11_without_offline_access_there_is_no_refresh_token(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    assert "refresh_token" not in flow.redeem(flow.code(scope="openid")).json()


@pytest.mark.must("OpenID Connect Core", "11", "a client without a person gets no offline access")
def test_section_11_a_client_without_a_person_gets_none(world: World) -> None:
    wire = CONNECT.request(world.app, grant_type="client_credentials", scope="offline_access")
    assert wire.send(world.http).json()["error"] == "invalid_scope"


@pytest.mark.must("OpenID Connect Core", "11", "offline access lasts when the person is away")
def test_section_11_it_goes_on_when_the_browser_is_signed_out(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    tokens = flow.redeem(flow.code(scope="openid offline_access")).json()
    flow.browser = HttpClient()
    world.pass_time(days=1)
    assert "access_token" in refreshed(flow, tokens)


@pytest.mark.must("OpenID Connect Core", "12.1", "the refresh token is validated")
def test_section_12_1_the_refresh_token_is_validated(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    tokens = flow.redeem(flow.code(scope="openid offline_access")).json()
    assert refreshed(flow, {"refresh_token": tokens["access_token"]})["error"] == "invalid_grant"


@pytest.mark.must("OpenID Connect Core", "12.2", "iss, sub and aud stay the same; iat is the time of the refresh")
@pytest.mark.must("OpenID Connect Core", "12.2", "auth_time stays that of the sign-in")
@pytest.mark.must("OpenID Connect Core", "12.2", "azp is there if it was there before")
def test_section_12_2_a_refreshed_id_token_is_the_same_but_for_its_time(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    tokens = flow.redeem(flow.code(scope="openid offline_access")).json()
    world.pass_time(minutes=10)
    first, second = (claims_of(world, each["id_token"]) for each in (tokens, refreshed(flow, tokens)))
    for name in ("iss", "sub", "aud", "auth_time"):
        assert first[name] == second[name]
    assert first.get("azp") == second.get("azp")
    assert second["iat"] == int(world.clock().timestamp()) > first["iat"]
    assert second.get("nonce", first["nonce"]) == first["nonce"]
