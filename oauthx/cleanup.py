"""Deletes token rows whose time is over, a bounded number at a time. It must not know requests.

A used refresh token stays until it expires, so that its replay is still seen; a family until nothing of it is left.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Lockout
from oauthx.models import AccessToken, AuthorizationCode, DeviceGrant, IDToken, RefreshToken, TokenFamily

logger = logging.getLogger(__name__)

BATCH = 1000
# Long enough for any tenant's lockout policy: what is older was forgotten long ago.
LOCKOUT_MEMORY = timedelta(days=30)

_next_run = 0.0


def clear_expired(now: datetime, *, batches: int = 10, progress: Callable[[str, int], None] | None = None) -> int:
    """Delete what has expired, at most `batches` times BATCH rows a table; returns how many rows went."""
    total = 0
    families: set[UUID] = set()
    for name, expired in _expired(now):
        for _batch in range(batches):
            ids = list(expired.order_by().values_list("pk", flat=True)[:BATCH])
            if not ids:
                break
            rows = expired.model._default_manager.filter(pk__in=ids)
            if issubclass(expired.model, AccessToken | RefreshToken):
                families.update(rows.exclude(token_family=None).values_list("token_family", flat=True))
            rows.delete()
            total += len(ids)
            if progress is not None:
                progress(name, len(ids))
    return total + _clear_families(families)


def _clear_families(families: set[UUID]) -> int:
    """Delete those of which no token is left. Only what lost a token now is looked at, not the whole table."""
    left_over = TokenFamily.objects.filter(
        ~Exists(AccessToken.objects.filter(token_family=OuterRef("pk"))),
        ~Exists(RefreshToken.objects.filter(token_family=OuterRef("pk"))),
        pk__in=families,
    )
    deleted, _by_model = left_over.delete()
    return deleted


def count_expired(now: datetime) -> dict[str, int]:
    """How many rows of each table `clear_expired` would delete; sessions go with their last token."""
    return {name: expired.count() for name, expired in _expired(now)}


def run_in_background() -> None:
    """Start a clean-up in a thread, if CLEANUP_SECONDS have passed since any process of this installation did."""
    global _next_run  # noqa: PLW0603 - one fact about the process
    pause = settings.HUFU_CLEANUP_SECONDS
    if not pause or time.monotonic() < _next_run:
        return
    _next_run = time.monotonic() + pause
    threading.Thread(target=_run, args=(pause,), name="cleanup", daemon=True).start()


def _run(pause: int) -> None:
    try:
        if cache.add("cleanup", 1, timeout=pause):
            logger.info("clean-up deleted=%d", clear_expired(timezone.now()))
    except Exception:
        logger.exception("clean-up failed")
    finally:
        connection.close()


def _expired(now: datetime) -> list[tuple[str, QuerySet[Any]]]:
    return [
        ("access tokens", AccessToken.objects.filter(expires__lte=now)),
        ("refresh tokens", RefreshToken.objects.filter(expires__lte=now)),
        ("ID tokens", IDToken.objects.filter(expires__lte=now, access_token=None)),
        ("authorization codes", AuthorizationCode.objects.filter(expires__lte=now)),
        ("device codes", DeviceGrant.objects.filter(expires__lte=now)),
        ("browser sessions", Session.objects.filter(expire_date__lte=now)),
        ("lockouts", Lockout.objects.filter(failed_at__lte=now - LOCKOUT_MEMORY)),
    ]
