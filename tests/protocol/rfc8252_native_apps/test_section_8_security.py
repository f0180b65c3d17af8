"""RFC 8252 section 8: an app on a device is a public client: it needs PKCE, and no secret of it proves anything."""

import pytest
from django.contrib.auth.hashers import make_password

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import answer, make_flow


@pytest.mark.must("RFC 8252", "8.1", "PKCE protects public native apps")
def test_section_8_1_a_native_app_without_pkce_is_refused(world: World) -> None:
    flow = make_flow(world, client_type="public", requires_pkce=False)
    sent = answer(flow.authorize(code_challenge=None, code_challenge_method=None))
    assert sent["error"] == "invalid_request"
    assert flow.redeem(flow.code(), client=(flow.app[0], "")).status_code == 200


@pytest.mark.must("RFC 8252", "8.4", "the type of a client is recorded")
def test_section_8_4_the_type_of_a_client_decides_how_it_is_treated(world: World) -> None:
    app = world.make_client("native", client_type="public")
    assert world.sign_in(CONNECT).by((app[0], "")).send(world.http).status_code == 200
    client = world.of(app)
    client.client_type = "confidential"
    client.save()
    assert world.sign_in(CONNECT).by((app[0], "")).send(world.http).status_code == 401


@pytest.mark.must("RFC 8252", "8.5", "a secret that ships with an app is no proof")
@pytest.mark.must("RFC 6749", "10.1", "native apps get no credentials to authenticate with")
def test_section_8_5_a_secret_that_ships_with_an_app_is_no_proof(world: World) -> None:
    app = world.make_client("native", client_type="public", grant_types=["password", "client_credentials"])
    client = world.of(app)
    client.client_secret = make_password("shipped", hasher="chosen_secret")
    client.save()
    assert world.sign_in(CONNECT).by((app[0], "shipped")).send(world.http).status_code == 401
    own = CONNECT.request((app[0], ""), grant_type="client_credentials").send(world.http)
    assert own.json()["error"] == "unauthorized_client"
