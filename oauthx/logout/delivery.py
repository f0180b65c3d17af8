"""Sends logout notices to applications, again where that fails (OpenID Connect Back-Channel Logout section 2.5).

The table is the queue: what one process leaves behind, another one finds. It must not know why a session ended.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Min, Q, Window
from django.db.models.functions import RowNumber

from accounts.outbound import OutboundError, post_form
from oauthx.conf import conf
from oauthx.logout.tokens import make_logout_token
from oauthx.models import LogoutNotice
from tenants import registry

logger = logging.getLogger(__name__)

# After the first attempt, and after each further one; then it is given up.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800))
# An attempt keeps others off for so long, which is longer than any takes. One whose process died is made up for then.
CLAIM = timedelta(seconds=60)
AT_ONCE = 16
# Of one application's, so that one that hangs holds up a few of the places and not all.
AT_ONCE_PER_CLIENT = 2
# So long an application that cannot be reached is not troubled with what it has not been told yet.
REST = timedelta(seconds=30)
_NOT_THERE = ("timed_out", "unreachable")
# How often a process looks for what others have left behind.
LOOK_SECONDS = 60.0
# 200 says that the person is signed out, and some frameworks make it a 204; 400 that the application will not, whatever
# is sent (section 2.8). Everything else may be another thing the next time.
_DONE = ("200", "204")
_REFUSED = "400"

_lock = threading.Lock()
_news = threading.Event()
_thread: threading.Thread | None = None
_next_look = 0.0


def deliver_due() -> int:
    """Send every notice whose time has come, several at once; returns how many attempts that took."""
    registry.refresh()
    attempts = 0
    while notices := _claim(conf().clock()):
        # The threads talk to applications alone, so that none of them opens a connection to the database.
        with ThreadPoolExecutor(len(notices), thread_name_prefix="logout-notice") as pool:
            answers = [pool.submit(_post, notice.client.backchannel_logout_uri, _token(notice)) for notice in notices]
        for notice, answer in zip(notices, answers, strict=True):
            _settle(notice, answer.result())
        attempts += len(notices)
    return attempts


def deliver_in_background() -> None:
    """See to it that a thread of this process sends what is due, now and whenever its time comes; returns at once."""
    global _thread  # noqa: PLW0603 - one fact about the process
    with _lock:
        _news.set()
        if _thread is None:
            _thread = threading.Thread(target=_run, name="logout-notices", daemon=True)
            _thread.start()


def look_for_leftovers() -> None:
    """Once a minute, see to what a process that ended has left behind. Off where the clean-up is."""
    global _next_look  # noqa: PLW0603 - one fact about the process
    if not settings.HUFU_CLEANUP_SECONDS or time.monotonic() < _next_look:
        return
    _next_look = time.monotonic() + LOOK_SECONDS
    deliver_in_background()


def _run() -> None:
    """Until nothing is left that somebody will have to send."""
    global _thread  # noqa: PLW0603 - one fact about the process
    while True:
        _news.clear()
        pause = _deliver_and_look_ahead()
        with _lock:
            if pause is None and not _news.is_set():
                _thread = None
                return
        _news.wait(pause)


def _deliver_and_look_ahead() -> float | None:
    """Send what is due; returns the seconds until the next one is, None if there is none."""
    try:
        deliver_due()
        upcoming = LogoutNotice.objects.filter(given_up_at=None).aggregate(moment=Min("next_attempt_at"))["moment"]
        return None if upcoming is None else max(1.0, (upcoming - conf().clock()).total_seconds())
    except Exception:
        # The rows are still there for whoever looks next.
        logger.exception("logout notices could not be sent")
        return None
    finally:
        connection.close()


def _claim(now: datetime) -> list[LogoutNotice]:
    """Some that are due, for this process alone; those that nobody wants any more are deleted."""
    waiting = LogoutNotice.objects.filter(given_up_at=None, next_attempt_at__lte=now)
    waiting.filter(Q(client__is_active=False) | Q(client__backchannel_logout_uri="")).delete()
    place = Window(RowNumber(), partition_by=F("client"), order_by=[F("next_attempt_at"), F("pk")])
    fair = waiting.annotate(place=place).filter(place__lte=AT_ONCE_PER_CLIENT)
    due = fair.select_related("client").order_by("next_attempt_at")[:AT_ONCE]
    return [notice for notice in due if _take(notice, now)]


def _take(notice: LogoutNotice, now: datetime) -> bool:
    """Whether it is ours: of several processes that saw it due, the first one's update finds it as it was."""
    same = LogoutNotice.objects.filter(pk=notice.pk, attempts=notice.attempts, given_up_at=None)
    notice.attempts += 1
    return bool(same.update(attempts=notice.attempts, next_attempt_at=now + CLAIM))


def _token(notice: LogoutNotice) -> str:
    """Its token; "" if there is no key that can be used: one notice shall not hold the others up."""
    try:
        return make_logout_token(notice, conf().clock())
    except Exception:
        logger.exception("no logout token could be made notice=%d", notice.pk)
        return ""


def _post(url: str, token: str) -> str:
    """The status of the application's answer, or what went wrong, in a word."""
    if not token:
        return "no token"
    try:
        return str(post_form(url, {"logout_token": token}))
    except OutboundError as error:
        return str(error)


def _settle(notice: LogoutNotice, answer: str) -> None:
    """Done, again later, or given up."""
    now = conf().clock()
    row = LogoutNotice.objects.filter(pk=notice.pk)
    if answer in _DONE:
        row.delete()
        return
    if answer.partition(":")[0] in _NOT_THERE:
        _put_off_others(notice, now)
    given_up = answer == _REFUSED or notice.attempts > len(PAUSES)
    logger.log(
        logging.WARNING if given_up else logging.INFO,
        "logout notice %s notice=%d client=%s attempts=%d answer=%s",
        "given up" if given_up else "to be repeated",
        notice.pk,
        notice.client.client_id,
        notice.attempts,
        answer,
    )
    if given_up:
        row.update(given_up_at=now, last_error=answer[:255])
    else:
        row.update(next_attempt_at=now + PAUSES[notice.attempts - 1], last_error=answer[:255])


def _put_off_others(notice: LogoutNotice, now: datetime) -> None:
    """Let the application's other due notices wait: each would take as long to fail, and nobody else's turn comes."""
    others = LogoutNotice.objects.filter(client=notice.client, given_up_at=None, next_attempt_at__lte=now)
    others.exclude(pk=notice.pk).update(next_attempt_at=now + REST)
