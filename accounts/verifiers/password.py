"""Proves a person by his password, plain or as MD5. It must not know tokens or wire names."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from django.contrib.auth.hashers import get_hasher, is_password_usable

from accounts.hashers import Argon2idMD5SHA1PasswordHasher, md5_hex
from accounts.people import LookUp, Person
from accounts.verifiers import VerificationError

# A hash that no known password matches, at the cost of a real one (a test holds the two costs together).
_NOBODYS_PASSWORD = (
    "argon2id_sha1_md5$argon2id$v=19$m=19456,t=2,p=1$dDRGRXBvSzY5NmFIUTRNOXd5Z1BGSg"  # noqa: S105 - nobody's
    "$NQoTwbGO+OEOD24tis2xdeKf5Gs/D8rj0Q642hThZNY"
)


@dataclass(frozen=True, slots=True)
class PresentedPassword:
    """A password as it was presented. `plain` is None where only its MD5 was sent."""

    md5: str = field(repr=False)
    plain: str | None = field(default=None, repr=False)

    @classmethod
    def from_plain(cls, plain: str) -> "PresentedPassword":
        return cls(md5=md5_hex(plain), plain=plain)

    @classmethod
    def from_md5(cls, md5: str) -> "PresentedPassword":
        """From `md5(plain)` in hex, any case."""
        return cls(md5=md5.lower())


def verify_password(found: LookUp, presented: PresentedPassword, now: datetime) -> Person:
    """The person whose password this is.

    One Argon2id is computed whatever the outcome: an unknown account, one without a password and a locked one cost what
    a wrong password costs.

    Raises:
        VerificationError: unknown_user, credentials_rejected, account_locked, account_disabled.
    """
    person = found.person
    has_password = person is not None and is_password_usable(person.password)
    encoded = person.password if person is not None and has_password else _NOBODYS_PASSWORD
    matches = _hasher().verify_md5(presented.md5, encoded)
    if found.is_locked(now):
        raise VerificationError("account_locked")
    if person is None:
        raise VerificationError("unknown_user", counts=True)
    if not (matches and has_password):
        raise VerificationError("credentials_rejected", counts=True)
    if not person.is_active:
        raise VerificationError("account_disabled")
    return person


def _hasher() -> Argon2idMD5SHA1PasswordHasher:
    return cast("Argon2idMD5SHA1PasswordHasher", get_hasher("argon2id_sha1_md5"))
