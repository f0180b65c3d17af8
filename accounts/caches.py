"""An in-process cache for challenges that people are still answering. It must not know what a challenge is."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.locmem import LocMemCache


class CacheFullError(Exception):
    """The cache holds as many live entries as it may."""


# What a cache that cannot serve now raises, in the process's memory or at Redis.
CACHE_ERRORS = (CacheFullError, redis.RedisError)


class NonEvictingLocMemCache(LocMemCache):
    """Django's in-process cache, except that a full one refuses new entries instead of evicting live ones.

    Otherwise a stranger who asks for captchas fast enough makes everyone else's wrong. Entries past their time make
    room; with none of those left, storing raises CacheFullError.
    """

    _CULL_PAUSE_SECONDS = 1.0
    # Django's own, which its type stubs leave out.
    _cache: OrderedDict[str, bytes]
    _has_expired: Callable[[str], bool]
    _delete: Callable[[str], bool]

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(name, params)
        self._next_cull = 0.0

    def _cull(self) -> None:
        """Called by LocMemCache, with its lock held, before it stores into a full cache."""
        # A flood must not make every request walk through all entries.
        if time.monotonic() >= self._next_cull:
            self._next_cull = time.monotonic() + self._CULL_PAUSE_SECONDS
            for key in [key for key in self._cache if self._has_expired(key)]:
                self._delete(key)
        if len(self._cache) >= self._max_entries:
            raise CacheFullError
