"""RFC 7009 section 2: a client ends its tokens."""

from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import LoginEvent
from tests.contract.wire import CONNECT, ENDPOINTS, Credentials, Endpoint, basic
from tests.contract.world import World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def revoke(world: World, token: str, by: Credentials | None = None, **params: str) -> Any:
    return world.http.post(
        "/connect/revocation",
        urlencode({"token": token, **params}),
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": basic(*(by or world.app))},
    )


@pytest.mark.must("RFC 7009", "2", "refresh tokens can be revoked")
@pytest.mark.must("RFC 7009", "2.1", "the token is void at once")
@on_each_endpoint
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_section_2_1_ends_the_token_and_all_of_the_same_login(endpoint: Endpoint, kind: str, world: World) -> None:
    tokens = world.tokens(endpoint)
    assert revoke(world, tokens[kind]).status_code == 200
    assert world.user_info(tokens["access_token"]).status_code == 401
    refused = world.refresh(endpoint, tokens["refresh_token"]).send(world.http)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_section_2_1_ends_a_token_that_has_no_login(world: World) -> None:
    token = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    assert revoke(world, token).status_code == 200
    assert world.user_info(token).status_code == 401


@pytest.mark.must("RFC 7009", "2.1", "a client revokes its own tokens alone")
def test_section_2_1_another_clients_token_is_refused_and_stands(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    refused = revoke(world, token, by=world.make_client("other"))
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    assert world.user_info(token).status_code == 200


@pytest.mark.must("RFC 7009", "2.1", "a wrong hint extends the search to every kind of token")
def test_section_2_1_a_wrong_hint_does_not_mislead(world: World) -> None:
    tokens = world.tokens(CONNECT)
    revoke(world, tokens["refresh_token"], token_type_hint="access_token")
    assert world.user_info(tokens["access_token"]).status_code == 401


@pytest.mark.must("RFC 7009", "2.2", "an invalid token is answered with 200")
def test_section_2_2_an_unknown_or_ended_token_is_answered_alike(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    answers = [revoke(world, token), revoke(world, token), revoke(world, "nonsense")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"{}")] * 3


@pytest.mark.must("RFC 7009", "2.1", "the client authenticates")
@pytest.mark.must("RFC 7009", "2.1", "token is required")
def test_section_2_1_who_revokes_must_authenticate_and_name_a_token(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    assert revoke(world, token, by=(world.app[0], "wrong")).status_code == 401
    assert revoke(world, "").json()["error"] == "invalid_request"
    assert world.user_info(token).status_code == 200


def test_the_history_tells_of_it_once(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    revoke(world, token)
    revoke(world, token)
    event = LoginEvent.objects.get(kind=LoginEvent.Kind.LOGOUT)
    assert (event.account, event.client_id, event.reason) == ("admin", world.app[0], "revoked")
