"""`GET|POST {prefix}/oauth/logout`: the end of one login, for its access and refresh tokens, on every surface."""

from typing import Any

import pytest

from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_error_form, basic
from tests.contract.world import World, history, reasons

on_each_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
EVERYTHING = "openid offline_access all"


def log_out(world: World, token: str, endpoint: Endpoint = BLADE[0], method: str = "post") -> Any:
    return getattr(world.http, method)(f"{endpoint.prefix}/oauth/logout", headers={"Blade-Auth": f"bearer {token}"})


def assert_ended(world: World, issuer: Endpoint, tokens: dict[str, Any]) -> None:
    for endpoint in BLADE:
        assert world.user_info(tokens["access_token"], endpoint).status_code == 401
    response = world.refresh(issuer, tokens["refresh_token"]).send(world.http)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    assert reasons()[-1] == "refresh_revoked"


@pytest.mark.parametrize("method", ["get", "post"])
@on_each_endpoint
def test_ends_both_tokens_on_every_surface(endpoint: Endpoint, method: str, world: World) -> None:
    tokens = world.tokens(endpoint)
    response = log_out(world, tokens["access_token"], endpoint, method)
    assert response.status_code == 200
    assert response.content.decode() == '{"code":200,"success":true,"data":{},"msg":"操作成功"}'
    assert response["Cache-Control"] == "no-store"
    assert_ended(world, endpoint, tokens)


@pytest.mark.parametrize("issuer", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@on_each_endpoint
def test_ends_the_tokens_of_every_issuer(endpoint: Endpoint, issuer: Endpoint, world: World) -> None:
    tokens = world.tokens(issuer)
    assert log_out(world, tokens["access_token"], endpoint).status_code == 200
    assert_ended(world, issuer, tokens)


@on_each_endpoint
def test_reads_the_token_beside_the_clients_basic(endpoint: Endpoint, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    headers = {"Blade-Auth": f"bearer {token}", "Authorization": basic(*world.app)}
    assert world.http.post(f"{endpoint.prefix}/oauth/logout", headers=headers).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_ends_what_came_of_refreshing_too(endpoint: Endpoint, world: World) -> None:
    first = world.tokens(endpoint)
    second = world.refresh(endpoint, first["refresh_token"]).send(world.http).json()
    assert log_out(world, first["access_token"]).status_code == 200
    assert_ended(world, endpoint, second)


def test_leaves_other_logins_of_the_same_person_alone(world: World) -> None:
    one, other = world.tokens(BLADE[0]), world.tokens(BLADE[0])
    log_out(world, one["access_token"])
    assert world.user_info(other["access_token"]).status_code == 200
    assert world.refresh(BLADE[0], other["refresh_token"]).send(world.http).status_code == 200


def test_is_remembered_with_who_and_where(world: World) -> None:
    tokens = world.tokens(BLADE[2])
    world.pass_time(minutes=1)
    log_out(world, tokens["access_token"], BLADE[2])
    event = history()[-1]
    assert (event.kind, event.outcome, event.reason) == ("logout", "allowed", "")
    assert (event.account, event.user_id, event.tenant_code) == ("admin", world.admin.pk, "000000")
    assert (event.client_id, event.dialect, event.token_id) == (world.app[0], "cams-auth", tokens["jti"])
    assert (event.time, event.address) == (world.clock(), "127.0.0.1")


def test_works_once(world: World) -> None:
    token = world.tokens(BLADE[0])["access_token"]
    assert [log_out(world, token).status_code for _time in range(2)] == [200, 401]
    assert [event.kind for event in history()] == ["token", "logout"]


def test_ends_a_clients_own_token(world: World) -> None:
    request = CONNECT.request(world.app, grant_type="client_credentials")
    one, other = (request.send(world.http).json()["access_token"] for _number in range(2))
    assert log_out(world, one).status_code == 200
    assert [world.user_info(token).status_code for token in (one, other)] == [401, 403]


@pytest.mark.parametrize("method", ["get", "post"])
@on_each_endpoint
def test_refuses_without_a_token_in_the_error_form(endpoint: Endpoint, method: str, world: World) -> None:
    world.http.force_login(world.admin)
    before = len(history())
    for token in ("", "nonsense"):
        response = log_out(world, token, endpoint, method)
        assert response.status_code == 401
        assert_error_form(endpoint, response)
    assert len(history()) == before


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_refuses_other_methods(method: str, world: World) -> None:
    response = log_out(world, world.tokens(BLADE[0])["access_token"], method=method)
    assert response.status_code == 405
    assert_error_form(BLADE[0], response)
