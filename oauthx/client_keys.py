"""Finds the public keys of a client: those it was given, or what its address answers. It must not know what for."""

import logging
import threading
from collections import deque
from datetime import datetime, timedelta

from accounts.outbound import OutboundError, fetch_json
from oauthx.key_sets import VerifyingKey, usable_keys
from oauthx.models import Client
from tenants import registry

logger = logging.getLogger(__name__)

# So long after an answer, an address is asked again: a key that was taken out is good for no longer than that.
FRESH_FOR = timedelta(minutes=5)
# So long its last answer still counts while it gives no other.
KEPT_FOR = timedelta(hours=1)
# No address is asked more often than so many times in so long, whatever key ids strangers invent. Twice, so that a
# client that has just been asked can change its key.
ASKED_AT_MOST = 2
ASKED_WITHIN = timedelta(seconds=30)
# Bounds the memory of a process; past it, the client that has been known for longest is asked anew.
MAX_CLIENTS = 1000
# So far may requests that are under way together differ in when they came.
_AT_ONCE = timedelta(seconds=30)
# How long a request waits for the one that asks.
_WAIT_SECONDS = 2.0

_lock = threading.Lock()
_by_client: dict[int, "_FetchedKeys"] = {}


class KeysUnavailableError(Exception):
    """The address of the client's keys has given none for a while."""


def find_keys(client: Client, algorithm: str, key_id: str | None, now: datetime) -> list[VerifyingKey]:
    """The keys of this client that a signature of this algorithm and key id may be made with.

    Raises:
        KeysUnavailableError: its address gives none. What was wrong stands in the log.
    """
    if not client.jwks_uri:
        keys = registry.cached(("client-keys", client.pk), lambda: usable_keys(client.jwks))
        return [key for key in keys if key.fits(algorithm, key_id)]
    return _fetched_keys(client).find(algorithm, key_id, now)


def _fetched_keys(client: Client) -> "_FetchedKeys":
    """What this process knows of the client's address. Saving that client, and nothing else, lets it be asked anew.

    So not in the registry's memory, which every saved tenant or client empties: that would lose the last keys of an
    address that is down, and when it was asked.
    """
    with _lock:
        fetched = _by_client.get(client.pk)
        if fetched is None or not fetched.is_of(client):
            _by_client.pop(client.pk, None)
            while len(_by_client) >= MAX_CLIENTS:
                del _by_client[next(iter(_by_client))]
            fetched = _by_client[client.pk] = _FetchedKeys(client)
        return fetched


class _FetchedKeys:
    """What the address of one client's keys answered, and when."""

    def __init__(self, client: Client) -> None:
        self._client_id, self._address, self._saved_at = client.client_id, client.jwks_uri, client.updated
        self._asking = threading.Lock()
        self._keys: list[VerifyingKey] = []
        self._asked: deque[datetime] = deque(maxlen=ASKED_AT_MOST)
        self._answers = 0
        self._answered_at: datetime | None = None

    def is_of(self, client: Client) -> bool:
        return (self._address, self._saved_at) == (client.jwks_uri, client.updated)

    def find(self, algorithm: str, key_id: str | None, now: datetime) -> list[VerifyingKey]:
        fitting = self._fitting(algorithm, key_id)
        if not fitting or not _within(self._answered_at, FRESH_FOR, now):
            # Who has a key goes on with it, while another request asks for newer ones.
            self._ask(now, wait_seconds=0.0 if fitting else _WAIT_SECONDS)
            fitting = self._fitting(algorithm, key_id)
        if not _within(self._answered_at, KEPT_FOR, now):
            raise KeysUnavailableError
        return fitting

    def _fitting(self, algorithm: str, key_id: str | None) -> list[VerifyingKey]:
        return [key for key in self._keys if key.fits(algorithm, key_id)]

    def _ask(self, now: datetime, wait_seconds: float) -> None:
        answers_before = self._answers
        if not self._asking.acquire(timeout=wait_seconds):
            return
        try:
            # Unless whoever was first has just got an answer.
            if self._answers == answers_before and not self._has_asked_enough(now):
                self._fetch(now)
        finally:
            self._asking.release()

    def _has_asked_enough(self, now: datetime) -> bool:
        return len(self._asked) == ASKED_AT_MOST and _within(self._asked[0], ASKED_WITHIN, now)

    def _fetch(self, now: datetime) -> None:
        self._asked.append(now)
        try:
            self._keys, self._answered_at = usable_keys(fetch_json(self._address)), now
        except OutboundError as error:
            logger.warning("no keys from the address of client=%s: %s", self._client_id, error)
        finally:
            self._answers += 1


def _within(moment: datetime | None, duration: timedelta, now: datetime) -> bool:
    """Whether this moment is no longer ago than that.

    Of requests at once, one that came a little later may have noted it; one that lies further ahead was noted before
    the clock was set back.
    """
    return moment is not None and -_AT_ONCE <= now - moment < duration
