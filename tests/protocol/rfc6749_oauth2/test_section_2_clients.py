"""RFC 6749 sections 2.2 and 2.3: a client id proves nothing, a public client's secret proves nothing either."""

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from tests.contract.wire import CONNECT, FORM
from tests.contract.world import World
from tests.protocol.code_flow import make_flow


@pytest.mark.must("RFC 6749", "2.2", "a client id alone authenticates nobody")
@pytest.mark.parametrize("grant_type", ["password", "client_credentials", "refresh_token", "authorization_code"])
def test_section_2_2_a_client_id_alone_authenticates_nobody(grant_type: str, world: World) -> None:
    wire = CONNECT.request(world.app, grant_type=grant_type).by(None).with_params(client_id=world.app[0])
    response = wire.send(world.http)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.must("RFC 6749", "2.3", "a public client is not identified by what it sends as a secret")
def test_section_2_3_a_public_client_proves_nothing_by_a_secret(world: World) -> None:
    app = world.make_client("public", client_type="public")
    assert world.sign_in(CONNECT).by(app).send(world.http).status_code == 401
    assert world.sign_in(CONNECT).by(None).with_params(client_id="public").send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "2.3.1", "client_id and client_secret are both required in the body")
@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_section_2_3_1_both_credentials_are_required_in_the_body(missing: str, world: World) -> None:
    both = {"client_id": world.app[0], "client_secret": world.app[1]}
    wire = world.sign_in(CONNECT).by(None).with_params(**both)
    assert wire.send(world.http).status_code == 200
    assert wire.without(missing).send(world.http).json()["error"] == "invalid_client"


@pytest.mark.must("RFC 6749", "2.3.1", "client secrets are protected against brute force")
def test_section_2_3_1_secrets_are_beyond_guessing_or_slow_to_try(world: World) -> None:
    """A generated secret has 256 bits; each guess at one that people chose costs an Argon2id."""
    assert len(world.app[1]) >= 43
    assert world.app[1] != world.make_client("other")[1]
    chosen = identify_hasher(make_password("sword_secret", hasher="chosen_secret"))
    assert "argon2id" in chosen.encode("sword_secret", chosen.salt())


@pytest.mark.must("RFC 6749", "3.2.1", "confidential clients authenticate at the token endpoint")
@pytest.mark.must("RFC 6749", "10.2", "a client is authenticated whenever it can be")
def test_section_3_2_1_a_confidential_client_authenticates_for_a_code(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    code = flow.code()
    assert flow.redeem(code, client=(flow.app[0], "wrong")).status_code == 401
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 6749", "3.2.1", "a client without credentials names itself for a code")
@pytest.mark.must("RFC 6749", "4.1.3", "client_id is required from a client that does not authenticate")
def test_section_3_2_1_a_public_client_names_itself_for_a_code(world: World) -> None:
    flow = make_flow(world, skip_authorization=True, client_type="public")
    code = flow.code()
    wire = CONNECT.request(
        flow.app,
        grant_type="authorization_code",
        code=code,
        redirect_uri=flow.request()["redirect_uri"],
        code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ).by(None)
    assert wire.send(world.http).json()["error"] == "invalid_client"
    assert wire.with_params(client_id=flow.app[0]).send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "Appendix B", "names and values of a form are UTF-8")
def test_appendix_b_a_form_is_read_as_utf_8(world: World) -> None:
    world.make_user("王小明", password="密码 & 100%")
    assert world.sign_in(CONNECT, account="王小明", password="密码 & 100%").send(world.http).status_code == 200
    latin = world.sign_in(CONNECT).with_body(b"grant_type=password&username=\xe9", FORM).send(world.http)
    assert latin.json()["error"] == "invalid_request"
