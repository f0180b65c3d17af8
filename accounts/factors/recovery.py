"""Recovery codes, for the day on which the other factors are out of reach. It must not know pages."""

import hashlib
import secrets
from datetime import datetime

from accounts.factors import Proof, unless_locked
from accounts.models import RecoveryCode
from accounts.verifiers import VerificationError
from tenants.sql import Statement, sql_time

NUMBER = 10
# Without what is read for another: 0 and o, 1, i and l. Sixteen of them are 79 random bits, which nobody can guess, so
# a fast digest will do, as for generated secrets of clients.
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH, _GROUP = 16, 4


def renew_codes(user_id: int, now: datetime) -> list[str]:
    """New codes in place of all that the person had: to be shown this once, since only digests are kept."""
    RecoveryCode.objects.filter(user_id=user_id).delete()
    codes = ["".join(secrets.choice(_SIGNS) for _sign in range(_LENGTH)) for _code in range(NUMBER)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, code_hash=_digest(user_id, code), created_at=now) for code in codes
    )
    return ["-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes]


def check_code(user_id: int, code: str, now: datetime) -> Proof:
    """The proof that this code is, however its groups are parted.

    Raises:
        VerificationError: recovery_code_rejected, recovery_code_used.
    """
    digest = _digest(user_id, "".join(sign for sign in code.lower() if sign.isalnum()))
    stored = RecoveryCode.objects.filter(user_id=user_id, code_hash=digest).first()
    if stored is None:
        raise VerificationError("recovery_code_rejected", counts=True)
    if stored.used_at is not None:
        raise VerificationError("recovery_code_used", counts=True)
    condition, params = unless_locked(user_id, sql_time(now))
    guard = Statement(
        f"UPDATE accounts_recoverycode SET used_at = %s WHERE id = %s AND used_at IS NULL AND {condition} RETURNING id",  # noqa: S608 - our own text
        (sql_time(now), stored.pk, *params),
    )
    return Proof(name="recovery_code", amr="otp", guard=guard, why_lost="recovery_code_used")


def codes_left(user_id: int) -> int:
    """How many codes the person can still use."""
    return RecoveryCode.objects.filter(user_id=user_id, used_at=None).count()


def _digest(user_id: int, code: str) -> str:
    return hashlib.sha256(f"{user_id} {code}".encode(errors="replace")).hexdigest()
