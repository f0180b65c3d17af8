"""`/connect/token` beyond the bad input: how a client proves itself, and which scopes and tokens come of it."""

import base64
import json
from typing import Any

import pytest

from tests.contract.wire import CONNECT, Credentials, Wire, assert_refused, basic
from tests.contract.world import World, history, reasons


def client_credentials(world: World, **params: object) -> Wire:
    return CONNECT.request(world.app, **{"grant_type": "client_credentials", **params})


def answer(wire: Wire, world: World) -> Any:
    response = wire.send(world.http)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    return response.json()


def raw_basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def test_answers_the_documents_fields_in_their_order(world: World) -> None:
    body = answer(world.sign_in(CONNECT, scope="openid offline_access"), world)
    expected = ["access_token", "token_type", "refresh_token", "expires_in", "id_token", "scope"]
    assert list(body) == expected
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)


def test_expires_in_is_the_clients_lifetime(world: World) -> None:
    client = world.of(world.app)
    client.access_token_lifetime_seconds = 120
    client.save()
    assert answer(world.sign_in(CONNECT), world)["expires_in"] == 120


@pytest.mark.parametrize("place", ["body", "basic"])
def test_takes_the_credentials_from_body_or_basic(place: str, world: World) -> None:
    wire = world.sign_in(CONNECT)
    answer(wire if place == "body" else wire.with_basic(), world)
    assert history()[-1].client_id == world.app[0]


def test_takes_the_client_id_beside_basic(world: World) -> None:
    answer(world.sign_in(CONNECT).with_basic().with_params(client_id=world.app[0]), world)


def _renamed(world: World, client_id: str) -> Credentials:
    client = world.of(world.app)
    client.client_id = client_id
    client.save()
    return client_id, world.app[1]


@pytest.mark.parametrize("client_id", ["a b", "a+b", "a%41b", "a:b", "虎符", "a/b=c&d", "𠮷"])
def test_the_parts_of_basic_are_form_encoded(client_id: str, world: World) -> None:
    """RFC 6749 section 2.3.1 and appendix B: so a client id may even hold a colon."""
    client = _renamed(world, client_id)
    answer(world.sign_in(CONNECT).by(client).with_basic(), world)
    answer(world.sign_in(CONNECT).by(client), world)


def test_basic_is_decoded_once(world: World) -> None:
    client = _renamed(world, "a%41b")
    wire = world.sign_in(CONNECT)
    assert wire.with_authorization(raw_basic(*client)).send(world.http).status_code == 401
    assert wire.with_authorization(raw_basic("a%2541b", client[1])).send(world.http).status_code == 200


def test_a_public_client_names_itself_and_has_no_secret(world: World) -> None:
    client = world.make_client("public", client_type="public")
    wire = world.sign_in(CONNECT).by(None)
    answer(wire.with_params(client_id="public"), world)
    answer(wire.with_params(client_id="public", client_secret=""), world)
    answer(wire.with_authorization(basic("public", "")), world)
    assert_refused(CONNECT, wire.by(client).send(world.http), 401, "invalid_client")


def test_a_public_client_gets_no_token_of_its_own(world: World) -> None:
    world.make_client("public", client_type="public")
    wire = client_credentials(world).by(None).with_params(client_id="public")
    assert_refused(CONNECT, wire.send(world.http), 400, "unauthorized_client")


def test_both_secrets_work_while_they_are_rotated(world: World) -> None:
    client = world.of(world.app)
    until = world.clock().replace(minute=30)
    new_secret = client.rotate_secret(previous_until=until)
    client.save()
    wire = world.sign_in(CONNECT)
    answer(wire, world)
    answer(wire.by((world.app[0], new_secret)), world)
    world.clock.moment = until
    assert wire.send(world.http).status_code == 401
    answer(wire.by((world.app[0], new_secret)), world)


def test_a_new_secret_holds_at_once(world: World) -> None:
    """What a process remembers of checked secrets is dropped when the client changes."""
    answer(world.sign_in(CONNECT), world)
    client = world.of(world.app)
    new_secret = client.set_generated_secret()
    client.save()
    assert world.sign_in(CONNECT).send(world.http).status_code == 401
    answer(world.sign_in(CONNECT).by((world.app[0], new_secret)), world)


# --- Scope ------------------------------------------------------------------------------------------------------------


def test_without_a_scope_grants_all_that_the_client_may_have(world: World) -> None:
    for scope in (None, ""):
        body = answer(world.sign_in(CONNECT, scope=scope), world)
        assert set(body["scope"].split()) == {"all", "openid", "profile", "email", "phone", "offline_access"}


def test_says_what_is_granted_even_where_it_was_asked_for(world: World) -> None:
    assert answer(world.sign_in(CONNECT, scope="email"), world)["scope"] == "email"
    assert answer(world.sign_in(CONNECT, scope="email all email"), world)["scope"] == "email all"


