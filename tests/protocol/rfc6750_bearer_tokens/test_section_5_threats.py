"""RFC 6750 section 5.2: a token's content is protected, its life is limited, and it says whom it is for."""

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.tokens import ask_userinfo, claims_of, tampered


@pytest.fixture
def token(world: World) -> str:
    return str(world.tokens(CONNECT)["access_token"])


@pytest.mark.must("RFC 6750", "5.2", "the content of a token is protected against changes")
def test_section_5_2_a_changed_token_is_void(token: str, world: World) -> None:
    assert ask_userinfo(world, token).status_code == 200
    assert ask_userinfo(world, tampered(token)).status_code == 401
    assert ask_userinfo(world, token.rpartition(".")[0] + ".").status_code == 401


@pytest.mark.must("RFC 6750", "5.2", "the life of a token is limited, by a time inside its protected part")
def test_section_5_2_a_token_ends_at_the_time_that_it_names(token: str, world: World) -> None:
    lifetime = claims_of(world, token)["exp"] - world.clock().timestamp()
    assert 0 < lifetime <= 3600
    world.pass_time(seconds=lifetime - 1)
    assert ask_userinfo(world, token).status_code == 200
    world.pass_time(seconds=2)
    assert ask_userinfo(world, token).status_code == 401


@pytest.mark.must("RFC 6750", "5.2", "a token names the recipients that it is for")
def test_section_5_2_a_token_names_its_audience(token: str, world: World) -> None:
    assert claims_of(world, token)["aud"]
