"""Second factors: what a person shows besides his password. It must not know pages, tokens or clients."""

from dataclasses import dataclass

from tenants.sql import Statement

# What a session says of a proof by two factors, beside how each was shown (RFC 8176).
MFA = "mfa"


@dataclass(frozen=True, slots=True)
class Proof:
    """A factor that was checked and is right, as far as a look at the database tells.

    Attributes:
        name: what the history calls it.
        amr: in the words of RFC 8176.
        guard: uses it up; returns a row for exactly one of those who show it at once, and for nobody who is locked.
        why_lost: the reason for the history where it returns none.
    """

    name: str
    amr: str
    guard: Statement
    why_lost: str


def unless_locked(user_id: int, now: object) -> tuple[str, tuple[object, ...]]:
    """A condition that no lock of the person's account stands, with its parameters; `now` as a raw statement takes it.

    Of codes that are guessed at once, none is rewarded after the one that locked the account.
    """
    condition = (
        "NOT EXISTS (SELECT 1 FROM accounts_user u JOIN accounts_lockout l ON l.tenant_id = u.tenant_id"
        " AND l.account = u.account AND NOT l.at_directory WHERE u.id = %s AND l.locked_until > %s)"
    )
    return condition, (user_id, now)
