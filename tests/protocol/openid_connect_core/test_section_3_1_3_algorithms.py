"""OpenID Connect Core sections 2 and 3.1.3: ID tokens and access tokens in the algorithm of each client."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError

from oauthx.models import SigningKey
from oauthx.signing import replace_key
from tests.contract.wire import AMS_AUTH, CONNECT, FORM, Credentials, basic
from tests.contract.world import World

ALGORITHMS = ("RS256", "ES256", "PS256")
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def make_app(world: World, algorithm: str, **fields: Any) -> Credentials:
    return world.make_client(f"of-{algorithm}", algorithm=algorithm, **fields)


def tokens(world: World, app: Credentials) -> Any:
    response = world.sign_in(CONNECT, scope="openid offline_access").by(app).send(world.http)
    assert response.status_code == 200, response.content
    return response.json()


def published(world: World) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = world.http.get("/.well-known/openid-configuration/jwks").json()["keys"]
    return keys


def verified(world: World, token: str, algorithm: str) -> Any:
    """The token, checked with the published key of its `kid` alone."""
    keys = jwk.KeySet.import_key_set({"keys": [key for key in published(world) if key["alg"] == algorithm]})
    return jwt.decode(token, keys, algorithms=[algorithm])


@each_algorithm
@pytest.mark.must("OpenID Connect Core", "2", "ID tokens are signed")
@pytest.mark.must("OpenID Connect Core", "10.1", "the header names the key by kid where the set has several keys")
def test_section_3_1_3_7_both_tokens_verify_with_the_published_key(algorithm: str, world: World) -> None:
    app = make_app(world, algorithm)
    given = tokens(world, app)
    for name, kind in (("id_token", "JWT"), ("access_token", "at+jwt")):
        token = verified(world, given[name], algorithm)
        assert (token.header["alg"], token.header["typ"]) == (algorithm, kind)
        assert token.header["kid"] in {key["kid"] for key in published(world) if key["alg"] == algorithm}
        assert token.claims["sub"] == str(world.admin.pk)


@each_algorithm
@pytest.mark.must("OpenID Connect Core", "3.1.3.6", "at_hash is the left half of the hash of the access token")
def test_section_3_1_3_6_at_hash_is_the_left_half_of_the_sha256(algorithm: str, world: World) -> None:
    given = tokens(world, make_app(world, algorithm))
    half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
    said = verified(world, given["id_token"], algorithm).claims["at_hash"]
    assert base64.urlsafe_b64decode(said + "==") == half


@each_algorithm
def test_every_surface_takes_the_access_token(algorithm: str, world: World) -> None:
    app = make_app(world, algorithm)
    token = tokens(world, app)["access_token"]
    told = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert told.json() == {"sub": str(world.admin.pk)}
    form = urlencode({"token": token})
    asked = world.http.post("/connect/introspect", form, content_type=FORM, headers={"Authorization": basic(*app)})
    assert asked.json()["active"] is True
    forged = f"{token[:-8]}{'A' * 8}"
    refused = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {forged}"})
    assert refused.status_code == 401


@each_algorithm
def test_a_client_acting_for_itself_gets_its_algorithm_too(algorithm: str, world: World) -> None:
    app = make_app(world, algorithm)
    token = CONNECT.request(app, grant_type="client_credentials").send(world.http).json()["access_token"]
    assert verified(world, token, algorithm).claims["sub"] == app[0]


def test_a_key_is_made_at_first_need_and_published(world: World) -> None:
    assert {key["alg"] for key in published(world)} == {"RS256"}
    tokens(world, make_app(world, "ES256"))
    kinds = {key["alg"]: (key["kty"], key["use"]) for key in published(world)}
    assert kinds == {"RS256": ("RSA", "sig"), "ES256": ("EC", "sig")}
    tokens(world, make_app(world, "PS256"))
    assert {key["alg"]: key["kty"] for key in published(world)} == {"RS256": "RSA", "ES256": "EC", "PS256": "RSA"}
    assert not any({"d", "p", "q"} & key.keys() for key in published(world))


def test_a_client_changes_its_algorithm_and_what_it_has_goes_on(world: World) -> None:
    app = make_app(world, "RS256")
    before = tokens(world, app)
    client = world.of(app)
    client.algorithm = "ES256"
    client.save()
    wire = CONNECT.request(app, grant_type="refresh_token", refresh_token=before["refresh_token"])
    verified(world, wire.send(world.http).json()["id_token"], "ES256")
    told = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {before['access_token']}"})
    assert told.status_code == 200


def test_one_algorithms_key_never_signs_or_verifies_for_another(world: World) -> None:
    """RFC 8725 section 3.1: RS256 and PS256 have the same kind of key, but never the same key."""
    given = {algorithm: tokens(world, make_app(world, algorithm)) for algorithm in ("RS256", "PS256")}
    kids = [key["kid"] for key in published(world)]
    assert len(set(kids)) == len(kids)
    [rsa_key] = [key for key in published(world) if key["alg"] == "RS256"]
    other = jwk.KeySet.import_key_set({"keys": [{**rsa_key, "alg": "PS256", "kid": kid} for kid in kids]})
    with pytest.raises(BadSignatureError):
        jwt.decode(given["PS256"]["id_token"], other, algorithms=["PS256"])


@each_algorithm
def test_a_retired_key_verifies_in_its_overlap(algorithm: str, world: World) -> None:
    app = make_app(world, algorithm)
    token = tokens(world, app)["access_token"]
    replace_key(algorithm, tenant=None, overlap=timedelta(minutes=5), now=world.clock())
    headers = {"Authorization": f"Bearer {token}"}
    assert world.http.get("/connect/userinfo", headers=headers).status_code == 200
    world.pass_time(minutes=6)
    assert world.http.get("/connect/userinfo", headers=headers).status_code == 401


@each_algorithm
def test_the_other_endpoints_stay_with_their_documents(algorithm: str, world: World) -> None:
    wire = world.sign_in(AMS_AUTH).by(make_app(world, algorithm))
    header = wire.send(world.http).json()["access_token"].partition(".")[0]
    assert base64.urlsafe_b64decode(header + "==") == b'{"alg":"HS256","typ":"JWT"}'


def test_all_clients_of_an_algorithm_share_its_key(world: World) -> None:
    tokens(world, make_app(world, "ES256"))
    tokens(world, world.make_client("second", algorithm="ES256"))
    assert SigningKey.objects.filter(algorithm="ES256", status="active").count() == 1
