"""RFC 9068 sections 4 and 5: what a resource takes for an access token, and what it never mistakes for one."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwk, jwt

from oauthx.models import SigningKey
from oauthx.signing import parse
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.tokens import ask_userinfo, claims_of, metadata_of, tampered, verified


@pytest.fixture
def tokens(world: World) -> dict[str, Any]:
    made: dict[str, Any] = world.tokens(CONNECT)
    return made


@pytest.mark.must("RFC 9068", "4", "keys and issuer are published in the metadata")
def test_section_4_a_resource_server_finds_issuer_and_keys_in_the_metadata(
    tokens: dict[str, Any], world: World
) -> None:
    said = metadata_of(world)
    kids = {key["kid"] for key in world.http.get(said["jwks_uri"]).json()["keys"]}
    assert verified(world, tokens["access_token"]).header["kid"] in kids
    assert claims_of(world, tokens["access_token"])["iss"] == said["issuer"]


@pytest.mark.must("RFC 9068", "4", "a token of another typ is rejected")
@pytest.mark.must("RFC 9068", "5", "an ID token is never taken for an access token")
def test_section_4_an_id_token_is_no_access_token(tokens: dict[str, Any], world: World) -> None:
    assert ask_userinfo(world, tokens["id_token"]).status_code == 401
    assert ask_userinfo(world, tokens["access_token"]).status_code == 200


@pytest.mark.must("RFC 9068", "5", "aud tells access tokens apart from ID tokens")
def test_section_5_access_token_and_id_token_are_for_different_audiences(tokens: dict[str, Any], world: World) -> None:
    assert claims_of(world, tokens["access_token"])["aud"] != claims_of(world, tokens["id_token"])["aud"]
    assert verified(world, tokens["access_token"]).header["typ"] != verified(world, tokens["id_token"]).header["typ"]


@pytest.mark.must("RFC 9068", "4", "the signature is validated, none is rejected")
def test_section_4_the_signature_is_validated(tokens: dict[str, Any], world: World) -> None:
    _head, claims, _signature = tokens["access_token"].split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).rstrip(b"=").decode()
    assert ask_userinfo(world, f"{none}.{claims}.").status_code == 401
    assert ask_userinfo(world, tampered(tokens["access_token"])).status_code == 401


@pytest.mark.must("RFC 9068", "4", "the signature is validated, none is rejected")
def test_section_4_a_token_that_the_store_does_not_know_is_rejected_though_signed(
    tokens: dict[str, Any], world: World
) -> None:
    """A key that leaked forges tokens for others, not for this server."""
    key = SigningKey.objects.get(algorithm="RS256")
    header = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid}
    claims = {**claims_of(world, tokens["access_token"]), "jti": "another"}
    forged = jwt.encode(header, claims, jwk.RSAKey.import_key(parse(key).private))
    assert claims_of(world, forged)["jti"] == "another"
    assert ask_userinfo(world, forged).status_code == 401


@pytest.mark.must("RFC 9068", "4", "an expired token is rejected")
def test_section_4_an_expired_token_is_rejected(tokens: dict[str, Any], world: World) -> None:
    world.pass_time(hours=1)
    assert ask_userinfo(world, tokens["access_token"]).status_code == 401
