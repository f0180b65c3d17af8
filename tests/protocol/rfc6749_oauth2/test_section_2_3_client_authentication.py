"""RFC 6749 section 2.3: one authentication method a request; 2.3.1: Basic of form-encoded parts, or the body."""

import base64

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World


@pytest.mark.must("RFC 6749", "2.3", "a request uses one method of client authentication")
def test_must_not_use_more_than_one_method_in_a_request(world: World) -> None:
    wire = world.sign_in(CONNECT).with_basic().with_params(client_secret=world.app[1])
    response = wire.send(world.http)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_the_client_id_is_not_a_method_by_itself(world: World) -> None:
    wire = world.sign_in(CONNECT).with_basic().with_params(client_id=world.app[0])
    assert wire.send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "2.3.1", "HTTP Basic is supported, its parts encoded as a form")
def test_section_2_3_1_encodes_the_parts_of_basic_as_a_form(world: World) -> None:
    client = world.of(world.app)
    client.client_id = "a:b c+d"
    client.save()
    encoded = base64.b64encode(f"a%3Ab+c%2Bd:{world.app[1]}".encode()).decode()
    wire = world.sign_in(CONNECT)
    assert wire.with_authorization(f"Basic {encoded}").send(world.http).status_code == 200
    literal = base64.b64encode(f"a:b c+d:{world.app[1]}".encode()).decode()
    assert wire.with_authorization(f"Basic {literal}").send(world.http).status_code == 401


@pytest.mark.must("RFC 6749", "2.3.1", "credentials never stand in the address")
def test_section_2_3_1_takes_no_credentials_from_the_request_uri(world: World) -> None:
    wire = world.sign_in(CONNECT).by(None).with_query(client_id=world.app[0], client_secret=world.app[1])
    assert wire.send(world.http).json()["error"] == "invalid_request"


def test_section_2_3_1_may_omit_an_empty_secret(world: World) -> None:
    world.make_client("public", client_type="public")
    wire = world.sign_in(CONNECT).by(None).with_params(client_id="public")
    assert wire.send(world.http).status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_has_no_case(scheme: str, world: World) -> None:
    """RFC 9110 section 11.1."""
    encoded = base64.b64encode(":".join(world.app).encode()).decode()
    assert world.sign_in(CONNECT).with_authorization(f"{scheme} {encoded}").send(world.http).status_code == 200
