"""RFC 6750 section 3: the challenges of the standard resource, /connect/userinfo."""

import re

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.tokens import USERINFO, ask_userinfo, own_token

PARAMETER = r'[a-z_]+="[\x20-\x21\x23-\x5B\x5D-\x7E]*"'


@pytest.mark.must("RFC 6750", "3", "a refusal without or with a bad token carries WWW-Authenticate")
@pytest.mark.must("RFC 6750", "3", "the challenge's scheme is Bearer, with at least one parameter, none twice")
@pytest.mark.must("RFC 6750", "3", "error and error_description keep to the allowed characters")
@pytest.mark.parametrize("sent", ["", "Bearer nonsense", "Bearer \x7f", "Basic YTpi", "Bearer"])
def test_section_3_every_refusal_is_a_challenge(sent: str, world: World) -> None:
    response = world.http.get(USERINFO, headers={"Authorization": sent} if sent else {})
    challenge = response["WWW-Authenticate"]
    assert response.status_code == 401
    assert re.fullmatch(f"Bearer {PARAMETER}(, {PARAMETER})*", challenge)
    names = re.findall(r"([a-z_]+)=", challenge)
    assert len(names) == len(set(names))


@pytest.mark.must(
    "RFC 6750", "3.1", "a token that is not valid is invalid_token, one that does not reach far is insufficient_scope"
)
def test_section_3_1_says_what_is_wrong_with_the_token(world: World) -> None:
    bad, narrow = ask_userinfo(world, "nonsense"), ask_userinfo(world, own_token(world))
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_token")
    assert (narrow.status_code, narrow.json()["error"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in narrow["WWW-Authenticate"]
    assert "error" not in world.http.get(USERINFO)["WWW-Authenticate"]


@pytest.mark.must("RFC 6750", "5.3", "tokens are never kept in cookies that travel in the clear")
def test_section_5_3_no_token_stands_in_a_cookie(world: World) -> None:
    response = world.sign_in(CONNECT).send(world.http)
    assert not response.cookies
    assert not ask_userinfo(world, response.json()["access_token"]).cookies
