"""Access tokens that say nothing, for clients that choose them at /connect: they are known by their digest."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from oauthx.models import AccessToken, TokenFamily
from tests.contract.wire import AMS_AUTH, BLADE, CONNECT, FORM, Credentials, Endpoint, basic
from tests.contract.world import World, reasons
from tests.protocol.code_flow import make_flow


@pytest.fixture
def app(world: World) -> Credentials:
    return world.make_client("quiet", access_token_format="opaque")


def tokens(world: World, app: Credentials, scope: str = "openid offline_access") -> Any:
    response = world.sign_in(CONNECT, scope=scope).by(app).send(world.http)
    assert response.status_code == 200, response.content
    return response.json()


def post(world: World, path: str, app: Credentials, **form: str) -> Any:
    headers = {"Authorization": basic(*app)}
    return world.http.post(path, urlencode(form), content_type=FORM, headers=headers)


def userinfo(world: World, token: str) -> Any:
    return world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})


def test_has_256_bits_and_says_nothing(world: World, app: Credentials) -> None:
    first, second = (tokens(world, app)["access_token"] for _number in range(2))
    assert first != second
    assert "." not in first
    assert len(base64.urlsafe_b64decode(first + "=")) == 32


def test_is_kept_as_a_digest_alone(world: World, app: Credentials) -> None:
    token = tokens(world, app)["access_token"]
    row = AccessToken.objects.get()
    assert (row.token, row.token_checksum) == ("", hashlib.sha256(token.encode()).hexdigest())


def test_at_hash_is_of_the_opaque_token(world: World, app: Credentials) -> None:
    given = tokens(world, app)
    payload = given["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
    assert base64.urlsafe_b64decode(claims["at_hash"] + "==") == half


def test_userinfo_and_introspection_know_it(world: World, app: Credentials) -> None:
    token = tokens(world, app)["access_token"]
    assert userinfo(world, token).json() == {"sub": str(world.admin.pk)}
    told = post(world, "/connect/introspect", app, token=token).json()
    assert (told["active"], told["sub"], told["client_id"]) == (True, str(world.admin.pk), app[0])
    assert told["exp"] - told["iat"] == 3600
    resources = world.make_client("resources", is_resource_server=True)
    assert post(world, "/connect/introspect", resources, token=token).json()["active"] is True


def test_the_code_flow_and_the_client_itself_get_it_too(world: World) -> None:
    flow = make_flow(world, skip_authorization=True, access_token_format="opaque")
    assert "." not in flow.redeem(flow.code()).json()["access_token"]
    own = world.make_client("machine", access_token_format="opaque")
    token = CONNECT.request(own, grant_type="client_credentials").send(world.http).json()["access_token"]
    told = post(world, "/connect/introspect", own, token=token).json()
    assert (told["active"], told["sub"]) == (True, "machine")


def test_a_refresh_brings_another_one(world: World, app: Credentials) -> None:
    given = tokens(world, app)
    wire = CONNECT.request(app, grant_type="refresh_token", refresh_token=given["refresh_token"])
    again = wire.send(world.http).json()["access_token"]
    assert "." not in again
    assert again != given["access_token"]
    assert userinfo(world, again).status_code == 200


def test_ends_with_revocation_with_time_and_with_its_family(world: World, app: Credentials) -> None:
    revoked, ended, expired = (tokens(world, app)["access_token"] for _number in range(3))
    assert post(world, "/connect/revocation", app, token=revoked).status_code == 200
    assert userinfo(world, revoked).status_code == 401
    TokenFamily.objects.get(access_tokens__token_checksum=digest(ended)).end("test")
    assert userinfo(world, ended).status_code == 401
    assert userinfo(world, expired).status_code == 200
    world.pass_time(hours=1)
    assert userinfo(world, expired).status_code == 401
    assert post(world, "/connect/introspect", app, token=expired).json() == {"active": False}


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_the_other_endpoints_always_give_jwts(endpoint: Endpoint, world: World, app: Credentials) -> None:
    given = world.sign_in(endpoint).by(app).send(world.http).json()
    assert (given["access_token"].count("."), given["refresh_token"].count(".")) == (2, 2)


def test_blade_auth_takes_it_and_logs_it_out(world: World, app: Credentials) -> None:
    token = tokens(world, app, "openid all")["access_token"]
    assert world.user_info(token).status_code == 200
    out = world.http.post(f"{AMS_AUTH.prefix}/oauth/logout", headers={"Blade-Auth": f"bearer {token}"})
    assert out.status_code == 200
    assert userinfo(world, token).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 44, "A" * 9000, "é" * 43, "a.b", ".."])
def test_nonsense_opens_nothing(token: str, world: World, app: Credentials) -> None:
    tokens(world, app)
    assert userinfo(world, token).status_code == 401
    assert "server_error" not in reasons()
