"""RFC 7662 section 2: who may ask about a token, and what is answered."""

from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import LoginEvent, User
from tests.contract.wire import CONNECT, ENDPOINTS, Credentials, Endpoint, basic
from tests.contract.world import SCOPES, World

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
INACTIVE = {"active": False}


def introspect(world: World, token: str, by: Credentials | None = None, **params: str) -> Any:
    return world.http.post(
        "/connect/introspect",
        urlencode({"token": token, **params}),
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": basic(*(by or world.app))},
    )


@pytest.mark.must("RFC 7662", "2.2", "the answer says whether the token is active")
@on_each_endpoint
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_section_2_2_describes_a_clients_own_token_of_any_dialect(endpoint: Endpoint, kind: str, world: World) -> None:
    answer = introspect(world, world.tokens(endpoint)[kind]).json()
    assert answer["active"] is True
    assert answer["sub"] == str(world.admin.pk)
    assert answer["username"] == "admin"
    assert answer["tenant_id"] == "000000"
    assert answer["exp"] > world.clock().timestamp()
    assert "all" in answer["scope"].split()


def test_section_2_2_describes_an_access_token_fully(world: World) -> None:
    answer = introspect(world, world.tokens(CONNECT)["access_token"], token_type_hint="access_token").json()
    assert answer["client_id"] == world.app[0]
    assert answer["iss"] == "http://testserver"
    assert answer["iat"] == int(world.clock().timestamp())
    assert answer["exp"] == answer["iat"] + 3600
    assert set(answer["scope"].split()) == set(SCOPES)
    assert answer["token_type"] == "Bearer"


def test_section_2_2_a_clients_own_token_has_no_user(world: World) -> None:
    token = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    answer = introspect(world, token).json()
    assert (answer["active"], answer["sub"]) == (True, world.app[0])
    assert "username" not in answer


@pytest.mark.must("RFC 7662", "2.1", "a wrong hint extends the search to every kind of token")
def test_section_2_2_a_wrong_hint_does_not_mislead(world: World) -> None:
    token = world.tokens(CONNECT)["refresh_token"]
    assert introspect(world, token, token_type_hint="access_token").json()["active"] is True


@pytest.mark.must("RFC 7662", "2.2", "a token that is not active or unknown is answered with active false")
@pytest.mark.must("RFC 7662", "4", "expiry and revocation are checked")
def test_section_2_2_what_does_not_stand_is_inactive_and_nothing_more(world: World) -> None:
    tokens = world.tokens(CONNECT)
    assert introspect(world, "nonsense").json() == INACTIVE
    world.refresh(CONNECT, tokens["refresh_token"]).send(world.http)
    assert introspect(world, tokens["refresh_token"]).json() == INACTIVE, "used up"
    world.pass_time(hours=1)
    assert introspect(world, tokens["access_token"]).json() == INACTIVE, "expired"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_section_2_2_a_disabled_person_has_no_active_token(kind: str, world: World) -> None:
    token = world.tokens(CONNECT)[kind]
    User.objects.update(is_active=False)
    assert introspect(world, token).json() == INACTIVE


@pytest.mark.must("RFC 7662", "2.2", "who may not ask about a token gets active false")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_section_4_another_client_learns_nothing(kind: str, world: World) -> None:
    other = world.make_client("other")
    assert introspect(world, world.tokens(CONNECT)[kind], by=other).json() == INACTIVE


@pytest.mark.must("RFC 7662", "4", "a token counts only at the resource servers that it is for")
def test_a_resource_server_asks_about_its_tenants_tokens_alone(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    mine = world.make_client("resources", is_resource_server=True)
    foreign = world.make_client("foreign", tenant=world.make_tenant("000001"), is_resource_server=True)
    assert introspect(world, token, by=mine).json()["active"] is True
    assert introspect(world, token, by=foreign).json() == INACTIVE


def test_a_client_of_other_dialects_asks_about_its_own_tokens(world: World) -> None:
    token = world.tokens(ENDPOINTS[0])["access_token"]
    client = world.of(world.app)
    client.dialects = ["ams-auth"]
    client.save()
    assert introspect(world, token).json()["active"] is True


@pytest.mark.must("RFC 7662", "2.1", "who asks is authorized")
@pytest.mark.must("RFC 7662", "2.3", "a client that fails to authenticate gets 401")
def test_section_2_1_who_asks_must_authenticate(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    assert introspect(world, token, by=(world.app[0], "wrong")).status_code == 401
    public = world.make_client("public", client_type="public")
    form = urlencode({"token": token, "client_id": public[0]})
    answer = world.http.post("/connect/introspect", form, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.must("RFC 7662", "2.1", "token is required, in a POST")
def test_section_2_1_the_token_is_required_and_get_is_not_a_way(world: World) -> None:
    assert introspect(world, "").json()["error"] == "invalid_request"
    assert world.http.get("/connect/introspect").status_code == 405


def test_asking_leaves_no_login_event(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    before = LoginEvent.objects.count()
    introspect(world, token)
    assert LoginEvent.objects.count() == before
