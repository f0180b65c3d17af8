"""One row of the bad-input table."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.wire import Endpoint, Wire
from tests.contract.world import World

Damage = Callable[[Wire, World], Wire]


@dataclass(frozen=True, slots=True)
class Row:
    """How to damage a good request, and what must come of it.

    Attributes:
        audited: the one reason in the login history; None when no event may be written.
        only: "blade" for the four `/oauth/token` endpoints, "connect" for the other, "" for all.
    """

    id: str
    damage: Damage
    status: int
    error: str
    audited: str | None
    only: str = ""

    def concerns(self, endpoint: Endpoint) -> bool:
        return self.only in {"", "connect" if endpoint.standard else "blade"}
