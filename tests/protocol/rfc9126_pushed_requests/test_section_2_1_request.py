"""RFC 9126 sections 2.1 and 2.3: what may be pushed, by whom, and how a refusal looks."""

from typing import Any

import pytest

from accounts.models import LoginEvent
from oauthx.models import PushedRequest
from tests.contract.wire import JSON, assert_refused
from tests.contract.world import World, reasons
from tests.protocol.code_flow import REDIRECT_URI, Flow, answer, make_flow
from tests.protocol.key_holder import ISSUER, make_key_holder
from tests.protocol.pushing import PAR, push, pushed, visit


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("RFC 9126", "2", "the endpoint takes a form by POST")
@pytest.mark.must("RFC 9126", "2", "the parameters of an authorization request may all be pushed")
def test_section_2_1_a_request_is_pushed_by_a_form(flow: Flow) -> None:
    request_uri = push(flow, login_hint="admin", ui_locales="en", display="popup", acr_values="1")
    assert PushedRequest.objects.get().parameters == flow.request(
        login_hint="admin", ui_locales="en", display="popup", acr_values="1"
    )
    assert answer(flow.sign_in(visit(flow, request_uri)))["state"] == "xyz"


@pytest.mark.must("RFC 9126", "2.1", "the client authenticates as at the token endpoint")
def test_section_2_1_the_client_authenticates_as_at_the_token_endpoint(flow: Flow, world: World) -> None:
    wire = pushed(flow)
    assert wire.without("client_secret").with_basic(flow.app).send(world.http).status_code == 201
    refused = wire.with_params(client_secret="wrong").send(world.http)
    assert_refused(PAR, refused, 401, "invalid_client")
    assert_refused(PAR, wire.without("client_secret").send(world.http), 401, "invalid_client")
    refused = wire.without("client_secret").with_basic((flow.app[0], "wrong")).send(world.http)
    assert_refused(PAR, refused, 401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic")
    assert reasons()[-3:] == ["client_secret_mismatch", "client_secret_missing", "client_secret_mismatch"]


@pytest.mark.must("RFC 9126", "2.1", "a public client pushes by its client_id")
def test_section_2_1_a_public_client_pushes_by_its_id_alone(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.client_type = "public"
    client.save()
    assert pushed(flow, (flow.app[0], "")).send(world.http).status_code == 201
    assert_refused(PAR, pushed(flow).send(world.http), 401, "invalid_client")


@pytest.mark.must("RFC 9126", "2.1", "client_id is required, as in any authorization request")
def test_section_2_1_client_id_is_required_and_must_be_the_authenticated_one(flow: Flow, world: World) -> None:
    other = world.make_client("other", grant_types=["authorization_code"])
    basic = pushed(flow).without("client_secret").with_basic(flow.app)
    assert_refused(PAR, basic.without("client_id").send(world.http), 400, "invalid_request")
    assert_refused(PAR, basic.with_params(client_id=other[0]).send(world.http), 400, "invalid_request")
    assert reasons()[-2:] == ["client_id_missing", "parameter_conflict"]


@pytest.mark.must("RFC 9126", "2.1", "a request that names a request_uri is refused")
def test_section_2_1_a_request_uri_may_not_be_pushed(flow: Flow, world: World) -> None:
    first = push(flow)
    for request_uri in (first, "https://app.example/r", "x"):
        assert_refused(PAR, pushed(flow, request_uri=request_uri).send(world.http), 400, "invalid_request")
    assert reasons()[-1] == "request_uri_pushed"
    assert PushedRequest.objects.count() == 1


@pytest.mark.must("RFC 9126", "2.1", "the request is validated as at the authorization endpoint")
@pytest.mark.must("RFC 9126", "2.3", "an error has the form of the token endpoint, with the codes of both endpoints")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid secrets"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"id_token_hint": "eyJ"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"acr_values": "tenant:000000 tenant:000001"}, "invalid_request"),
        ({"nonce": "n\x00"}, "invalid_request"),
    ],
)
def test_section_2_1_what_the_authorization_endpoint_refuses_cannot_be_pushed(
    flow: Flow, world: World, changes: dict[str, str | None], error: str
) -> None:
    assert_refused(PAR, pushed(flow, None, **changes).send(world.http), 400, error)
    assert not PushedRequest.objects.exists()
    [event] = LoginEvent.objects.all()
    assert (event.outcome, event.client_id) == ("refused", flow.app[0])


