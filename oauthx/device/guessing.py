"""Finds what a typed code leads to, a few wrong tries at a time (RFC 8628 section 5.1). It must not know pages."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from django.core.cache import caches

from accounts.caches import CacheFullError
from accounts.origin import network_of
from oauthx.device.user_codes import read_user_code
from oauthx.models import DeviceGrant

WINDOW_SECONDS = 600
OF_A_PERSON = 10
# People of one office often have one address.
OF_AN_ADDRESS = 30
OF_NOBODY = 10


class TooManyWrongCodesError(Exception):
    """So many wrong codes came from here that even a right one is not looked at."""


def find_waiting(typed: str, limits: Mapping[str, int], now: datetime) -> DeviceGrant | None:
    """The grant of this user code that still waits for a decision; None if there is none, which counts as wrong.

    `limits` has the number of wrong codes in ten minutes, by whom to count them for.

    Raises:
        TooManyWrongCodesError: one of these is used up.
        CACHE_ERRORS: it cannot be counted, so nothing is looked up.
    """
    keys = {f"wrong-user-codes:{who}:{int(now.timestamp()) // WINDOW_SECONDS}": limit for who, limit in limits.items()}
    # Each is counted before it is looked at, so that none of many at once slips past.
    counts = [(_count(key), limit) for key, limit in keys.items()]
    if any(count > limit for count, limit in counts):
        raise TooManyWrongCodesError
    code = read_user_code(typed)
    found = None if code is None else _waiting(code, now)
    if found is not None:
        for key in keys:
            with suppress(ValueError):  # As below.
                caches["challenges"].decr(key)
    return found


def limits_of_person(user_id: int, address: str | None) -> Mapping[str, int]:
    """Whom a signed-in person's wrong codes count for."""
    return {f"person-{user_id}": OF_A_PERSON, f"address-{network_of(address)}": OF_AN_ADDRESS}


def limits_of_nobody(address: str | None) -> Mapping[str, int]:
    """Whom wrong codes count for before a sign-in: apart, since any page can make a visitor's browser send them."""
    return {f"nobody-{network_of(address)}": OF_NOBODY}


def _count(key: str) -> int:
    cache = caches["challenges"]
    # Twice the window: the key cannot go between these two lines, and so never stays for ever.
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # It is gone already: a Redis that drops what it has no room for.
        raise CacheFullError from None


def _waiting(code: str, now: datetime) -> DeviceGrant | None:
    waiting = DeviceGrant.objects.filter(user_code=code, status=DeviceGrant.AUTHORIZATION_PENDING, expires__gt=now)
    return waiting.select_related("tenant").first()
