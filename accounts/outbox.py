"""Sends what must not hold up its request, in threads of their own. It must not know what is sent, or through whom."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from secrets import SystemRandom

from django.db import connection

logger = logging.getLogger(__name__)

# How many messages of one tenant, and of all together, wait in this process at the most: what is slow outside does not
# fill the memory.
WAITING_OF_A_TENANT = 100
WAITING_OF_ALL = 400
# How long each waits at least and at the most, whether anything goes out or not. Whoever asks for a code and sends his
# next request at once must not feel, by how long that one takes, that this process is at work for a person it knows.
PAUSE_SECONDS = (0.1, 0.6)

_random = SystemRandom()


class Outbox:
    """Where the messages of one kind wait. `name` is what its threads and its lines in the log are called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._guard = threading.Lock()
        self._waiting: Counter[int] = Counter()

    def put(self, tenant_id: int, request_id: str, send: Callable[[], None]) -> bool:
        """Begin to send after a moment, and return at once; False if too many wait, or there is no thread."""
        with self._guard:
            is_full = self._waiting[tenant_id] >= WAITING_OF_A_TENANT or self._waiting.total() >= WAITING_OF_ALL
            self._waiting[tenant_id] += not is_full
        if is_full:
            return False
        try:
            run, arguments = self._run, (tenant_id, request_id, send)
            threading.Thread(target=run, args=arguments, name=self.name, daemon=True).start()
        except RuntimeError:
            self._leave(tenant_id)
            logger.exception("%s found no thread request_id=%s", self.name, request_id)
            return False
        return True

    def _run(self, tenant_id: int, request_id: str, send: Callable[[], None]) -> None:
        time.sleep(_random.uniform(*PAUSE_SECONDS))
        try:
            send()
        except Exception:
            logger.exception("%s could not be sent request_id=%s", self.name, request_id)
        finally:
            self._leave(tenant_id)
            connection.close()

    def _leave(self, tenant_id: int) -> None:
        """Make room for another message of the tenant."""
        with self._guard:
            self._waiting[tenant_id] -= 1
            if not self._waiting[tenant_id]:
                del self._waiting[tenant_id]
