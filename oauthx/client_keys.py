"""Finds the public keys of a client: those it was given, or what its address answers. It must not know what for."""

import logging
import threading
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
# No address is asked more often than this, whatever key ids strangers invent.
ASKED_EVERY = timedelta(seconds=30)
# How long a request waits for the one that asks.
_WAIT_SECONDS = 2.0


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
    # In this process's memory, by the registry's number: saving the client lets its address be asked anew.
    fetched = registry.cached(("fetched-client-keys", client.pk), lambda: _FetchedKeys(client))
    return fetched.find(algorithm, key_id, now)


class _FetchedKeys:
    """What the address of one client's keys answered, and when."""

    def __init__(self, client: Client) -> None:
        self._client_id, self._address = client.client_id, client.jwks_uri
        self._asking = threading.Lock()
        self._keys: list[VerifyingKey] = []
        self._asked_at: datetime | None = None
        self._answered_at: datetime | None = None

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
        if not self._asking.acquire(timeout=wait_seconds):
            return
        try:
            if _within(self._asked_at, ASKED_EVERY, now):
                return
            self._asked_at = now
            self._keys, self._answered_at = usable_keys(fetch_json(self._address)), now
        except OutboundError as error:
            logger.warning("no keys from the address of client=%s: %s", self._client_id, error)
        finally:
            self._asking.release()


def _within(moment: datetime | None, duration: timedelta, now: datetime) -> bool:
    """Whether this moment is no longer ago than that; one that lies ahead was noted before the clock was set back."""
    return moment is not None and timedelta(0) <= now - moment < duration
