"""Verifiers: each proves that a person is who he says, or raises. They must not know tokens, clients or wire names."""


class VerificationError(Exception):
    """The proof failed. `reason` is for the history; `counts` says whether it was a wrong password (lockout)."""

    def __init__(self, reason: str, *, counts: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.counts = counts
