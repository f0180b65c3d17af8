"""Starts synchronisations, one of a directory at a time, and keeps what they did for people to read."""

import logging
import threading
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.directories.sync import Change, Report, SyncOvertakenError, SyncStoppedError, synchronise
from accounts.gateways.directory_route import DirectoryError
from accounts.models import Directory, DirectorySync

logger = logging.getLogger(__name__)

# One that was not heard of for so long belongs to a process that is no more. A page takes seconds.
_SILENCE = timedelta(minutes=5)
_KEPT_RUNS = 20
# What of a run's row changes while it runs.
_MOVING = ("total", "done", "counts", "changes", "beat_at", "finished_at", "problem")
# How many changes are kept with a run; the command prints all.
SHOWN_CHANGES = 200


class AlreadyRunningError(Exception):
    """A synchronisation of this directory is under way."""


def start(directory: Directory, *, is_preview: bool, actor: str, now: datetime) -> DirectorySync:
    """Note that one begins.

    Raises:
        AlreadyRunningError: another one is under way.
    """
    with transaction.atomic():
        # Whoever starts another one at the same moment waits here.
        Directory.objects.select_for_update().get(pk=directory.pk)
        if is_running(directory, now):
            raise AlreadyRunningError
        old = directory.syncs.order_by("-id").values_list("pk", flat=True)[_KEPT_RUNS - 1 :]
        DirectorySync.objects.filter(pk__in=list(old)).delete()
        return DirectorySync.objects.create(
            directory=directory, is_preview=is_preview, actor=actor, started_at=now, beat_at=now
        )


def is_running(directory: Directory, now: datetime) -> bool:
    """Whether a synchronisation of this directory is under way."""
    running = directory.syncs.filter(finished_at=None, beat_at__gt=now - _SILENCE)
    return running.exists()


class Run:
    """Carries one out and keeps its row up to date; `on_change` and `on_progress` may be replaced to watch it."""

    def __init__(self, row: DirectorySync, percent: int | None = None) -> None:
        self.row = row
        self._percent = percent

    def carry_out(self) -> None:
        """Do it. Whatever goes wrong stands in the row's `problem`."""
        report = Report(self.on_change, self.on_progress)
        try:
            synchronise(
                self.row.directory,
                report,
                self.row.started_at,
                is_preview=self.row.is_preview,
                percent=self._percent,
            )
        except SyncStoppedError as stopped:
            self.row.problem = stopped.reason
            report.counts |= {"going": stopped.going, "known": stopped.known}
        except SyncOvertakenError:
            self.row.problem = "overtaken"
        except DirectoryError as error:
            self.row.problem = error.reason
        except Exception:
            logger.exception("directory synchronisation failed directory=%s", self.row.directory_id)
            self.row.problem = "server_error"
        if self.row.problem:
            logger.warning("directory not synchronised directory=%s reason=%s", self.row.directory_id, self.row.problem)
        self.row.finished_at = timezone.now()
        with suppress(SyncOvertakenError):
            self.on_progress(report)

    def on_change(self, change: Change) -> None:
        if len(self.row.changes) < SHOWN_CHANGES:
            self.row.changes.append([change.kind, change.name, change.detail])

    def on_progress(self, report: Report) -> None:
        """Store it.

        Raises:
            SyncOvertakenError: another one was begun meanwhile, or the directory is no more.
        """
        row = self.row
        row.total, row.done, row.counts, row.beat_at = report.total, report.done, report.counts, timezone.now()
        stored = DirectorySync.objects.filter(pk=row.pk, finished_at=None).update(
            **{name: getattr(row, name) for name in _MOVING}
        )
        if not stored or DirectorySync.objects.filter(directory=row.directory_id, pk__gt=row.pk).exists():
            raise SyncOvertakenError


def carry_out_in_background(run: Run) -> None:
    """Carry it out in a thread of this process; without a free one, the run ends at once and says so."""

    def work() -> None:
        try:
            run.carry_out()
        finally:
            connection.close()

    try:
        threading.Thread(target=work, name="directory-sync", daemon=True).start()
    except RuntimeError:
        logger.exception("no thread for a synchronisation directory=%s", run.row.directory_id)
        DirectorySync.objects.filter(pk=run.row.pk).update(finished_at=timezone.now(), problem="server_error")
