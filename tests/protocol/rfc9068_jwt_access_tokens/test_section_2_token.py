"""RFC 9068 section 2: header and claims of access tokens, those of a person and those of a client itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import make_flow
from tests.protocol.tokens import claims_of, metadata_of, own_token, verified

Make = Callable[[World], str]


def of_password(world: World) -> str:
    return str(world.tokens(CONNECT)["access_token"])


def of_code(world: World) -> str:
    flow = make_flow(world, skip_authorization=True)
    return str(flow.redeem(flow.code()).json()["access_token"])


def of_refresh(world: World) -> str:
    refresh_token = world.tokens(CONNECT)["refresh_token"]
    return str(world.refresh(CONNECT, refresh_token).send(world.http).json()["access_token"])


MAKERS: list[Make] = [of_password, of_code, of_refresh, own_token]
of_every_grant = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


@pytest.mark.must("RFC 9068", "2.1", "access tokens are signed, never with none")
@pytest.mark.must("RFC 9068", "2.1", "the header's typ is at+jwt")
@of_every_grant
def test_section_2_1_the_token_is_signed_and_says_that_it_is_an_access_token(make: Make, world: World) -> None:
    header = verified(world, make(world)).header
    assert header["typ"] == "at+jwt"
    assert header["alg"] in {"RS256", "PS256", "ES256"}


@pytest.mark.must("RFC 9068", "2.1", "RS256 is supported")
def test_section_2_1_rs256_is_supported(world: World) -> None:
    assert verified(world, of_password(world)).header["alg"] == "RS256"


@pytest.mark.must("RFC 9068", "2.2", "iss, exp, aud, sub, client_id, iat and jti are there")
@of_every_grant
def test_section_2_2_the_required_claims_are_there(make: Make, world: World) -> None:
    claims = claims_of(world, make(world))
    now = int(world.clock().timestamp())
    assert claims["iss"] == metadata_of(world)["issuer"]
    assert claims["iat"] == now
    assert claims["exp"] == int((world.clock() + timedelta(hours=1)).timestamp())
    assert claims["aud"]
    assert claims["jti"]
    assert claims["client_id"] in {world.app[0], "webapp"}
    assert claims["sub"] == (world.app[0] if make is own_token else str(world.admin.pk))


@pytest.mark.must("RFC 9068", "2.2", "jti is unique")
def test_section_2_2_no_two_tokens_share_an_id(world: World) -> None:
    ids = {claims_of(world, token)["jti"] for token in (own_token(world), own_token(world), of_refresh(world))}
    assert len(ids) == 3


@pytest.mark.must("RFC 9068", "2.2.1", "auth_time and amr stay those of the sign-in, through every refresh")
def test_section_2_2_1_a_refresh_changes_nothing_of_the_sign_in(world: World) -> None:
    tokens = world.tokens(CONNECT)
    world.pass_time(minutes=10)
    again = world.refresh(CONNECT, tokens["refresh_token"]).send(world.http).json()
    first, second = (claims_of(world, each["access_token"]) for each in (tokens, again))
    assert (first["auth_time"], first["amr"]) == (second["auth_time"], second["amr"])
    assert first["iat"] < second["iat"]


def test_section_2_2_3_the_scope_is_a_string_of_words(world: World) -> None:
    token = world.tokens(CONNECT, scope="openid email")
    assert claims_of(world, token["access_token"])["scope"] == "openid email"


@pytest.mark.must("RFC 9068", "3", "aud is there where the client named no resource")
@of_every_grant
def test_section_3_there_is_a_default_audience(make: Make, world: World) -> None:
    said: Any = claims_of(world, make(world))["aud"]
    assert said == metadata_of(world)["issuer"]
