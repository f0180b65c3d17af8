"""RFC 6749 section 10: what tokens and codes are worth to somebody who guesses, steals or changes them."""

import pytest

from oauthx.claims import digest
from oauthx.models import AccessToken, AuthorizationCode, RefreshToken
from tests.contract.wire import CONNECT, ENDPOINTS, Endpoint
from tests.contract.world import World
from tests.protocol.code_flow import make_flow
from tests.protocol.tokens import ask_userinfo, own_token, tampered

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.mark.must("RFC 6749", "10.3", "access tokens are kept confidential in storage")
@pytest.mark.must("RFC 6749", "10.4", "refresh tokens are kept confidential in storage")
@on_each_endpoint
def test_section_10_3_tokens_are_stored_as_digests_alone(endpoint: Endpoint, world: World) -> None:
    tokens = world.tokens(endpoint)
    for model, token in ((AccessToken, tokens["access_token"]), (RefreshToken, tokens["refresh_token"])):
        row = model.objects.values().get()
        assert row["token_checksum"] == digest(token)
        assert not any(token in str(value) for value in row.values())


@pytest.mark.must("RFC 6749", "10.3", "nobody else can make or change an access token")
@on_each_endpoint
def test_section_10_3_a_changed_access_token_is_void(endpoint: Endpoint, world: World) -> None:
    token = world.tokens(endpoint)["access_token"]
    assert world.user_info(token).status_code == 200
    assert world.user_info(tampered(token)).status_code == 401


@pytest.mark.must("RFC 6749", "10.4", "nobody else can make or change a refresh token")
@pytest.mark.must("RFC 9700", "4.14.2", "what a refresh token holds is protected against changes")
@on_each_endpoint
def test_section_10_4_a_changed_refresh_token_is_void(endpoint: Endpoint, world: World) -> None:
    token = world.tokens(endpoint)["refresh_token"]
    changed = tampered(token) if "." in token else token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert world.refresh(endpoint, changed).send(world.http).json()["error"] == "invalid_grant"
    assert world.refresh(endpoint, token).send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "10.5", "a client that can be authenticated is, before it gets anything for a code")
def test_section_10_5_a_code_alone_is_worth_nothing(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    code = flow.code()
    wire = CONNECT.request(world.app, grant_type="authorization_code", code=code).by(None)
    assert wire.send(world.http).status_code == 401
    assert AuthorizationCode.objects.get().family_id is None


@pytest.mark.must("RFC 6749", "10.10", "tokens and codes cannot be guessed (at most 2^-128)")
def test_section_10_10_tokens_and_codes_cannot_be_guessed(world: World) -> None:
    """A letter of base64url has 6 bits: 22 of them are more than 128; a signature of RS256 has 256 bytes."""
    flow = make_flow(world, skip_authorization=True)
    codes = {flow.code() for _number in range(8)}
    tokens = [world.tokens(CONNECT) for _number in range(8)]
    refresh_tokens = {each["refresh_token"] for each in tokens}
    assert len(codes) == len(refresh_tokens) == len({each["access_token"] for each in tokens}) == 8
    assert all(len(value) >= 22 for value in codes | refresh_tokens)
    # No letter stands at the same place in all of them: they are random from end to end.
    assert all(len(set(letters)) > 1 for letters in zip(*refresh_tokens, strict=True))


@pytest.mark.must("RFC 6749", "4.4.2", "a client authenticates for client credentials")
def test_section_4_4_2_the_client_authenticates(world: World) -> None:
    wire = CONNECT.request(world.app, grant_type="client_credentials")
    assert wire.send(world.http).status_code == 200
    assert wire.by((world.app[0], "wrong")).send(world.http).json()["error"] == "invalid_client"
    assert wire.by(None).send(world.http).json()["error"] == "invalid_client"


@pytest.mark.must("RFC 6749", "4.3.2", "the password is validated")
@on_each_endpoint
def test_section_4_3_2_the_password_is_validated(endpoint: Endpoint, world: World) -> None:
    assert world.sign_in(endpoint, password="wrong").send(world.http).json()["error"] == "invalid_grant"
    assert world.sign_in(endpoint, account="nobody").send(world.http).json()["error"] == "invalid_grant"
    assert world.sign_in(endpoint).send(world.http).status_code == 200


@pytest.mark.must("RFC 6749", "6", "the refresh token is validated")
@pytest.mark.parametrize("kind", ["nonsense", "expired", "access token"])
def test_section_6_the_refresh_token_is_validated(kind: str, world: World) -> None:
    tokens = world.tokens(CONNECT)
    sent = {"nonsense": "nonsense", "expired": tokens["refresh_token"], "access token": tokens["access_token"]}[kind]
    if kind == "expired":
        world.pass_time(seconds=604800)
    assert world.refresh(CONNECT, sent).send(world.http).json()["error"] == "invalid_grant"


@pytest.mark.must("RFC 6749", "7", "a resource validates the token")
def test_section_7_a_resource_validates_the_token(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    assert ask_userinfo(world, token).status_code == 200
    assert ask_userinfo(world, tampered(token)).status_code == 401
    assert ask_userinfo(world, own_token(world)).status_code == 403
