"""An authenticator in software, made of fido2's own objects, which answers like a device behind a browser."""

import json
import os
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

Flag = AuthenticatorData.FLAG


@dataclass
class SoftKey:
    """One passkey. What it says can be bent: `origin`, `host`, `flags`, the counter."""

    origin: str = "http://testserver"
    host: str = "testserver"
    flags: int = int(Flag.UP | Flag.UV)
    # What each answer adds to the counter; 0: a device that keeps none.
    counts_by: int = 1
    counter: int = 0
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        public_key = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]  # fido2's
        credential = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public_key)
        made = AuthenticatorData.create(
            sha256(self.host.encode()).digest(), Flag(self.flags | Flag.AT), self._count(), credential
        )
        client_data = self._client_data(CollectedClientData.TYPE.CREATE, options)
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create("none", made, {})),
            "transports": ["internal", "made up"],
        }
        return self._answer(response)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        shown = AuthenticatorData.create(sha256(self.host.encode()).digest(), Flag(self.flags), self._count())
        client_data = self._client_data(CollectedClientData.TYPE.GET, options)
        signature = self._key.sign(shown + client_data.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client_data),
            "authenticatorData": websafe_encode(shown),
            "signature": websafe_encode(signature),
        }
        return self._answer(response)

    def _client_data(self, kind: Any, options: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, options["challenge"], self.origin)

    def _count(self) -> int:
        self.counter += self.counts_by
        return self.counter

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}


def too_long_an_id() -> SoftKey:
    """A credential id beyond what may be made."""
    return SoftKey(credential_id=struct.pack(">H", 1) * 600)


def sent(answer: dict[str, Any]) -> str:
    return json.dumps(answer)
