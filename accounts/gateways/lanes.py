"""Keeps what is slow outside from holding everyone up inside. It must not know what is called.

Each tenant's gateway has its own few lanes in this process: when a vendor or directory hangs, its own sign-ins wait or
are sent away, and all other threads go on serving.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# At most so many calls of one tenant's gateway are under way at once, of the threads of this process.
LANES = 2
# How long a call waits for a free lane before it is sent away.
WAIT_SECONDS = 0.5

_guard = threading.Lock()


class _Lanes:
    """The lanes of one name, and when one of them was last taken or left."""

    def __init__(self, width: int) -> None:
        self.free = threading.BoundedSemaphore(width)
        self.moved_at = time.monotonic()


_lanes: dict[str, _Lanes] = {}


class GatewayBusyError(Exception):
    """All lanes of this gateway are taken: temporarily unavailable."""


@contextmanager
def lane(name: str, *, width: int = LANES, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold one of the lanes of this name ("sms:7", "directory:3") for the block. All callers give one `width`.

    Nobody waits for lanes in which nothing has moved for so long: what is outside hangs.

    Raises:
        GatewayBusyError: none became free in time.
    """
    with _guard:
        lanes = _lanes.get(name) or _lanes.setdefault(name, _Lanes(width))
    if not lanes.free.acquire(blocking=False):
        hangs = time.monotonic() - lanes.moved_at > wait_seconds
        if hangs or not lanes.free.acquire(timeout=wait_seconds):
            raise GatewayBusyError
    lanes.moved_at = time.monotonic()
    try:
        yield
    finally:
        lanes.moved_at = time.monotonic()
        lanes.free.release()
