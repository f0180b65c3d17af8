"""Signs and verifies JWTs with the keys of the database. It must not know which claims a token carries."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes, token_hex
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from django.db import IntegrityError, transaction
from django.db.models import Q
from jwt.algorithms import Algorithm, HMACAlgorithm, get_default_algorithms
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from oauthx.models import Client, SigningKey
from tenants import registry
from tenants.changes import collecting, note
from tenants.models import Tenant

RSA_BITS = 2048
# How long whoever fetched the public keys may go on with what he has.
JWKS_MAX_AGE_SECONDS = 300
MIN_SECRET_BYTES = 32

Status = SigningKey.Status


class CompactEncoder(json.JSONEncoder):
    """JSON as the documents' tokens hold it: Chinese stays as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"ensure_ascii": False})


class _ImportedHMAC(HMACAlgorithm):
    """HMAC for secrets that were imported: shorter ones than RFC 7518 section 3.2 wants are taken as they are."""

    def check_key_length(self, key: bytes) -> str | None:  # noqa: ARG002 - the point
        return None


class SigningBackend(TokenBackend):
    """simplejwt's backend for one parsed key, with headers, and verification at a given moment."""

    def __init__(self, key: "ParsedKey") -> None:
        super().__init__(key.algorithm, signing_key="")
        self.key = key
        self._jws = jwt.PyJWS(options={"enforce_minimum_key_length": not key.is_imported})
        if key.is_imported and key.algorithm == "HS256":
            self._jws.unregister_algorithm("HS256")
            self._jws.register_algorithm("HS256", _ImportedHMAC(HMACAlgorithm.SHA256))

    def encode(self, payload: dict[str, Any], headers: dict[str, Any] | None = None) -> str:
        """Sign these claims, in their order; the header is sorted, as the documents' is."""
        body = json.dumps(payload, cls=CompactEncoder, separators=(",", ":")).encode()
        return self._jws.encode(body, self.key.private, algorithm=self.algorithm, headers=headers)

    def decode(self, token: Any, verify: bool = True, now: datetime | None = None) -> dict[str, Any]:
        """The claims, if the signature is this key's and `exp` lies ahead.

        Raises:
            TokenBackendError: malformed, or signed by another key; TokenBackendExpiredToken: its time is over.
        """
        try:
            decoded = self._jws.decode(
                token, self.key.public, algorithms=[self.algorithm], options={"verify_signature": verify}
            )
            claims = json.loads(decoded)
        except (jwt.InvalidTokenError, ValueError) as error:
            raise TokenBackendError("Token is invalid") from error
        if not isinstance(claims, dict) or not isinstance(claims.get("exp"), int):
            raise TokenBackendError("Token is invalid")
        moment = now or datetime.now().astimezone()
        if claims["exp"] <= moment.timestamp():
            raise TokenBackendExpiredToken("Token is expired")
        return claims


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A key ready for use: parsing a PEM costs a hundred times what a signature does."""

    kid: str
    algorithm: str
    is_imported: bool
    verifies_until: datetime | None
    private: Any = field(repr=False)
    public: Any = field(repr=False)

    def verifies(self, now: datetime) -> bool:
        return self.verifies_until is None or now < self.verifies_until


def signing_backend(algorithm: str, tenant: Tenant | None) -> SigningBackend:
    """The backend of the active key: the tenant's own, else the installation's, which is made at first need."""
    tenant_id = _key_owner(algorithm, tenant)
    return registry.cached(("signing", algorithm, tenant_id), lambda: _load_active(algorithm, tenant_id))


def verifying_backends(algorithm: str, tenant: Tenant | None, now: datetime) -> list[SigningBackend]:
    """The backends of all keys that a token of this tenant may be signed with: active, next, retired in its overlap."""
    tenant_id = _key_owner(algorithm, tenant)
    backends: list[SigningBackend] = registry.cached(
        ("verifying", algorithm, tenant_id), lambda: [SigningBackend(parse(key)) for key in _keys(algorithm, tenant_id)]
    )
    return [backend for backend in backends if backend.key.verifies(now)]


def published_keys(now: datetime) -> list[dict[str, Any]]:
    """The public halves of the installation's asymmetric keys, as JWKs (RFC 7517), next and retired ones included."""
    keys: list[SigningKey] = registry.cached(
        # The active ones first ("active" < "next" < "retired").
        "published-keys",
        lambda: list(SigningKey.objects.filter(tenant=None).exclude(public_jwk=None).order_by("status", "-pk")),
    )
    return [
        key.public_jwk
        for key in keys
        if key.public_jwk is not None and (key.verifies_until is None or now < key.verifies_until)
    ]


