"""Every member of GRANTS through the refusals that all share: they come before any proof, on every endpoint alike."""

from dataclasses import replace

import pytest

from oauthx.dialects import DIALECTS
from oauthx.grants import GRANTS, Grant
from tests.contract.wire import ENDPOINTS, JSON, Endpoint, Wire, assert_refused
from tests.contract.world import GRANTS as GRANT_NAMES
from tests.contract.world import World, history

SPOKEN = {dialect.name: dialect for dialect in DIALECTS}
EVERY_GRANT = [
    pytest.param(endpoint, grant, id=f"{endpoint.name}-{grant.name}")
    for endpoint in ENDPOINTS
    for grant in GRANTS
    if SPOKEN[endpoint.name].speaks(grant)
]
with_every_grant = pytest.mark.parametrize(("endpoint", "grant"), EVERY_GRANT)
EVERY_PARAMETER = [
    pytest.param(*case.values, param.name, id=f"{case.id}-{param.name}")
    for case in EVERY_GRANT
    for param in case.values[1].params  # type: ignore[union-attr]
    if param.required
]
with_every_parameter = pytest.mark.parametrize(("endpoint", "grant", "name"), EVERY_PARAMETER)


def wire_name(endpoint: Endpoint, canonical: str) -> str:
    return next(wire for wire, name in SPOKEN[endpoint.name].parameters.items() if name == canonical)


def request(world: World, endpoint: Endpoint, grant: Grant) -> Wire:
    """A request by this grant, complete, though nothing in it proves anything."""
    params = {wire_name(endpoint, param.name): "x" for param in grant.params}
    wire = endpoint.request(world.app, grant_type=grant.name, scope="all", **params)
    return wire.in_tenant(world.tenant.code) if endpoint.tenant_header else wire


def assert_refuses(endpoint: Endpoint, world: World, wire: Wire, error: str, reason: str, status: int = 400) -> None:
    before = len(history())
    assert_refused(endpoint, wire.send(world.http), status, error)
    assert [(event.outcome, event.reason) for event in history()[before:]] == [("refused", reason)]


@with_every_parameter
def test_refuses_a_request_without_a_required_parameter(
    endpoint: Endpoint, grant: Grant, name: str, world: World
) -> None:
    wire, name = request(world, endpoint, grant), wire_name(endpoint, name)
    assert_refuses(endpoint, world, wire.without(name), "invalid_request", "parameter_missing")
    assert_refuses(endpoint, world, wire.with_params(**{name: ""}), "invalid_request", "parameter_missing")


@with_every_parameter
def test_refuses_a_broken_parameter(endpoint: Endpoint, grant: Grant, name: str, world: World) -> None:
    wire, name = request(world, endpoint, grant), wire_name(endpoint, name)
    assert_refuses(endpoint, world, wire.again(name), "invalid_request", "parameter_repeated")
    assert_refuses(endpoint, world, wire.with_params(**{name: "x" * 8193}), "invalid_request", "parameter_overlong")
    assert_refuses(endpoint, world, wire.with_params(**{name: "a\x00"}), "invalid_request", "parameter_malformed")
    if not endpoint.standard:
        as_json = wire.sent_as(JSON).with_params(**{name: ["x"]})
        assert_refuses(endpoint, world, as_json, "invalid_request", "parameter_malformed")


@with_every_grant
def test_refuses_a_client_that_may_not_use_the_grant(endpoint: Endpoint, grant: Grant, world: World) -> None:
    others = [name for name in GRANT_NAMES if name != grant.name]
    wire = request(world, endpoint, grant).by(world.make_client("other", grant_types=others))
    assert_refuses(endpoint, world, wire, "unauthorized_client", "grant_not_allowed")


@with_every_grant
def test_refuses_a_client_that_may_not_use_the_endpoint(endpoint: Endpoint, grant: Grant, world: World) -> None:
    others = [name for name in SPOKEN if name != endpoint.name]
    wire = request(world, endpoint, grant).by(world.make_client("other", dialects=others))
    assert_refuses(endpoint, world, wire, "unauthorized_client", "dialect_not_allowed")


@with_every_grant
def test_refuses_a_client_that_does_not_prove_itself(endpoint: Endpoint, grant: Grant, world: World) -> None:
    wire = request(world, endpoint, grant)
    assert_refuses(endpoint, world, wire.by(("app", "wrong")), "invalid_client", "client_secret_mismatch", 401)
    wire = wire.by(world.make_client("other", is_active=False))
    assert_refuses(endpoint, world, wire, "invalid_client", "client_disabled", 401)


@with_every_grant
def test_refuses_a_scope_that_the_client_lacks(endpoint: Endpoint, grant: Grant, world: World) -> None:
    wire = request(world, endpoint, grant).with_params(scope="all admin")
    assert_refuses(endpoint, world, wire, "invalid_scope", "scope_refused")


@with_every_grant
def test_refuses_a_tenant_that_cannot_be_used(endpoint: Endpoint, grant: Grant, world: World) -> None:
    closed = world.make_tenant("000001", is_active=False)
    wire = request(world, endpoint, grant).by(world.shared(closed))
    assert_refuses(endpoint, world, wire.in_tenant("000001"), "invalid_grant", "tenant_disabled")
    assert_refuses(endpoint, world, wire.in_tenant("999999"), "invalid_grant", "tenant_unknown")
    wire = request(world, endpoint, grant).in_tenant("000001")
    assert_refuses(endpoint, world, wire, "invalid_request", "tenant_mismatch")


@with_every_grant
def test_a_personal_grant_needs_a_tenant(endpoint: Endpoint, grant: Grant, world: World) -> None:
    wire = request(world, endpoint, grant).by(world.shared())
    wire = replace(wire, headers={})
    if not grant.personal:
        assert wire.send(world.http).status_code == 200
    elif grant.knows_tenant and endpoint.standard:
        # The code or token would lead to it; this one leads nowhere.
        response = wire.send(world.http)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    else:
        assert_refuses(endpoint, world, wire, "invalid_request", "tenant_missing")


@with_every_grant
def test_proves_nothing_by_placeholders(endpoint: Endpoint, grant: Grant, world: World) -> None:
    response = request(world, endpoint, grant).send(world.http)
    assert response.status_code == (400 if grant.params else 200)


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.name)
def test_is_spoken_by_some_document(grant: Grant) -> None:
    assert any(dialect.speaks(grant) for dialect in DIALECTS)
    assert str(grant.label)


def test_names_are_unique() -> None:
    assert len({grant.name for grant in GRANTS}) == len(GRANTS)
