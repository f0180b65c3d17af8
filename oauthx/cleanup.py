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
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.code_limits import MEMORY as SENT_CODE_MEMORY
from accounts.history_tables import MONTHS_AHEAD, create_months
from accounts.models import BindTicket, BrowserSession, Lockout, MailCode, SmsCode
from oauthx.models import (
    AccessToken,
    AuthorizationCode,
    DeviceGrant,
    IDToken,
    LogoutNotice,
    PushedRequest,
    RefreshToken,
    TokenFamily,
    UsedAssertion,
)

logger = logging.getLogger(__name__)

BATCH = 1000
# Long enough for any tenant's lockout policy: what is older was forgotten long ago.
LOCKOUT_MEMORY = timedelta(days=30)
# A used code is known for so long, so that its replay ends what it brought.
CODE_MEMORY = timedelta(days=1)
# For so long a device whose code nobody allowed is told that it has expired. Anyone can ask for such codes.
DEVICE_CODE_MEMORY = timedelta(hours=1)
# So long one can look up why a logout notice was given up.
NOTICE_MEMORY = timedelta(days=7)

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
            if issubclass(expired.model, BrowserSession):
                families.update(TokenFamily.objects.filter(browser_session__in=ids).values_list("pk", flat=True))
            elif issubclass(expired.model, AccessToken | RefreshToken):
                families.update(rows.exclude(token_family=None).values_list("token_family", flat=True))
            rows.delete()
            total += len(ids)
            if progress is not None:
                progress(name, len(ids))
    return total + _clear_families(families)


def _clear_families(families: set[UUID]) -> int:
    """Delete those of which no token is left, and no browser session whose end their client must hear of.

    Only what lost one of these now is looked at, not the whole table.
    """
    left_over = TokenFamily.objects.filter(
        ~Exists(AccessToken.objects.filter(token_family=OuterRef("pk"))),
        ~Exists(RefreshToken.objects.filter(token_family=OuterRef("pk"))),
        browser_session=None,
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
            _make_months_of_history()
            logger.info("clean-up deleted=%d", clear_expired(timezone.now()))
    except Exception:
        logger.exception("clean-up failed")
    finally:
        connection.close()


def _make_months_of_history() -> None:
    """The login history's coming months; without them its rows go to the default partition, and nothing is lost."""
    try:
        create_months(connection, timezone.now().date(), MONTHS_AHEAD + 1)
    except DatabaseError:
        logger.exception("months of the login history were not made")


def _expired(now: datetime) -> list[tuple[str, QuerySet[Any]]]:
    return [
        ("access tokens", AccessToken.objects.filter(expires__lte=now)),
        ("refresh tokens", RefreshToken.objects.filter(expires__lte=now)),
        ("ID tokens", IDToken.objects.filter(expires__lte=now, access_token=None)),
        ("authorization codes", AuthorizationCode.objects.filter(expires__lte=now - CODE_MEMORY)),
        (
            "device codes",
            DeviceGrant.objects.filter(
                Q(expires__lte=now - DEVICE_CODE_MEMORY, family_id=None) | Q(expires__lte=now - CODE_MEMORY)
            ),
        ),
        ("pushed requests", PushedRequest.objects.filter(expires_at__lte=now)),
        ("used assertions", UsedAssertion.objects.filter(expires_at__lte=now)),
        ("bind tickets", BindTicket.objects.filter(expires_at__lte=now)),
        ("SMS codes", SmsCode.objects.filter(created_at__lte=now - SENT_CODE_MEMORY)),
        ("mail codes", MailCode.objects.filter(created_at__lte=now - SENT_CODE_MEMORY)),
        ("logout notices", LogoutNotice.objects.filter(given_up_at__lte=now - NOTICE_MEMORY)),
        ("browser sessions", BrowserSession.objects.filter(expires_at__lte=now)),
        ("Django sessions", Session.objects.filter(expire_date__lte=now)),
        ("lockouts", Lockout.objects.filter(failed_at__lte=now - LOCKOUT_MEMORY)),
    ]
