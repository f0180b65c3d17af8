"""`GET {prefix}/oauth/user-info`: whose token it is, in the dialect's own fields."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from tests.contract.wire import API_CAMS_AUTH, BLADE, CONNECT, ENDPOINTS, Endpoint, assert_error_form, basic
from tests.contract.world import World, reasons

on_each_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def ask(world: World, headers: dict[str, str], endpoint: Endpoint = BLADE[0]) -> Any:
    return world.http.get(f"{endpoint.prefix}/oauth/user-info", headers=headers)


@on_each_endpoint
def test_tells_the_response_fields_without_the_tokens(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    response = world.user_info(tokens["access_token"], endpoint)
    expected = {name: value for name, value in tokens.items() if name not in {"access_token", "refresh_token"}}
    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["code", "success", "data", "msg"]
    assert (body["code"], body["success"]) == (200, True)
    assert body["data"] == expected
    assert list(body["data"]) == list(expected)
    assert response["Cache-Control"] == "no-store"


def test_says_so_in_chinese_and_on_request_in_english(world: World) -> None:
    token = world.tokens(BLADE[0])["access_token"]
    assert ask(world, {"Blade-Auth": token}).json()["msg"] == "操作成功"
    assert ask(world, {"Blade-Auth": token, "Accept-Language": "en"}).json()["msg"].isascii()


def test_tells_of_the_user_as_he_is_now(world: World) -> None:
    token = world.tokens(API_CAMS_AUTH)["access_token"]
    world.admin.nick_name = "新名字"
    world.admin.save()
    world.admin.assign(roles=[Role.objects.create(tenant=world.tenant, id=42, name="role", alias="boss")])
    world.pass_time(minutes=10)
    data = world.user_info(token, API_CAMS_AUTH).json()["data"]
    assert (data["nick_name"], data["role_id"], data["role_name"]) == ("新名字", "42", "boss")
    assert data["expires_in"] == 3599 - 600


@pytest.mark.parametrize("header", ["bearer {}", "Bearer {}", "BEARER {}", "{}", "bearer   {}", "  bearer {}  "])
@on_each_endpoint
def test_reads_blade_auth_as_apps_write_it(endpoint: Endpoint, header: str, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    blade = {"Blade-Auth": header.format(token)}
    assert ask(world, blade, endpoint).status_code == 200
    assert ask(world, {**blade, "Authorization": basic(*world.app)}, endpoint).status_code == 200
    assert ask(world, {**blade, "Authorization": basic("nobody", "nothing")}, endpoint).status_code == 200


def test_reads_a_standard_bearer_token_too(world: World) -> None:
    token = world.tokens(BLADE[0])["access_token"]
    assert ask(world, {"Authorization": f"Bearer {token}"}).status_code == 200
    assert ask(world, {"Authorization": f"bearer {token}", "Blade-Auth": f"bearer {token}"}).status_code == 200


def test_refuses_two_different_bearer_tokens(world: World) -> None:
    one, other = (world.tokens(BLADE[0])["access_token"] for _number in range(2))
    response = ask(world, {"Authorization": f"Bearer {one}", "Blade-Auth": f"bearer {other}"})
    assert response.status_code == 401
    assert_error_form(BLADE[0], response)


@on_each_endpoint
def test_takes_the_token_of_every_endpoint(endpoint: Endpoint, world: World) -> None:
    """One truth about tokens, whichever dialect issued them; the answer is in the fields of the one that is asked."""
    own = set(world.tokens(endpoint)) - {"access_token", "refresh_token"}
    for issuer in ENDPOINTS:
        response = world.user_info(world.tokens(issuer)["access_token"], endpoint)
        assert response.status_code == 200, response.content
        assert set(response.json()["data"]) == own


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def _as_another(token: str) -> str:
    header, _payload, signature = token.split(".")
    payload = base64.urlsafe_b64encode(json.dumps({"user_id": "2", "exp": 9999999999}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


BROKEN_TOKENS: dict[str, Callable[[dict[str, str]], str]] = {
    "none": lambda _tokens: "",
    "nonsense": lambda _tokens: "nonsense",
    "only the word bearer": lambda _tokens: "bearer",
    "a refresh token": lambda tokens: tokens["refresh_token"],
    "no signature": lambda tokens: tokens["access_token"].rpartition(".")[0],
    "alg none": lambda tokens: _unsigned(tokens["access_token"]),
    "another payload": lambda tokens: _as_another(tokens["access_token"]),
    "one letter more": lambda tokens: tokens["access_token"] + "A",
    "two tokens in one header": lambda tokens: "{0} {0}".format(tokens["access_token"]),
    "over 8 KiB": lambda _tokens: "x" * 8193,
    "four-byte characters": lambda _tokens: "𠮷🐅".encode().decode("latin-1"),
    "a NUL": lambda _tokens: "a\x00b",
    "deeply nested json": lambda _tokens: base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.x",
}


@pytest.mark.parametrize("name", BROKEN_TOKENS)
@on_each_endpoint
def test_refuses_with_401_in_the_error_form(endpoint: Endpoint, name: str, world: World) -> None:
    token = BROKEN_TOKENS[name](world.tokens(endpoint))
    for headers in ({"Blade-Auth": token}, {"Blade-Auth": f"bearer {token}"}, {"Authorization": f"Bearer {token}"}):
        response = ask(world, headers, endpoint)
        assert response.status_code == 401
        assert_error_form(endpoint, response)
        assert response["WWW-Authenticate"].startswith("Bearer ")
        assert not token or len(token) < 9 or token not in response.content.decode()


def test_refuses_an_expired_token_at_its_second(world: World) -> None:
    token = world.tokens(BLADE[0])["access_token"]
    world.clock.moment = world.clock.moment.replace(microsecond=0)
    world.pass_time(seconds=3600, microseconds=-1)
    assert ask(world, {"Blade-Auth": token}).status_code == 200
    world.pass_time(microseconds=1)
    assert ask(world, {"Blade-Auth": token}).status_code == 401


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_token_ends_with_its_user_tenant_or_client(endpoint: Endpoint, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    for row in (world.admin, world.tenant, world.of(world.app)):
        row.is_active = False
        row.save()
        assert ask(world, {"Blade-Auth": token}).status_code == 401
        row.is_active = True
        row.save()
        assert ask(world, {"Blade-Auth": token}).status_code == 200


def test_a_tenants_expiry_ends_its_tokens(world: World) -> None:
    token = world.tokens(BLADE[0])["access_token"]
    world.tenant.expires_at = world.clock()
    world.tenant.save()
    assert ask(world, {"Blade-Auth": token}).status_code == 401


def test_a_clients_own_token_belongs_to_no_user(world: World) -> None:
    own = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    response = ask(world, {"Authorization": f"Bearer {own}"})
    assert response.status_code == 403
    assert response.json()["error"] == "insufficient_scope"
    assert_error_form(BLADE[0], response)


def test_a_browsers_session_never_stands_in_for_the_token(world: World) -> None:
    world.http.force_login(world.admin)
    assert ask(world, {}).status_code == 401


@on_each_endpoint
def test_is_asked_by_get_alone_and_leaves_no_event(endpoint: Endpoint, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    before = len(reasons())
    assert ask(world, {"Blade-Auth": token}, endpoint).status_code == 200
    response = world.http.post(f"{endpoint.prefix}/oauth/user-info", headers={"Blade-Auth": token})
    assert response.status_code == 405
    assert_error_form(endpoint, response)
    assert len(reasons()) == before
