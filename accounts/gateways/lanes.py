"""Keeps what is slow outside from holding everyone up inside. It must not know what is called.

Each tenant has its own few lanes in this process, and all tenants together not many more: when vendors or directories
hang, their own sign-ins wait or are sent away, and most threads go on serving.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# At most so many calls of one tenant's are under way at once, of the threads of this process.
LANES = 2
# So many of all tenants together, whomever they ask. Half of the threads that a process has by default.
LANES_OF_ALL = 4
# So many threads of this process wait for a lane at the most; whoever comes then is sent away at once.
WAITING = 2
# How long a call waits for a free lane before it is sent away: as long as one operation outside may take.
WAIT_SECONDS = 3.0

_ALL = "outside"
_guard = threading.Lock()
_waiting = threading.BoundedSemaphore(WAITING)


class _Lanes:
    """The lanes of one name, and when one of them was last taken or left."""

    def __init__(self, width: int) -> None:
        self.free = threading.BoundedSemaphore(width)
        self.moved_at = time.monotonic()


_lanes: dict[str, _Lanes] = {}


class GatewayBusyError(Exception):
    """All lanes of this gateway are taken: temporarily unavailable."""


@contextmanager
def outside(name: str) -> Iterator[None]:
    """Hold a lane of this name ("directory:3", of tenant 3) and one of all, for a call that a request waits for.

    Raises:
        GatewayBusyError: none became free in time, or enough threads wait already.
    """
    with lane(name, places=_waiting), lane(_ALL, width=LANES_OF_ALL, places=_waiting):
        yield


@contextmanager
def lane(
    name: str, *, width: int = LANES, wait_seconds: float = WAIT_SECONDS, places: threading.Semaphore | None = None
) -> Iterator[None]:
    """Hold one of the lanes of this name ("sms:7") for the block. All callers give one `width`.

    Nobody waits for lanes in which nothing has moved for so long: what is outside hangs. With `places`, waiting takes
    one of them.

    Raises:
        GatewayBusyError: none became free in time, or there is no place to wait.
    """
    with _guard:
        lanes = _lanes.get(name) or _lanes.setdefault(name, _Lanes(width))
    if not lanes.free.acquire(blocking=False):
        _wait(lanes, wait_seconds, places)
    lanes.moved_at = time.monotonic()
    try:
        yield
    finally:
        lanes.moved_at = time.monotonic()
        lanes.free.release()


def _wait(lanes: _Lanes, wait_seconds: float, places: threading.Semaphore | None) -> None:
    with ExitStack() as place:
        if places is not None:
            if not places.acquire(blocking=False):
                raise GatewayBusyError
            place.callback(places.release)
        hangs = time.monotonic() - lanes.moved_at > wait_seconds
        if hangs or not lanes.free.acquire(timeout=wait_seconds):
            raise GatewayBusyError