@pytest.mark.parametrize("code", ["000001", "000002", "nowhere"], ids=["not its own", "not active", "unknown"])
@pytest.mark.parametrize("is_shared", [False, True])
def test_section_2_3_a_tenant_that_cannot_be_used_is_refused_as_at_the_authorization_endpoint(
    world: World, code: str, is_shared: bool
) -> None:
    world.make_tenant("000001")
    closed = world.make_tenant("000002", is_active=False)
    flow = make_flow(world, skip_authorization=True, serves=(world.tenant, closed) if is_shared else ())
    refused = pushed(flow, acr_values=f"tenant:{code}").send(world.http)
    assert_refused(PAR, refused, 400, "invalid_request")
    there = answer(flow.authorize(acr_values=f"tenant:{code}"))
    assert refused.json() == {name: there[name] for name in ("error", "error_description")}
    assert refused.json()["error_description"] == "The tenant cannot be used"
    assert not PushedRequest.objects.exists()
    assert push(flow, acr_values="tenant:000000")
    assert push(flow)


def test_section_2_1_a_client_that_may_not_use_the_authorization_endpoint_may_not_push(
    flow: Flow, world: World
) -> None:
    client = world.of(flow.app)
    client.grant_types = ["refresh_token"]
    client.save()
    assert_refused(PAR, pushed(flow).send(world.http), 400, "unauthorized_client")


def test_section_2_1_a_repeated_parameter_is_refused(flow: Flow, world: World) -> None:
    assert_refused(PAR, pushed(flow).again("state").send(world.http), 400, "invalid_request")
    assert_refused(PAR, pushed(flow).again("redirect_uri").send(world.http), 400, "invalid_request")


@pytest.mark.must("RFC 9126", "2.3", "another method than POST is answered by 405")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_section_2_3_another_method_is_answered_by_405(flow: Flow, world: World, method: str) -> None:
    response = pushed(flow).by_method(method).send(world.http)
    assert_refused(PAR, response, 405, "invalid_request")
    assert response["Allow"] == "POST"


@pytest.mark.must("RFC 9126", "2.3", "a request that is too large is answered by 413")
def test_section_2_3_a_request_that_is_too_large_is_answered_by_413(flow: Flow, world: World) -> None:
    assert_refused(PAR, pushed(flow, state="x" * 70_000).send(world.http), 413, "invalid_request")


def test_section_2_1_parameters_stand_in_a_form_alone(flow: Flow, world: World) -> None:
    assert_refused(PAR, pushed(flow).sent_as(JSON).send(world.http), 415, "invalid_request")
    assert_refused(PAR, pushed(flow).with_query(state="xyz").send(world.http), 400, "invalid_request")


@pytest.mark.must(
    "RFC 9126", "2", "the issuer, the token endpoint and this endpoint are taken as an assertion's audience"
)
@pytest.mark.parametrize("audience", ["", "/connect/token", "/connect/par"])
def test_section_2_a_client_may_prove_itself_by_its_key(world: World, audience: str) -> None:
    fields: dict[str, Any] = {
        "grant_types": ["authorization_code"],
        "redirect_uris": REDIRECT_URI,
        "skip_authorization": True,
    }
    holder = make_key_holder(world, **fields)
    flow = Flow(world, holder.app)
    assertion = holder.assertion(aud=f"{ISSUER}{audience}")
    taken = holder.request(assertion, PAR, **flow.request()).send(world.http)
    assert taken.status_code == 201, taken.content
    assert "code" in answer(flow.sign_in(visit(flow, taken.json()["request_uri"])))
    # Once; and for no other client.
    assert_refused(PAR, holder.request(assertion, PAR, **flow.request()).send(world.http), 401, "invalid_client")
    other = holder.request(holder.assertion(), PAR, **flow.request(client_id="app")).send(world.http)
    assert_refused(PAR, other, 401, "invalid_client")
