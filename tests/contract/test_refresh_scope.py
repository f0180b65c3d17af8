"""The scope of a refresh: it may be absent, never widens, and narrowing it leaves the refresh token what it was."""

from typing import Any

import pytest

from tests.contract.wire import BLADE, CONNECT, Endpoint, assert_refused
from tests.contract.world import World, reasons

on_each_blade_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def refresh(world: World, tokens: dict[str, Any], endpoint: Endpoint = CONNECT, **params: object) -> Any:
    return world.refresh(endpoint, tokens["refresh_token"], **params).send(world.http)


@on_each_blade_endpoint
def test_may_be_absent_though_a_login_needs_one(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    for scope in (None, "", "all"):
        response = refresh(world, tokens, endpoint, scope=scope)
        assert response.status_code == 200
        tokens = response.json()
        assert tokens["scope"] == "all"


def test_absent_means_what_was_granted_not_what_the_client_may_have(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    assert refresh(world, tokens).json()["scope"] == "openid offline_access"


def test_never_widens(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    for scope in ("openid offline_access email", "email", "admin"):
        assert_refused(CONNECT, refresh(world, tokens, scope=scope), 400, "invalid_scope")
        assert reasons()[-1] == "scope_refused"
    assert refresh(world, tokens, scope="openid").status_code == 200  # the refusals used nothing up


def test_narrowing_keeps_the_refresh_tokens_own_scope(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid email offline_access")
    narrowed = refresh(world, tokens, scope="email").json()
    assert narrowed["scope"] == "email"
    assert "id_token" not in narrowed
    widened_again = refresh(world, narrowed).json()
    assert widened_again["scope"] == "openid email offline_access"
    assert "id_token" in widened_again


def test_narrowing_past_offline_access_still_answers_a_refresh_token(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid offline_access")
    assert "refresh_token" in refresh(world, tokens, scope="openid").json()


def test_loses_what_the_client_may_no_longer_have(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid email offline_access")
    client = world.of(world.app)
    client.scopes = ["openid", "offline_access", "all"]
    client.save()
    assert refresh(world, tokens, scope="email").json()["error"] == "invalid_scope"
    assert refresh(world, tokens).json()["scope"] == "openid offline_access"


def test_order_and_repetition_of_scopes_do_not_matter(world: World) -> None:
    tokens = world.tokens(CONNECT, scope="openid email offline_access")
    answer = refresh(world, tokens, scope="offline_access openid openid").json()
    assert set(answer["scope"].split()) == {"openid", "offline_access"}
    assert len(answer["scope"].split()) == 2
