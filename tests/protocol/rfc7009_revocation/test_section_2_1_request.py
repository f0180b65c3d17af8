"""RFC 7009 section 2.1: who may revoke, how, and what a client that cannot authenticate may do."""

import pytest

from tests.contract.wire import CONNECT, FORM, JSON
from tests.contract.world import World
from tests.protocol.rfc7009_revocation.test_section_2 import revoke
from tests.protocol.tokens import ask_userinfo, own_token

PATH = "/connect/revocation"


@pytest.mark.must("RFC 7009", "2.1", "a refused request is told the error in the form of RFC 6749 section 5.2")
@pytest.mark.parametrize(
    ("body", "content_type", "status", "error"),
    [
        ("token=x", FORM, 401, "invalid_client"),
        ("token=x&client_id=nobody&client_secret=x", FORM, 401, "invalid_client"),
        ('{"token":"x"}', JSON, 415, "invalid_request"),
    ],
)
def test_section_2_2_1_errors_have_the_form_of_rfc_6749(
    body: str, content_type: str, status: int, error: str, world: World
) -> None:
    response = world.http.post(PATH, body, content_type=content_type)
    assert (response.status_code, response.json()["error"]) == (status, error)


@pytest.mark.must("RFC 7009", "2.1", "tokens are revoked by POST")
def test_section_2_1_get_revokes_nothing(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    assert world.http.get(PATH, {"token": token}).status_code == 405
    assert ask_userinfo(world, token).status_code == 200


@pytest.mark.must("RFC 7009", "2.1", "a public client is told apart by its client_id")
def test_section_2_1_a_public_client_revokes_its_own_tokens_alone(world: World) -> None:
    for name in ("public", "stranger"):
        world.make_client(name, client_type="public")
    wire = world.sign_in(CONNECT, scope="openid").by(None).with_params(client_id="public")
    token = wire.send(world.http).json()["access_token"]
    refused = world.http.post(PATH, f"token={token}&client_id=stranger", content_type=FORM)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    assert ask_userinfo(world, token).status_code == 200
    assert world.http.post(PATH, f"token={token}&client_id=public", content_type=FORM).status_code == 200
    assert ask_userinfo(world, token).status_code == 401


@pytest.mark.must("RFC 7009", "2.1", "a hint that nobody knows is ignored")
def test_section_2_1_an_unknown_hint_is_ignored(world: World) -> None:
    token = own_token(world)
    assert revoke(world, token, token_type_hint="saml").status_code == 200
    assert world.user_info(token).status_code == 401
