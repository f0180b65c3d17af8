"""Reads JWK Sets of others (RFC 7517), and what in them can verify a signature. It must not know whose they are."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import get_default_algorithms

# Each algorithm that a client may sign with, and which keys it takes. Neither `none` nor a shared secret.
KEY_KINDS = {
    "RS256": "RSA",
    "PS256": "RSA",
    "ES256": "P-256",
    "RS384": "RSA",
    "PS384": "RSA",
    "ES384": "P-384",
    "RS512": "RSA",
    "PS512": "RSA",
    "ES512": "P-521",
}
# Shorter ones are no good any more (RFC 7518 section 3.3); longer ones would only cost time.
_RSA_BITS = range(2048, 8192 + 1)
_MAX_KEYS = 30
# The members of private and symmetric keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
_SECRET_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_READERS = {"RSA": get_default_algorithms()["RS256"], "EC": get_default_algorithms()["ES256"]}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key. `takes`: "RSA" or the curve's name; `key_id` and `algorithm` are None where the set names none."""

    takes: str
    key_id: str | None
    algorithm: str | None
    public: Any = field(repr=False)

    def fits(self, algorithm: str, key_id: str | None) -> bool:
        """Whether a signature of this algorithm, by the key of this id, can be its own."""
        return (
            KEY_KINDS.get(algorithm) == self.takes
            and self.algorithm in {None, algorithm}
            and key_id in {None, self.key_id}
        )


def usable_keys(document: object) -> list[VerifyingKey]:
    """The keys of this JWK Set that can verify signatures; others are ignored (RFC 7517 section 5)."""
    return [key for jwk in _keys_of(document)[:_MAX_KEYS] if (key := _read_key(jwk)) is not None]


def reveals_a_secret(document: object) -> bool:
    """Whether a key of this set is a shared secret, or shows its private half."""
    return any(isinstance(jwk, dict) and not _SECRET_MEMBERS.isdisjoint(jwk) for jwk in _keys_of(document))


def _keys_of(document: object) -> list[object]:
    keys = document.get("keys") if isinstance(document, dict) else None
    return keys if isinstance(keys, list) else []


def _read_key(jwk: object) -> VerifyingKey | None:
    # A key whose private half anybody can read proves nothing.
    if not isinstance(jwk, dict) or not _SECRET_MEMBERS.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        return None
    kid, algorithm = jwk.get("kid"), jwk.get("alg")
    if not isinstance(kid, str | None) or not isinstance(algorithm, str | None):
        return None
    try:
        public = _READERS[jwk["kty"]].from_jwk(jwk)
    except (PyJWTError, UnsupportedAlgorithm, KeyError, TypeError, ValueError, AttributeError):
        return None
    takes = _kind_of(public)
    return None if takes is None else VerifyingKey(takes, kid, algorithm, public)


def _kind_of(public: object) -> str | None:
    if isinstance(public, RSAPublicKey) and public.key_size in _RSA_BITS:
        return "RSA"
    if isinstance(public, EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(public.curve.name)
    return None
