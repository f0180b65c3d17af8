"""Refresh tokens on all five endpoints: they work once, for those they were issued to, and never widen."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Role
from tests.contract.wire import AMS_AUTH, BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import World, history, reasons

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
on_each_blade_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def refresh(world: World, endpoint: Endpoint, tokens: dict[str, Any], **params: object) -> Any:
    return world.refresh(endpoint, tokens["refresh_token"], **params).send(world.http)


def assert_spent(world: World, endpoint: Endpoint, response: Any, reason: str) -> None:
    assert_refused(endpoint, response, 400, "invalid_grant")
    assert reasons()[-1] == reason


@on_each_endpoint
def test_answers_a_new_pair_of_the_same_person(endpoint: Endpoint, world: World) -> None:
    first = world.tokens(endpoint)
    world.pass_time(minutes=10)
    response = refresh(world, endpoint, first)
    second = response.json()
    assert response.status_code == 200
    assert list(second) == list(first)
    assert second["expires_in"] == first["expires_in"]
    assert {first["access_token"], first["refresh_token"]}.isdisjoint({second["access_token"], second["refresh_token"]})
    assert world.user_info(second["access_token"]).status_code == 200
    event = history()[-1]
    assert (event.outcome, event.grant, event.account) == ("allowed", "refresh_token", "admin")


@on_each_endpoint
def test_leaves_the_old_access_token_to_its_time(endpoint: Endpoint, world: World) -> None:
    """RFC 6749 section 6 replaces the refresh token; requests that are under way keep their access token."""
    first = world.tokens(endpoint)
    refresh(world, endpoint, first)
    assert world.user_info(first["access_token"]).status_code == 200


@on_each_endpoint
def test_rotates_for_ever(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    for _round in range(4):
        world.pass_time(days=6)
        response = refresh(world, endpoint, tokens)
        assert response.status_code == 200
        tokens = response.json()


@on_each_endpoint
def test_a_replay_ends_the_family_with_its_newest_tokens(endpoint: Endpoint, world: World) -> None:
    first = world.tokens(endpoint)
    second = refresh(world, endpoint, first).json()
    third = refresh(world, endpoint, second).json()
    assert_spent(world, endpoint, refresh(world, endpoint, first), "refresh_replayed")
    for tokens in (first, second, third):
        assert world.user_info(tokens["access_token"]).status_code == 401
    assert_spent(world, endpoint, refresh(world, endpoint, third), "refresh_revoked")
    assert_spent(world, endpoint, refresh(world, endpoint, first), "refresh_revoked")


def test_a_replay_ends_no_other_login_of_the_same_person(world: World) -> None:
    one, other = world.tokens(AMS_AUTH), world.tokens(AMS_AUTH)
    refresh(world, AMS_AUTH, one)
    refresh(world, AMS_AUTH, one)
    assert refresh(world, AMS_AUTH, other).status_code == 200


def test_a_replay_ends_the_family_however_late_it_comes(world: World) -> None:
    first = world.tokens(AMS_AUTH)
    second = refresh(world, AMS_AUTH, first).json()
    world.pass_time(days=6)
    third = refresh(world, AMS_AUTH, second).json()
    world.pass_time(days=6)
    assert_spent(world, AMS_AUTH, refresh(world, AMS_AUTH, first), "refresh_replayed")
    assert_spent(world, AMS_AUTH, refresh(world, AMS_AUTH, third), "refresh_revoked")


@pytest.fixture
def forgiving(world: World) -> World:
    """The world with a client that forgives replays for ten seconds."""
    client = world.of(world.app)
    client.refresh_reuse_seconds = 10
    client.save()
    return world


@on_each_endpoint
def test_within_the_reuse_seconds_a_replay_gets_a_fresh_pair(endpoint: Endpoint, forgiving: World) -> None:
    first = forgiving.tokens(endpoint)
    second = refresh(forgiving, endpoint, first).json()
    forgiving.pass_time(seconds=10, microseconds=-1)
    response = refresh(forgiving, endpoint, first)
    assert response.status_code == 200
    third = response.json()
    assert third["refresh_token"] not in {first["refresh_token"], second["refresh_token"]}
    for tokens in (second, third):
        assert refresh(forgiving, endpoint, tokens).status_code == 200


@on_each_endpoint
def test_after_the_reuse_seconds_a_replay_ends_the_whole_family(endpoint: Endpoint, forgiving: World) -> None:
    first = forgiving.tokens(endpoint)
    second = refresh(forgiving, endpoint, first).json()
    forgiving.pass_time(seconds=5)
    third = refresh(forgiving, endpoint, first).json()
    # Counted from the first use: a replay within the time does not prolong it.
    forgiving.pass_time(seconds=5)
    assert_spent(forgiving, endpoint, refresh(forgiving, endpoint, first), "refresh_replayed")
    for tokens in (second, third):
        assert_spent(forgiving, endpoint, refresh(forgiving, endpoint, tokens), "refresh_revoked")


@on_each_endpoint
def test_another_client_gets_nothing_and_breaks_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    other = world.make_client("other")
    wire = world.refresh(endpoint, tokens["refresh_token"])
    assert_spent(world, endpoint, wire.by(other).send(world.http), "refresh_of_another_client")
    assert wire.send(world.http).status_code == 200
    assert_spent(world, endpoint, wire.by(other).send(world.http), "refresh_of_another_client")
    assert refresh(world, endpoint, tokens).status_code == 400


@on_each_endpoint
def test_another_endpoint_gives_nothing_and_breaks_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    for other in ENDPOINTS:
        if other is not endpoint:
            assert_spent(world, other, refresh(world, other, tokens), "refresh_of_another_dialect")
    assert refresh(world, endpoint, tokens).status_code == 200


@on_each_endpoint
def test_another_tenant_gets_nothing_and_breaks_nothing(endpoint: Endpoint, world: World) -> None:
    shared = world.shared(world.make_tenant("000001"))
    tokens = world.sign_in(endpoint, scope="all offline_access").by(shared).in_tenant("000000").send(world.http).json()
    wire = world.refresh(endpoint, tokens["refresh_token"]).by(shared)
    assert_spent(world, endpoint, wire.in_tenant("000001").send(world.http), "refresh_of_another_tenant")
    assert wire.in_tenant("000000").send(world.http).status_code == 200


@on_each_blade_endpoint
def test_a_wrong_main_account_gets_nothing_and_breaks_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    wire = world.refresh(endpoint, tokens["refresh_token"])
    assert_spent(world, endpoint, wire.with_params(tma="root").send(world.http), "main_account_mismatch")
    assert wire.with_params(tma="admin").send(world.http).status_code == 200


@on_each_endpoint
def test_expires_at_its_second(endpoint: Endpoint, world: World) -> None:
    one, other = world.tokens(endpoint), world.tokens(endpoint)
    whole_second = world.clock().replace(microsecond=0)
    world.clock.moment = whole_second + timedelta(seconds=604800, microseconds=-1)
    assert refresh(world, endpoint, one).status_code == 200
    world.clock.moment = whole_second + timedelta(seconds=604800)
    assert_spent(world, endpoint, refresh(world, endpoint, other), "refresh_expired")


@on_each_endpoint
def test_a_disabled_user_gets_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    world.admin.is_active = False
    world.admin.save()
    assert_spent(world, endpoint, refresh(world, endpoint, tokens), "account_disabled")


@on_each_endpoint
def test_a_disabled_tenant_gets_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    world.tenant.is_active = False
    world.tenant.save()
    assert_spent(world, endpoint, refresh(world, endpoint, tokens), "tenant_disabled")


@on_each_endpoint
def test_a_disabled_client_gets_nothing(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    client = world.of(world.app)
    client.is_active = False
    client.save()
    assert_refused(endpoint, refresh(world, endpoint, tokens), 401, "invalid_client")


@on_each_blade_endpoint
def test_tells_of_the_user_as_he_is_now(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    world.admin.real_name = "李四"
    world.admin.password_updated_at = None
    world.admin.save()
    world.admin.assign(roles=[Role.objects.create(tenant=world.tenant, id=42, name="role", alias="boss")])
    renewed = refresh(world, endpoint, tokens).json()
    assert (renewed["real_name"], renewed["role_id"], renewed["role_name"]) == ("李四", "42", "boss")
    assert (renewed["password_expired"], renewed["password_last_update_date"]) == (True, None)


@pytest.mark.parametrize("taken", ["access_token", "id_token"])
def test_no_other_token_refreshes(taken: str, world: World) -> None:
    for endpoint in (AMS_AUTH, CONNECT):
        tokens = world.tokens(endpoint)
        if taken in tokens:
            response = world.refresh(endpoint, tokens[taken]).send(world.http)
            assert_spent(world, endpoint, response, "refresh_unknown")


@on_each_endpoint
def test_a_client_without_the_grant_is_refused_before_the_token_is_looked_at(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    client = world.of(world.app)
    client.grant_types = ["password"]
    client.save()
    assert_refused(endpoint, refresh(world, endpoint, tokens), 400, "unauthorized_client")
    client.grant_types = ["refresh_token"]
    client.save()
    assert refresh(world, endpoint, tokens).status_code == 200
