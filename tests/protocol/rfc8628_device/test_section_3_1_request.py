"""RFC 8628 section 3.1: who may ask for a device code, and what the request may hold."""

from typing import Any

import pytest

from oauthx.choices import DEVICE_CODE
from oauthx.models import DeviceGrant
from tests.contract.wire import JSON, assert_refused
from tests.contract.world import World, history, reasons
from tests.protocol.device_flow import AUTHORIZATION, DeviceFlow, make_device_flow


@pytest.mark.must("RFC 8628", "3.1", "a confidential client authenticates as at the token endpoint")
def test_a_confidential_client_proves_itself(flow: DeviceFlow, world: World) -> None:
    wire = flow.request()
    assert wire.send(world.http).status_code == 200
    assert wire.with_basic().send(world.http).status_code == 200
    for unproven in (wire.by((flow.app[0], "wrong")), wire.by((flow.app[0], ""))):
        assert_refused(AUTHORIZATION, unproven.send(world.http), 401, "invalid_client")
    assert reasons() == ["client_secret_mismatch", "client_secret_missing"]


@pytest.mark.must("RFC 8628", "3.1", "client_id is required of a client that does not authenticate")
def test_a_public_client_names_itself(world: World) -> None:
    flow = make_device_flow(world, client_type="public", client_secret="")
    wire = flow.request().by(None)
    assert wire.with_params(client_id=flow.app[0]).send(world.http).status_code == 200
    assert_refused(AUTHORIZATION, wire.send(world.http), 401, "invalid_client")


def test_an_unknown_client_is_refused_and_leaves_no_event(flow: DeviceFlow, world: World) -> None:
    assert_refused(AUTHORIZATION, flow.request().by(("nobody", "x")).send(world.http), 401, "invalid_client")
    assert not history()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"grant_types": ["authorization_code"]}, "grant_not_allowed"),
        ({"dialects": ["ams-auth"]}, "dialect_not_allowed"),
    ],
)
def test_a_client_that_may_not_use_the_grant_here_is_refused(world: World, fields: dict[str, Any], reason: str) -> None:
    response = make_device_flow(world, **fields).request().send(world.http)
    assert_refused(AUTHORIZATION, response, 400, "unauthorized_client")
    assert reasons() == [reason]
    assert not DeviceGrant.objects.exists()


@pytest.mark.must("RFC 8628", "3.1", "a parameter without a value counts as omitted")
def test_an_empty_parameter_counts_as_absent(flow: DeviceFlow, world: World) -> None:
    flow.start(scope="")
    assert DeviceGrant.objects.get().scope == " ".join(world.of(flow.app).scopes)


@pytest.mark.must("RFC 8628", "3.1", "unknown parameters are ignored")
def test_unknown_parameters_are_ignored(flow: DeviceFlow) -> None:
    assert "device_code" in flow.start(colour="red", user_code="BCDF-GHJK")
    assert DeviceGrant.objects.get().user_code != "BCDFGHJK"


@pytest.mark.must("RFC 8628", "3.1", "no parameter is included more than once")
def test_a_repeated_parameter_is_refused(flow: DeviceFlow, world: World) -> None:
    response = flow.request(scope="openid").again("scope").send(world.http)
    assert_refused(AUTHORIZATION, response, 400, "invalid_request")
    assert not DeviceGrant.objects.exists()


def test_only_a_form_in_the_body_of_a_post_is_taken(flow: DeviceFlow, world: World) -> None:
    wire = flow.request(scope="openid")
    assert_refused(AUTHORIZATION, wire.sent_as(JSON).send(world.http), 415, "invalid_request")
    assert_refused(AUTHORIZATION, wire.with_query(state="x").send(world.http), 400, "invalid_request")
    assert_refused(AUTHORIZATION, wire.by_method("GET").send(world.http), 405, "invalid_request")


@pytest.mark.parametrize("scope", ["openid secrets", "secrets", " ", "a\x00"])
def test_a_scope_that_the_client_lacks_is_refused(flow: DeviceFlow, world: World, scope: str) -> None:
    error = "invalid_request" if "\x00" in scope else "invalid_scope"
    assert_refused(AUTHORIZATION, flow.request(scope=scope).send(world.http), 400, error)
    assert not DeviceGrant.objects.exists()


@pytest.mark.must("RFC 6749", "3.3", "without a scope in the request a default is granted, or it is refused")
def test_without_a_scope_the_client_gets_all_that_it_may_have(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code()
    assert set(flow.poll(code).json()["scope"].split()) == set(world.of(flow.app).scopes)


def test_the_tokens_have_the_scope_that_was_asked_for_and_a_poll_does_not_widen_it(flow: DeviceFlow) -> None:
    code = flow.allowed_code(scope="openid email")
    assert flow.poll(code, scope="openid profile").json()["error"] == "invalid_scope"
    assert flow.poll(code).json()["scope"] == "openid email"


# --- The tenant -------------------------------------------------------------------------------------------------------


def shared_flow(world: World, *codes: str) -> DeviceFlow:
    others = [world.make_tenant(code) for code in codes]
    app = world.make_client("tv", serves=(world.tenant, *others), grant_types=[DEVICE_CODE])
    return DeviceFlow(world, app)


def test_a_bound_client_brings_its_tenant(flow: DeviceFlow, world: World) -> None:
    flow.start()
    assert DeviceGrant.objects.get().tenant == world.tenant


def test_a_shared_client_may_name_its_tenant(world: World) -> None:
    shared_flow(world).start(acr_values="tenant:000000")
    assert DeviceGrant.objects.get().tenant == world.tenant


def test_a_shared_client_may_leave_the_tenant_to_the_sign_in(world: World) -> None:
    flow = shared_flow(world)
    started = flow.start()
    assert DeviceGrant.objects.get().tenant is None
    flow.decide(flow.confirmation(started["user_code"]))
    assert DeviceGrant.objects.get().tenant == world.tenant
    assert flow.poll(started["device_code"]).status_code == 200


@pytest.mark.parametrize(
    ("acr_values", "error"),
    [
        ("tenant:000001", "invalid_grant"),
        ("tenant:999999", "invalid_grant"),
        ("tenant:000000 tenant:000001", "invalid_request"),
    ],
)
def test_a_tenant_that_the_client_does_not_serve_is_refused(world: World, acr_values: str, error: str) -> None:
    flow = shared_flow(world)
    world.make_tenant("000001")
    assert_refused(AUTHORIZATION, flow.request(acr_values=acr_values).send(world.http), 400, error)
    assert not DeviceGrant.objects.exists()


def test_another_tenant_than_the_clients_is_refused(flow: DeviceFlow, world: World) -> None:
    world.make_tenant("000001")
    response = flow.request(acr_values="tenant:000001").send(world.http)
    assert_refused(AUTHORIZATION, response, 400, "invalid_request")
    assert reasons() == ["tenant_mismatch"]
