"""The tokens themselves, verified by another library with the published or shared keys, as resource servers do."""

import base64
import hashlib
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OctKey

from accounts.models import Role
from oauthx.signing import create_key
from tests.contract.wire import AMS_AUTH, API_CAMS_AUTH, BLADE, CONNECT, Endpoint
from tests.contract.world import World

on_each_blade_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
# The documents' key, `BladeX`, is shorter than RFC 7518 section 3.2 wants.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")

EVERYTHING = "openid profile email phone offline_access all"


def verified(token: str, secret: str = "BladeX") -> jwt.Token:
    return jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"])


def published(world: World) -> KeySet:
    response = world.http.get("/.well-known/openid-configuration/jwks")
    assert response.status_code == 200
    return KeySet.import_key_set(response.json())


def verified_by_jwks(world: World, token: str) -> jwt.Token:
    return jwt.decode(token, published(world), algorithms=["RS256"])


def unpadded(token: str, part: int) -> str:
    text = token.split(".")[part]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


# --- The four `/oauth/token` dialects --------------------------------------------------------------------------------


@on_each_blade_endpoint
def test_both_tokens_verify_with_the_shared_key(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    access, refresh = verified(tokens["access_token"]), verified(tokens["refresh_token"])
    assert access.header == refresh.header == {"alg": "HS256", "typ": "JWT"}
    assert access.claims["jti"] == tokens["jti"]
    assert refresh.claims["ati"] == tokens["jti"] != refresh.claims["jti"]
    assert {**refresh.claims, "jti": "", "exp": 0} == {**access.claims, "ati": tokens["jti"], "jti": "", "exp": 0}
    assert access.claims.keys().isdisjoint({"iss", "iat", "sub", "aud", "nbf"})


@on_each_blade_endpoint
def test_expiry_is_in_whole_seconds_and_what_remains_is_rounded_down(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    now = int(world.clock().timestamp())
    assert tokens["expires_in"] == 3599
    assert verified(tokens["access_token"]).claims["exp"] == now + 3600
    assert verified(tokens["refresh_token"]).claims["exp"] == now + 604800


@on_each_blade_endpoint
def test_the_json_inside_is_compact_and_unescaped(endpoint: Endpoint, world: World) -> None:
    world.make_user("x", nick_name='超级"管理员𠮷')
    token = world.sign_in(endpoint, "x").send(world.http).json()["access_token"]
    assert unpadded(token, 0) == '{"alg":"HS256","typ":"JWT"}'
    payload = unpadded(token, 1)
    assert payload == json.dumps(json.loads(payload), ensure_ascii=False, separators=(",", ":"))
    assert "超级" in payload


@on_each_blade_endpoint
def test_the_same_fact_has_the_form_of_its_place(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    claims = verified(tokens["access_token"]).claims
    assert (tokens["scope"], claims["scope"]) == ("all", ["all"])
    # The password was set at the frozen moment: milliseconds in the claims, Shanghai's wall clock in the answer.
    assert claims["password_last_update_date"] == int(world.clock().timestamp() * 1000)
    assert tokens["password_last_update_date"] == "2026-03-01 12:00:00"
    assert claims["user_id"] == tokens["user_id"] == str(world.admin.pk)


@on_each_blade_endpoint
def test_the_wall_clock_is_the_tenants(endpoint: Endpoint, world: World) -> None:
    world.tenant.time_zone = "America/New_York"
    world.tenant.save()
    assert world.tokens(endpoint)["password_last_update_date"] == "2026-02-28 23:00:00"


@on_each_blade_endpoint
def test_a_password_expires_and_the_license_reads_as_the_tenant_says(endpoint: Endpoint, world: World) -> None:
    world.tenant.password_max_age_days, world.tenant.license = 90, "powered by 虎符"
    world.tenant.save()
    world.pass_time(days=90, microseconds=-1)
    tokens = world.tokens(endpoint)
    assert (tokens["password_expired"], tokens["license"]) == (False, "powered by 虎符")
    world.pass_time(microseconds=1)
    tokens = world.tokens(endpoint)
    assert tokens["password_expired"] is verified(tokens["access_token"]).claims["password_expired"] is True


@on_each_blade_endpoint
def test_what_was_never_set_is_null_or_empty_as_documented(endpoint: Endpoint, world: World) -> None:
    world.make_user("bare", password_updated_at=None)
    tokens = world.sign_in(endpoint, "bare").send(world.http).json()
    for said in (tokens, verified(tokens["access_token"]).claims):
        assert (said["nick_name"], said.get("job_number"), said["password_last_update_date"]) == (None, None, None)
        assert said["password_expired"] is True
        names = ["avatar", "oauth_id", "company_id", "role_name", "role_id", "post_id", "dept_id"]
        assert {said[name] for name in names if name in said} == {""}
    assert verified(tokens["access_token"]).claims["authorities"] == []


def test_roles_are_joined_in_the_order_of_assignment_and_authorities_are_sorted_as_strings(world: World) -> None:
    roles = [
        Role.objects.create(tenant=world.tenant, id=number, name=str(number), alias=f"r{number}") for number in (9, 10)
    ]
    world.admin.assign(roles=roles)
    tokens = world.tokens(AMS_AUTH)
    assert (tokens["role_id"], tokens["role_name"]) == ("9,10", "r9,r10")
    assert verified(tokens["access_token"]).claims["authorities"] == ["10", "9"]


def test_tenant_id_is_told_where_it_is_documented_alone(world: World) -> None:
    tokens = {endpoint.name: world.tokens(endpoint) for endpoint in BLADE}
    assert {name for name, answer in tokens.items() if "tenant_id" in answer} == {
        "ams-auth",
        "kom-ams-auth",
        "api-cams-auth",
    }
    assert list(tokens["api-cams-auth"])[-1] == "tenant_id"
    assert "tenant_id" not in verified(tokens["api-cams-auth"]["access_token"]).claims


def test_a_tenants_own_key_wins_over_the_installations(world: World) -> None:
    create_key("HS256", tenant=world.tenant, secret=b"the tenant's own secret, which is long enough")
    tokens = world.tokens(API_CAMS_AUTH)
    assert (
        verified(tokens["access_token"], "the tenant's own secret, which is long enough").claims["account"] == "admin"
    )
    with pytest.raises(BadSignatureError):
        verified(tokens["access_token"])
    assert world.user_info(tokens["access_token"]).status_code == 200


# --- /connect --------------------------------------------------------------------------------------------------------


def test_the_access_token_is_one_of_rfc_9068(world: World) -> None:
    token = verified_by_jwks(world, world.tokens(CONNECT)["access_token"])
    now = int(world.clock().timestamp())
    assert (token.header["typ"], token.header["alg"]) == ("at+jwt", "RS256")
    claims = token.claims
    assert claims["iss"] == claims["aud"] == "http://testserver"
    assert (claims["sub"], claims["client_id"]) == (str(world.admin.pk), world.app[0])
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 3600, now)
    assert set(claims["scope"].split()) == set(EVERYTHING.split())
    assert claims["jti"]


def test_a_clients_own_access_token_has_the_client_for_its_subject(world: World) -> None:
    answer = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()
    claims = verified_by_jwks(world, answer["access_token"]).claims
    assert (claims["sub"], claims["client_id"]) == (world.app[0], world.app[0])
    assert "auth_time" not in claims


def test_the_id_token_is_one_of_openid_connect(world: World) -> None:
    tokens = world.tokens(CONNECT)
    token = verified_by_jwks(world, tokens["id_token"])
    now = int(world.clock().timestamp())
    assert (token.header["alg"], token.header["typ"]) == ("RS256", "JWT")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    wanted: dict[str, Any] = {
        "iss": "http://testserver",
        "aud": world.app[0],
        "sub": str(world.admin.pk),
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }
    assert token.claims.items() >= wanted.items()
    registry = jwt.JWTClaimsRegistry(
        now=lambda: now, iss={"essential": True, "value": "http://testserver"}, aud={"essential": True, "value": "app"}
    )
    registry.validate(token.claims)


def test_a_refresh_keeps_the_time_of_the_login(world: World) -> None:
    tokens = world.tokens(CONNECT)
    at_login = verified_by_jwks(world, tokens["id_token"]).claims
    world.pass_time(minutes=10)
    renewed = world.refresh(CONNECT, tokens["refresh_token"]).send(world.http).json()
    later = verified_by_jwks(world, renewed["id_token"]).claims
    assert later["iat"] == at_login["iat"] + 600
    assert (later["auth_time"], later["sub"]) == (at_login["auth_time"], at_login["sub"])


def test_every_token_names_its_key_and_the_key_is_published_without_its_private_half(world: World) -> None:
    tokens = world.tokens(CONNECT)
    keys = world.http.get("/.well-known/openid-configuration/jwks").json()["keys"]
    assert [set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in keys] == [set()]
    assert (keys[0]["kty"], keys[0]["alg"], keys[0]["use"]) == ("RSA", "RS256", "sig")
    for name in ("access_token", "id_token"):
        assert json.loads(unpadded(tokens[name], 0))["kid"] == keys[0]["kid"]


@pytest.mark.parametrize("url", ["https://id.example", "https://id.example/"])
def test_the_issuer_is_the_configured_one_without_a_slash(url: str, world: World) -> None:
    world.settings.ISSUER_URL = url.rstrip("/")  # as config/env.py reads it
    tokens = world.tokens(CONNECT)
    for name in ("access_token", "id_token"):
        assert verified_by_jwks(world, tokens[name]).claims["iss"] == "https://id.example"


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_a_changed_token_does_not_verify(name: str, world: World) -> None:
    header, payload, signature = world.tokens(CONNECT)[name].split(".")
    changed = ("A" if payload[10] != "A" else "B").join([payload[:10], payload[11:]])
    with pytest.raises(BadSignatureError):
        verified_by_jwks(world, f"{header}.{changed}.{signature}")


def test_two_tokens_are_never_alike(world: World) -> None:
    for endpoint in (*BLADE, CONNECT):
        one, other = world.tokens(endpoint), world.tokens(endpoint)
        for name in {"access_token", "refresh_token", "id_token", "jti"} & one.keys():
            assert one[name] != other[name]
