"""Reads tokens as an application or a resource server would: by the published keys alone.

It must not know how tokens are made.
"""

from typing import Any

from joserfc import jwk, jwt

from tests.contract.wire import CONNECT, Credentials
from tests.contract.world import World

ALGORITHMS = ["RS256", "PS256", "ES256"]
USERINFO = "/connect/userinfo"


def verified(world: World, token: str) -> jwt.Token:
    """The token's header and claims, once its signature holds by a key of the JWKS."""
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    return jwt.decode(token, keys, algorithms=ALGORITHMS)


def claims_of(world: World, token: str) -> dict[str, Any]:
    """The verified claims."""
    claims: dict[str, Any] = verified(world, token).claims
    return claims


def tampered(token: str) -> str:
    """The same JWT with another letter in the middle of its claims."""
    head, claims, signature = token.split(".")
    middle = len(claims) // 2
    letter = "A" if claims[middle] != "A" else "B"
    return f"{head}.{claims[:middle]}{letter}{claims[middle + 1 :]}.{signature}"


def own_token(world: World, client: Credentials | None = None, **params: object) -> str:
    """An access token of the client itself."""
    wire = CONNECT.request(client or world.app, grant_type="client_credentials", **params)
    return str(wire.send(world.http).json()["access_token"])


def ask_userinfo(world: World, token: str) -> Any:
    """What a resource of ours answers to the bearer of this token."""
    return world.http.get(USERINFO, headers={"Authorization": f"Bearer {token}"})


def metadata_of(world: World) -> dict[str, Any]:
    """The discovery document."""
    said: dict[str, Any] = world.http.get("/.well-known/openid-configuration").json()
    return said
