"""A client that proves itself by a key of its own: it makes assertions with a library that the program does not use."""

import json
import warnings
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, RSAKey

from tests.contract.wire import CONNECT, Credentials, Endpoint, Wire
from tests.contract.world import World, reasons

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "http://testserver"
TOKEN_ENDPOINT = f"{ISSUER}/connect/token"

_ids = count()


@cache
def ec_key(kid: str = "first", curve: str = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid}, private=True)


@cache
def rsa_key(kid: str = "rsa", bits: int = 2048) -> RSAKey:
    with warnings.catch_warnings():
        # Short ones are made to be refused.
        warnings.simplefilter("ignore", SecurityWarning)
        return RSAKey.generate_key(bits, {"kid": kid}, private=True)


def key_set(*keys: Key, **members: str) -> dict[str, Any]:
    """The public halves as a JWK Set, each with these members too."""
    return {"keys": [{**key.as_dict(private=False), **members} for key in keys]}


def sign(key: Key, header: dict[str, Any], payload: bytes) -> str:
    return jws.serialize_compact(header, payload, key, algorithms=[str(header["alg"])])


@dataclass
class KeyHolder:
    """The client and its key. A change to None takes a claim or a header's member out."""

    world: World
    app: Credentials
    key: Key

    def claims(self, **changes: object) -> dict[str, Any]:
        wanted = {
            "iss": self.app[0],
            "sub": self.app[0],
            "aud": ISSUER,
            "jti": f"assertion {next(_ids)}",
            "exp": self.seconds(60),
            **changes,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def assertion(self, key: Key | None = None, header: dict[str, Any] | None = None, /, **changes: object) -> str:
        """A good one, but for what is changed in its header and its claims."""
        key = key or self.key
        whole = {"alg": "ES256", "kid": key.kid, **(header or {})}
        whole = {name: value for name, value in whole.items() if value is not None}
        return sign(key, whole, json.dumps(self.claims(**changes)).encode())

    def headed(self, **header: object) -> str:
        """A good one, but for these members of its header."""
        return self.assertion(None, header)

    def seconds(self, ahead: float) -> float:
        """The moment that is so many seconds ahead, as a NumericDate."""
        return int(self.world.clock().timestamp()) + ahead

    def request(self, assertion: str, endpoint: Endpoint = CONNECT, /, **params: object) -> Wire:
        """A request for tokens of the client itself, unless other parameters say what it is."""
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return endpoint.request(("", ""), **proof, **(params or {"grant_type": "client_credentials"})).by(None)

    def ask(self, assertion: str | None = None, **params: object) -> Any:
        """The answer to such a request."""
        return self.request(assertion or self.assertion(), **params).send(self.world.http)

    def is_refused(self, reason: str, assertion: str | None = None, **params: object) -> bool:
        """Whether this request is refused as section 4.2.1 of RFC 7521 wants it; the history keeps the reason."""
        response = self.ask(assertion, **params)
        assert (response.status_code, response.json()) == (
            401,
            {"error": "invalid_client", "error_description": "Client authentication failed"},
        )
        assert reasons()[-1] == reason
        return True


def make_key_holder(world: World, key: Key | None = None, /, **fields: Any) -> KeyHolder:
    """A client with this key, and no secret that would do."""
    key = key or ec_key()
    wanted = {"authenticates_by": "private_key_jwt", "jwks": key_set(key), "dialects": ["connect"], **fields}
    return KeyHolder(world, world.make_client("holder", **wanted), key)


@pytest.fixture
def holder(world: World) -> KeyHolder:
    return make_key_holder(world)
