"""RFC 7523 section 2.2 and RFC 7521 section 4.2: a client authenticates by a JWT, at every endpoint that asks it to."""

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.wire import AMS_AUTH, CONNECT, basic
from tests.contract.world import World, reasons
from tests.protocol.code_flow import make_flow
from tests.protocol.key_holder import ASSERTION_TYPE, KeyHolder, ec_key, holder, key_set

__all__ = ["holder"]

INTROSPECT = replace(CONNECT, path="/connect/introspect")
REVOCATION = replace(CONNECT, path="/connect/revocation")


def is_invalid_client(response: Any) -> bool:
    return (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_takes_the_assertion_in_place_of_a_secret(holder: KeyHolder) -> None:
    response = holder.ask()
    assert response.status_code == 200, response.content
    assert response.json()["token_type"] == "Bearer"
    assert reasons() == [""]


def test_every_grant_takes_it(world: World, holder: KeyHolder) -> None:
    login = {"grant_type": "password", "username": "admin", "password": "admin", "scope": "openid offline_access"}
    tokens = holder.ask(**login).json()
    refreshed = holder.ask(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refreshed.status_code == 200, refreshed.content


def test_a_code_is_redeemed_with_it(world: World) -> None:
    flow = make_flow(world, authenticates_by="private_key_jwt", jwks=key_set(ec_key()))
    app = KeyHolder(world, flow.app, ec_key())
    good = {"grant_type": "authorization_code", "code": flow.code(), "redirect_uri": flow.request()["redirect_uri"]}
    response = app.ask(**good, code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert response.status_code == 200, response.content


def test_introspection_and_revocation_take_it(holder: KeyHolder) -> None:
    token = holder.ask().json()["access_token"]
    for endpoint, answer in ((INTROSPECT, True), (REVOCATION, None), (INTROSPECT, False)):
        response = holder.request(holder.assertion(), endpoint, token=token).send(holder.world.http)
        assert response.status_code == 200, response.content
        assert response.json().get("active") is answer


def test_client_id_may_stand_beside_it(holder: KeyHolder) -> None:
    assert holder.ask(grant_type="client_credentials", client_id="holder").status_code == 200


@pytest.mark.must("RFC 7523", "2.2", "client_id, if it is there, identifies the client of the assertion")
def test_client_id_must_identify_the_same_client(holder: KeyHolder) -> None:
    """RFC 7521 section 4.2."""
    params = {"grant_type": "client_credentials", "client_id": holder.world.app[0]}
    assert holder.is_refused("client_assertion_mismatch", **params)


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "jwt-bearer",
        "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        ASSERTION_TYPE.upper(),
        f"{ASSERTION_TYPE} ",
    ],
)
@pytest.mark.must("RFC 7523", "2.2", "client_assertion_type is the one of JWTs")
@pytest.mark.must("RFC 7523", "2.2", "client_assertion_type is always there")
def test_client_assertion_type_must_be_the_one_of_jwts(holder: KeyHolder, kind: str | None) -> None:
    wire = holder.request(holder.assertion(), grant_type="client_credentials", client_id="holder")
    wire = wire.without("client_assertion_type") if kind is None else wire.with_params(client_assertion_type=kind)
    assert is_invalid_client(wire.send(holder.world.http))
    assert reasons() == ["client_assertion_malformed"]


@pytest.mark.must("RFC 7523", "2.2", "client_assertion holds a single JWT")
def test_client_assertion_must_contain_a_jwt(holder: KeyHolder) -> None:
    wire = holder.request("", grant_type="client_credentials", client_id="holder")
    for broken in (wire, wire.without("client_assertion")):
        assert is_invalid_client(broken.send(holder.world.http))
    assert reasons() == ["client_assertion_malformed"] * 2


@pytest.mark.must("RFC 7523", "2.2", "client_assertion holds a single JWT")
def test_an_assertion_must_be_sent_once(holder: KeyHolder) -> None:
    """RFC 6749 section 3.2."""
    wire = holder.request(holder.assertion()).again("client_assertion")
    response = wire.send(holder.world.http)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.must("RFC 6749", "2.3", "a request uses one method of client authentication")
@pytest.mark.must("RFC 7523", "3.2", "more than one method is invalid_client")
def test_a_client_must_not_use_another_method_beside_it(holder: KeyHolder) -> None:
    """RFC 6749 section 2.3; RFC 7521 section 4.2.1 has the error."""
    assert holder.is_refused("credentials_repeated", client_id="holder", client_secret="anything")
    wire = holder.request(holder.assertion())
    for header in (basic(*holder.app), basic("holder", "wrong"), basic(*holder.world.app)):
        response = wire.with_headers({"Authorization": header}).send(holder.world.http)
        assert is_invalid_client(response)
        assert response["WWW-Authenticate"].startswith("Basic")
        assert reasons()[-1] == "credentials_repeated"


def test_a_client_with_a_key_has_no_other_way(holder: KeyHolder) -> None:
    """Not even with a secret that it had before."""
    wire = CONNECT.request(holder.app, grant_type="client_credentials")
    for attempt in (wire, wire.with_basic()):
        assert is_invalid_client(attempt.send(holder.world.http))
    assert reasons() == ["client_method_mismatch"] * 2
    named_alone = CONNECT.request(("", ""), grant_type="client_credentials", client_id="holder").by(None)
    assert is_invalid_client(named_alone.send(holder.world.http))
    assert reasons()[-1] == "client_assertion_missing"


@pytest.mark.parametrize(
    "changes", [{"authenticates_by": "secret"}, {"authenticates_by": "secret", "client_type": "public"}]
)
def test_a_client_without_a_key_cannot_use_it(holder: KeyHolder, changes: dict[str, str]) -> None:
    client = holder.world.of(holder.app)
    for name, value in changes.items():
        setattr(client, name, value)
    client.save()
    assert holder.is_refused("client_method_mismatch")


def test_a_disabled_client_is_refused(holder: KeyHolder) -> None:
    client = holder.world.of(holder.app)
    client.is_active = False
    client.save()
    assert holder.is_refused("client_disabled")


def test_an_unknown_client_is_refused_and_fills_no_history(holder: KeyHolder) -> None:
    assert is_invalid_client(holder.ask(holder.assertion(iss="nobody", sub="nobody")))
    assert reasons() == []


def test_the_other_endpoints_know_no_assertions(holder: KeyHolder) -> None:
    """Their documents have no such parameters: there, it is a request without credentials."""
    client = holder.world.of(holder.app)
    client.dialects = ["ams-auth", "connect"]
    client.save()
    wire = holder.request(holder.assertion(), AMS_AUTH, grant_type="password", username="admin", scope="all")
    assert is_invalid_client(wire.in_tenant("000000").send(holder.world.http))
