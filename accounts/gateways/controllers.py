"""Which controller of a directory is asked, and for how long: in order, without those that failed a moment ago.

It must not know what is asked.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from django.conf import settings

from accounts.gateways.benches import Benches
from accounts.gateways.directory import Access, Session
from accounts.gateways.directory_route import Budget, ControllerFailedError, DirectoryUnavailableError, Limits
from accounts.gateways.lanes import GatewayBusyError, outside

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What a sign-in may take: to connect, for an operation, for all controllers together.
_SIGN_IN_SECONDS = (3, 3, 8)
# A page of a synchronisation may take long; nobody waits for it at a sign-in page.
SYNCHRONISATION = Limits(connect_seconds=3, operation_seconds=60, total_seconds=4 * 3600)

# By directory, address and authority: whoever mends a setting need not wait.
Seat = tuple[str, str, str]
benches = Benches()


def sign_in_limits() -> Limits:
    """What a sign-in may take. Tests set `HUFU_DIRECTORY_SECONDS` to less."""
    return Limits(*getattr(settings, "HUFU_DIRECTORY_SECONDS", _SIGN_IN_SECONDS))


def ask(access: Access, work: Callable[[Session], T]) -> T:
    """What the first controller that can be asked answers, in the time of a sign-in.

    Another one is asked only when one failed (connection, TLS, silence), never for an answer that one gave.

    Raises:
        DirectoryUnavailableError: none can be asked now. DirectorySetupError, and what `work` raises.
    """
    budget = Budget(sign_in_limits())
    try:
        with outside(access.lane):
            for url in _in_turn(access, budget):
                with _trying(access, url), Session(access, url, budget) as session:
                    return work(session)
    except GatewayBusyError:
        raise DirectoryUnavailableError("directory_busy") from None
    raise _why_not(access)


@contextmanager
def connected(access: Access, on_try: Callable[[], None]) -> Iterator[Session]:
    """A session with the first controller that can be asked, the service account signed in, for a synchronisation.

    `on_try` is called before each controller.

    Raises:
        DirectoryUnavailableError: there is none now. DirectorySetupError: the service account is refused.
    """
    budget = Budget(SYNCHRONISATION)
    for url in _in_turn(access, budget):
        on_try()
        with ExitStack() as kept, _trying(access, url):
            session = kept.enter_context(Session(access, url, budget))
            session.bind_service_account()
            still_open = kept.pop_all()
            break
    else:
        raise _why_not(access)
    with still_open:
        yield session


def _in_turn(access: Access, budget: Budget) -> Iterator[str]:
    """The addresses in the administrator's order, without the benched ones; if all are, the one that sat longest.

    A benched one is tried by one caller at a time, and after a rest: the others are told at once, so that silence holds
    nobody up.
    """
    tried = False
    for url in access.urls:
        if not budget.is_over and benches.claim(_seat(access, url)):
            tried = True
            yield url
    if not tried:
        seats = [_seat(access, url) for url in access.urls]
        longest = benches.claim_one_of(seats)
        if longest is not None:
            yield access.urls[seats.index(longest)]  # type: ignore[arg-type]  # one of these


@contextmanager
def _trying(access: Access, url: str) -> Iterator[None]:
    """Bench the controller if it fails, and let the caller go on to the next one; any answer takes it off the bench."""
    seat, began = _seat(access, url), time.monotonic()
    try:
        yield
    except ControllerFailedError as error:
        waited = time.monotonic() - began if error.reason == "directory_timed_out" else 0.0
        benches.put(seat, error.reason, held_seconds=waited)
        logger.warning("domain controller failed directory=%s url=%s reason=%s", access.name, url, error)
    except BaseException:
        benches.leave(seat)
        raise
    else:
        benches.leave(seat)


def _why_not(access: Access) -> DirectoryUnavailableError:
    """What put the first controller on the bench."""
    reason = benches.reason_of([_seat(access, url) for url in access.urls])
    return DirectoryUnavailableError(reason or "directory_unreachable")


def _seat(access: Access, url: str) -> Seat:
    return access.name, url, access.ca_certificates