def test_a_client_without_scopes_gets_a_token_without_scope(world: World) -> None:
    client = world.make_client("plain", scopes=[])
    assert answer(world.sign_in(CONNECT, scope=None).by(client), world)["scope"] == ""


@pytest.mark.parametrize(
    ("scope", "has_refresh", "has_id"),
    [
        ("all", False, False),
        ("openid", False, True),
        ("offline_access", True, False),
        ("openid offline_access", True, True),
    ],
)
def test_offline_access_brings_a_refresh_token_and_openid_an_id_token(
    scope: str, has_refresh: bool, has_id: bool, world: World
) -> None:
    body = answer(world.sign_in(CONNECT, scope=scope), world)
    assert ("refresh_token" in body, "id_token" in body) == (has_refresh, has_id)


def test_the_refresh_token_is_opaque_and_long(world: World) -> None:
    token = world.tokens(CONNECT)["refresh_token"]
    assert "." not in token
    assert len(token) >= 43  # 256 bits


# --- Client credentials ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["body", "basic"])
def test_client_credentials_bring_an_access_token_alone(place: str, world: World) -> None:
    wire = client_credentials(world)
    body = answer(wire if place == "body" else wire.with_basic(), world)
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["scope"] == "all"  # nothing that only makes sense with a person
    event = history()[-1]
    assert (event.outcome, event.grant, event.account, event.user_id) == ("allowed", "client_credentials", "", None)


@pytest.mark.parametrize("scope", ["offline_access", "openid", "all openid", "admin"])
def test_client_credentials_get_no_scope_of_a_person(scope: str, world: World) -> None:
    assert_refused(CONNECT, client_credentials(world, scope=scope).send(world.http), 400, "invalid_scope")


def test_client_credentials_need_a_tenant_only_if_one_is_named(world: World) -> None:
    other = world.make_tenant("000001")
    wire = client_credentials(world).by(world.shared(other))
    answer(wire, world)
    answer(wire.in_tenant("000001"), world)
    assert_refused(CONNECT, wire.in_tenant("999999").send(world.http), 400, "invalid_grant")
    assert reasons() == ["", "", "tenant_unknown"]


# --- Tenants ---------------------------------------------------------------------------------------------------------


def test_a_shared_client_names_the_tenant_in_acr_values(world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("theirs", tenant=other)
    wire = world.sign_in(CONNECT, "theirs").by(world.shared(other))
    answer(wire.with_params(acr_values="tenant:000001"), world)
    answer(wire.with_params(acr_values="idp:x tenant:000001 urn:mfa"), world)
    assert_refused(CONNECT, wire.with_params(acr_values="idp:x").send(world.http), 400, "invalid_request")


def test_a_bound_client_may_name_its_own_tenant(world: World) -> None:
    answer(world.sign_in(CONNECT).in_tenant(world.tenant.code), world)


def test_tenant_headers_mean_nothing_here(world: World) -> None:
    answer(world.sign_in(CONNECT).with_headers({"tenantId": "000001", "Tenant-Id": "000001", "tma": "root"}), world)
    wire = world.sign_in(CONNECT).by(world.shared()).with_headers({"tenantId": "000000"})
    assert_refused(CONNECT, wire.send(world.http), 400, "invalid_request")
    assert reasons()[-1] == "tenant_missing"


def test_unknown_and_empty_parameters_are_ignored(world: World) -> None:
    wire = world.sign_in(CONNECT).with_params(user="root", state="x" * 9000, refresh_token="", code="", tenantId="1")
    answer(wire.again("state"), world)


def test_a_refresh_token_leads_a_shared_client_to_its_tenant(world: World) -> None:
    """docs/decisions/0014: no library names a tenant on a refresh."""
    shared = world.shared()
    wire = world.sign_in(CONNECT, scope="openid offline_access").by(shared).in_tenant(world.tenant.code)
    token = answer(wire, world)["refresh_token"]
    refreshed = answer(world.refresh(CONNECT, token).by(shared), world)
    assert user_id_of(refreshed["access_token"]) == str(world.admin.pk)
    assert history()[-1].tenant_code == world.tenant.code


def test_a_refresh_ends_with_its_tenant(world: World) -> None:
    shared = world.shared()
    wire = world.sign_in(CONNECT, scope="openid offline_access").by(shared).in_tenant(world.tenant.code)
    token = answer(wire, world)["refresh_token"]
    world.tenant.is_active = False
    world.tenant.save()
    refused = world.refresh(CONNECT, token).by(shared).send(world.http)
    assert_refused(CONNECT, refused, 400, "invalid_grant")
    assert reasons()[-1] == "tenant_disabled"


def user_id_of(token: str) -> str:
    payload = token.split(".")[1]
    subject: str = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    return subject
