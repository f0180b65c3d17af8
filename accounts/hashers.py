"""Password hashers: one for people, two for client secrets. It must not know users or clients.

A person's row holds `argon2id(sha1hex(md5hex(plain)))`: `sha1(md5)` is what BladeX databases hold, so an imported hash
is wrapped at once, and a plain password and its MD5 verify against the same row (docs/decisions/0001-passwords.md).
"""

import hashlib
import secrets
import threading
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_noop as _


# Argon2 runs outside the GIL: bounded, so that a burst of logins leaves processors for token traffic.
@cache
def _hashing_slots() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(settings.PASSWORD_HASHING_THREADS)


def md5_hex(plain: str) -> str:
    """What an app of the documents sends in place of the plain password (32 lower-case hex digits)."""
    return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()


def sha1_hex(md5: str) -> str:
    """What a BladeX database holds for such a password (40 lower-case hex digits)."""
    return hashlib.sha1(md5.encode(), usedforsecurity=False).hexdigest()


class _BoundedArgon2idHasher(Argon2PasswordHasher):
    """Argon2id at OWASP's floor: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _hashing_slots():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _hashing_slots():
            return super().verify(password, encoded)


class Argon2idMD5SHA1PasswordHasher(_BoundedArgon2idHasher):
    """`argon2id(sha1hex(md5hex(plain)))`. Django's own calls pass the plain password; the others say what they pass."""

    algorithm = "argon2id_sha1_md5"

    def encode(self, password: str, salt: str) -> str:
        return self.encode_sha1(sha1_hex(md5_hex(password)), salt)

    def verify(self, password: str, encoded: str) -> bool:
        return self.verify_md5(md5_hex(password), encoded)

    def encode_sha1(self, sha1: str, salt: str | None = None) -> str:
        """Wrap a hash imported from a BladeX database (40 hex digits, any case)."""
        return super().encode(sha1.lower(), salt or self.salt())

    def verify_sha1(self, sha1: str, encoded: str) -> bool:
        """Whether the row holds the password of this BladeX hash (40 hex digits, any case)."""
        return super().verify(sha1.lower(), encoded)

    def verify_md5(self, md5: str, encoded: str) -> bool:
        """Whether this is the MD5 (hex, any case) of the password that the row holds."""
        return super().verify(sha1_hex(md5.lower()), encoded)


class ChosenSecretHasher(_BoundedArgon2idHasher):
    """For client secrets that a person chose or that were imported: slow, since they can be guessed."""

    algorithm = "chosen_secret"


class GeneratedSecretHasher(BasePasswordHasher):
    """For client secrets of 256 random bits: one salted SHA-256, since nobody can guess them."""

    algorithm = "generated_secret"
    BYTES: ClassVar = 32

    @classmethod
    def generate(cls) -> str:
        """A new secret of 256 bits, in 43 URL-safe characters."""
        return secrets.token_urlsafe(cls.BYTES)

    def encode(self, password: str, salt: str) -> str:
        digest = hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, str]:
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        return {_("algorithm"): self.decode(encoded)["algorithm"]}

    def must_update(self, encoded: str) -> bool:  # noqa: ARG002 - the interface
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: only 256-bit secrets come here."""
