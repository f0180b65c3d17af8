"""Remembers which servers failed a moment ago, so that nobody waits for them again so soon. It must not know any.

Kept in this process: each finds out for itself, which costs it one wait.
"""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

# How long a server that failed is left alone.
BENCH_SECONDS = 30.0


@dataclass(slots=True)
class _Place:
    until: float
    reason: str
    # Until when not even that one caller tries it.
    rests_until: float
    is_being_tried: bool = False


class Benches:
    """Servers by any key. `clock` is in seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._places: dict[Hashable, _Place] = {}

    def claim(self, server: Hashable) -> bool:
        """Whether the caller may try this server: one at a time, if its time on the bench is over."""
        with self._guard:
            place = self._places.get(server)
            return place is None or (place.until <= self._clock() and self._take(place))

    def claim_one_of(self, servers: Sequence[Hashable]) -> Hashable | None:
        """Where all are benched: the one that sat longest, for one caller at a time; the others get None."""
        with self._guard:
            places = [(place, number) for number, one in enumerate(servers) if (place := self._places.get(one))]
            if any(place.is_being_tried for place, _number in places):
                return None
            now = self._clock()
            ready = [(place.until, number) for place, number in places if place.rests_until <= now]
            if not ready:
                return None
            longest = servers[min(ready)[1]]
            self._take(self._places[longest])
            return longest

    def put(self, server: Hashable, reason: str, *, held_seconds: float = 0.0) -> None:
        """The server failed, after it had held its caller up for so long.

        It holds nobody up again for as long, so that one that is silent takes half of a thread at the most.
        """
        with self._guard:
            now = self._clock()
            self._places[server] = _Place(now + BENCH_SECONDS, reason, now + held_seconds)

    def leave(self, server: Hashable) -> None:
        """The server answered."""
        with self._guard:
            self._places.pop(server, None)

    def reason_of(self, servers: Sequence[Hashable]) -> str:
        """Why the first of these that is benched is; "" if none is."""
        with self._guard:
            return next((place.reason for one in servers if (place := self._places.get(one))), "")

    def forget(self) -> None:
        """Know of no failure any more, as a new process does."""
        with self._guard:
            self._places.clear()

    def _take(self, place: _Place) -> bool:
        if place.is_being_tried:
            return False
        place.is_being_tried = True
        return True
