"""OpenID Connect Core section 5.3.2: userinfo as a signed JWT, for clients that want it so."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from tests.contract.wire import CONNECT, Credentials
from tests.contract.world import World

PATH = "/connect/userinfo"
each_algorithm = pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])


def ask(world: World, app: Credentials, scope: str = "openid profile") -> Any:
    token = world.sign_in(CONNECT, scope=scope).by(app).send(world.http).json()["access_token"]
    return world.http.get(PATH, headers={"Authorization": f"Bearer {token}"})


@each_algorithm
@pytest.mark.must("OpenID Connect Core", "5.3.2", "a signed answer has the content type application/jwt")
def test_is_a_jwt_of_the_algorithm_with_iss_and_aud(algorithm: str, world: World) -> None:
    app = world.make_client("signed", userinfo_algorithm=algorithm)
    response = ask(world, app)
    assert response["Content-Type"] == "application/jwt"
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    published = world.http.get("/.well-known/openid-configuration/jwks").json()["keys"]
    keys = jwk.KeySet.import_key_set({"keys": [key for key in published if key["alg"] == algorithm]})
    token = jwt.decode(response.content.decode(), keys, algorithms=[algorithm])
    claims = token.claims
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("http://testserver", "signed", str(world.admin.pk))
    assert (claims["name"], claims["preferred_username"]) == ("admin", "admin")


@pytest.mark.must("OpenID Connect Core", "5.3.2", "the claims of a signed answer are those of the plain one")
def test_says_what_the_json_says(world: World) -> None:
    plain = ask(world, world.make_client("plain")).json()
    signed = ask(world, world.make_client("signed", userinfo_algorithm="RS256")).content.decode()
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    claims = jwt.decode(signed, keys, algorithms=["RS256"]).claims
    assert {name: value for name, value in claims.items() if name not in {"iss", "aud"}} == plain


def test_cannot_be_taken_for_another_kind_of_token(world: World) -> None:
    """Without `exp` it is no ID token (section 2), and as a bearer token it is unknown."""
    signed = ask(world, world.make_client("signed", userinfo_algorithm="RS256")).content.decode()
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    assert "exp" not in jwt.decode(signed, keys, algorithms=["RS256"]).claims
    assert world.http.get(PATH, headers={"Authorization": f"Bearer {signed}"}).status_code == 401


def test_a_refusal_is_json(world: World) -> None:
    refused = ask(world, world.make_client("signed", userinfo_algorithm="RS256"), scope="profile")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/json")
    assert refused.json()["error"] == "insufficient_scope"
