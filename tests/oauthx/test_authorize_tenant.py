"""Whose sign-in page an application's people see: the tenant of the client, of the request, or of the domain."""

from datetime import timedelta
from typing import Any

import pytest

from tenants.models import Tenant
from tests.contract.world import World
from tests.protocol.code_flow import REDIRECT_URI, Flow, answer

ACME_HOST = "login.acme.example"


@pytest.fixture
def acme(world: World) -> Tenant:
    world.settings.ALLOWED_HOSTS = [ACME_HOST, "testserver"]
    tenant = world.make_tenant("acme", domain=ACME_HOST, name="Acme 制造", primary_color="#1d4ed8")
    world.make_user("visitor", tenant=tenant)
    return tenant


def make_shared(world: World, *served: Tenant) -> Flow:
    fields: dict[str, Any] = {
        "grant_types": ["authorization_code"],
        "dialects": ["connect"],
        "redirect_uris": REDIRECT_URI,
    }
    app = world.make_client("shared", serves=served, skip_authorization=True, **fields)
    return Flow(world, app)


def at(flow: Flow, host: str) -> Flow:
    """The same, with the browser at this host."""
    flow.browser.defaults["SERVER_NAME"] = host
    return flow


def page(flow: Flow, **changes: str | None) -> str:
    """The sign-in page that a request leads to."""
    text: str = flow.browser.get(flow.authorize(**changes)["Location"]).content.decode()
    return text


ASKS, IS_ACME, IS_OURS = (
    'type="text" name="tenant"',
    'type="hidden" name="tenant" value="acme"',
    'type="hidden" name="tenant" value="000000"',
)


def test_at_a_tenants_domain_a_shared_client_needs_no_tenant(world: World, acme: Tenant) -> None:
    flow = at(make_shared(world, world.tenant, acme), ACME_HOST)
    text = page(flow)
    assert IS_ACME in text
    assert "Acme 制造" in text
    assert "code" in answer(flow.sign_in(flow.authorize(), account="visitor", tenant="acme"))


def test_elsewhere_it_asks(world: World, acme: Tenant) -> None:
    assert ASKS in page(make_shared(world, world.tenant, acme))


def test_a_tenant_that_the_client_does_not_serve_is_not_its(world: World, acme: Tenant) -> None:
    flow = at(make_shared(world, world.tenant, world.make_tenant("000001")), ACME_HOST)
    assert ASKS in page(flow)
    # Whoever signs in as one of the domain's people is not let in: the client does not serve them.
    in_vain = flow.sign_in(flow.authorize(), "visitor", tenant="acme")
    told = flow.browser.get(in_vain["Location"]).content.decode()
    alert = told.partition('role="alert">')[2].partition("<")[0]
    assert "visitor" in alert
    assert "Acme 制造" in alert
    assert ASKS in told
    assert "code" in answer(flow.sign_in(flow.authorize(), "admin", tenant="000000"))


@pytest.mark.parametrize("fields", [{"is_active": False}, {"expires_at": "past"}])
def test_a_tenant_that_cannot_be_used_is_nobodys_domain(world: World, acme: Tenant, fields: dict[str, Any]) -> None:
    flow = at(make_shared(world, world.tenant, acme), ACME_HOST)
    for name, value in fields.items():
        setattr(acme, name, world.clock() - timedelta(days=1) if value == "past" else value)
    acme.save()
    assert ASKS in page(flow)


def test_the_request_and_the_client_come_before_the_domain(world: World, acme: Tenant) -> None:
    shared = at(make_shared(world, world.tenant, acme), ACME_HOST)
    assert IS_OURS in page(shared, acr_values="tenant:000000")
    fields: dict[str, Any] = {
        "grant_types": ["authorization_code"],
        "dialects": ["connect"],
        "redirect_uris": REDIRECT_URI,
    }
    bound = at(Flow(world, world.make_client("bound", **fields)), ACME_HOST)
    assert IS_OURS in page(bound)


def test_a_person_of_another_tenant_signs_in_anew_at_the_domain(world: World, acme: Tenant) -> None:
    flow = at(make_shared(world, world.tenant, acme), ACME_HOST)
    flow.sign_in(flow.authorize(acr_values="tenant:000000"))
    assert "code" in answer(flow.authorize(acr_values="tenant:000000"))
    assert IS_ACME in page(flow)


def test_consent_chooser_and_error_pages_have_the_tenants_look(world: World, acme: Tenant) -> None:
    flow = at(make_shared(world, acme), ACME_HOST)
    client = world.of(flow.app)
    client.skip_authorization = False
    client.save()
    consent = flow.sign_in(flow.authorize(), account="visitor", tenant="acme")
    for shown in (consent, flow.authorize(prompt="select_account"), flow.authorize(client_id="unknown")):
        text = shown.content.decode()
        nonce = text.partition('<style nonce="')[2].partition('"')[0]
        assert f"'nonce-{nonce}'" in shown["Content-Security-Policy"]
        assert "--action: #1d4ed8" in text
        assert '<p class="tenant">Acme 制造</p>' in text


def test_a_domain_given_to_a_tenant_holds_for_the_next_request(world: World, acme: Tenant) -> None:
    flow = at(make_shared(world, world.tenant, acme), ACME_HOST)
    assert IS_ACME in page(flow)
    acme.domain = "elsewhere.example"
    acme.save()
    assert ASKS in page(flow)