def create_key(
    algorithm: str, *, tenant: Tenant | None = None, secret: bytes | None = None, status: str = Status.ACTIVE
) -> SigningKey:
    """Store a new key: generated, or with `secret` the imported HS256 secret.

    Raises:
        IntegrityError: one is active already.
    """
    key = SigningKey(kid=token_hex(8), algorithm=algorithm, tenant=tenant, status=status, is_imported=bool(secret))
    if algorithm == "HS256":
        key.set_private_part(secret or token_bytes(MIN_SECRET_BYTES).hex().encode())
    else:
        private = _generate_pair(algorithm)
        key.set_private_part(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        key.public_jwk = _public_jwk(key, private)
    with transaction.atomic():
        key.save()
    return key


def replace_key(
    algorithm: str, *, tenant: Tenant | None, overlap: timedelta, now: datetime, secret: bytes | None = None
) -> SigningKey:
    """Make a new key the active one; the old goes on verifying for the overlap, so that its tokens run out in peace.

    The new key is the announced one, if there is one. Of an asymmetric algorithm the next one is announced.
    """
    with transaction.atomic(), collecting():
        keys = SigningKey.objects.select_for_update().filter(algorithm=algorithm, tenant=tenant)
        # Read first: the locks make a second rotation wait for the first.
        ids = [key.pk for key in keys.filter(status=Status.ACTIVE)]
        announced = keys.filter(status=Status.NEXT).first()
        note(SigningKey.objects.filter(pk__in=ids))
        SigningKey.objects.filter(pk__in=ids).update(status=Status.RETIRED, verifies_until=now + overlap)
        if announced is None:
            key = create_key(algorithm, tenant=tenant, secret=secret)
        else:
            key = announced
            key.status = Status.ACTIVE
            key.save()
        if algorithm != "HS256":
            announce_key(algorithm)
        return key


def discard_keys(algorithm: str, *, tenant: Tenant | None) -> SigningKey:
    """Make a new key the active one and delete all others of its kind, the announced one too: they may have leaked.

    Of an asymmetric algorithm the next one is announced.
    """
    with transaction.atomic():
        keys = SigningKey.objects.select_for_update().filter(algorithm=algorithm, tenant=tenant)
        for key in keys:
            key.delete()
        key = create_key(algorithm, tenant=tenant)
        if algorithm != "HS256":
            announce_key(algorithm)
        return key


def announced_key(algorithm: str) -> SigningKey | None:
    """The installation's next key: published so that everyone knows it before it signs."""
    return SigningKey.objects.filter(algorithm=algorithm, tenant=None, status=Status.NEXT).first()


def announce_key(algorithm: str) -> SigningKey:
    """The next key of an asymmetric algorithm, made if there is none yet."""
    key = announced_key(algorithm)
    if key is None:
        try:
            key = create_key(algorithm, status=Status.NEXT)
        except IntegrityError:  # another process was first
            key = SigningKey.objects.get(algorithm=algorithm, tenant=None, status=Status.NEXT)
    return key


def ensure_keys_of_client(sender: type[Client], instance: Client, **_signal: Any) -> None:  # noqa: ARG001 - a signal
    """Publish the keys that this client's tokens will be signed with, before the first of them is."""
    for algorithm in {instance.algorithm, instance.userinfo_algorithm} - {"", "RS256"}:
        _ensure(algorithm)
        announce_key(algorithm)


def ensure_keys() -> None:
    """Make what an installation signs with, and announce what it will sign with next: called at each start."""
    for algorithm in ("HS256", "RS256"):
        _ensure(algorithm)
    asymmetric = SigningKey.objects.filter(tenant=None, status=Status.ACTIVE).exclude(algorithm="HS256")
    for algorithm in asymmetric.values_list("algorithm", flat=True):
        announce_key(algorithm)


def parse(key: SigningKey) -> ParsedKey:
    """Decrypt and parse."""
    secret = key.private_part()
    private: Any = secret
    public: Any = secret
    if key.algorithm != "HS256":
        private = serialization.load_pem_private_key(secret, password=None)
        public = private.public_key()
    return ParsedKey(
        kid=key.kid,
        algorithm=key.algorithm,
        is_imported=key.is_imported,
        verifies_until=key.verifies_until,
        private=private,
        public=public,
    )


def _key_owner(algorithm: str, tenant: Tenant | None) -> int | None:
    """Whose keys may come first: a tenant has its own for HS256 alone, the rest are published for all."""
    return tenant.pk if tenant is not None and algorithm == "HS256" else None


def _keys(algorithm: str, tenant_id: int | None) -> list[SigningKey]:
    mine = Q(tenant=None) | Q(tenant_id=tenant_id) if tenant_id is not None else Q(tenant=None)
    return list(SigningKey.objects.filter(mine, algorithm=algorithm))


def _load_active(algorithm: str, tenant_id: int | None) -> SigningBackend:
    active = [key for key in _keys(algorithm, tenant_id) if key.status == Status.ACTIVE]
    if not active:
        active = [_ensure(algorithm)]
    # A tenant's own key comes before the installation's.
    key = min(active, key=lambda key: key.tenant_id is None)
    return SigningBackend(parse(key))


def _ensure(algorithm: str) -> SigningKey:
    installation = SigningKey.objects.filter(algorithm=algorithm, tenant=None, status=Status.ACTIVE)
    key = installation.first()
    if key is None:
        try:
            key = create_key(algorithm)
        except IntegrityError:  # another process was first
            key = installation.get()
    return key


def _generate_pair(algorithm: str) -> PrivateKeyTypes:
    if algorithm in {"RS256", "PS256"}:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def _public_jwk(key: SigningKey, private: Any) -> dict[str, Any]:
    algorithm: Algorithm = get_default_algorithms()[key.algorithm]
    jwk: dict[str, Any] = algorithm.to_jwk(private.public_key(), as_dict=True)
    jwk.pop("key_ops", None)  # RFC 7517 section 4.3: "use" and "key_ops" should not be used together
    return {**jwk, "kid": key.kid, "alg": key.algorithm, "use": "sig"}
