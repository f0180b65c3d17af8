"""Starts synchronisations, one of a directory at a time, and keeps what they did for people to read."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from accounts.directories.sync import Change, Report, SyncStoppedError, synchronise
from accounts.gateways.directory_route import DirectoryError
from accounts.models import Directory, DirectorySync
from tenants.changes import acting_as, current_author

logger = logging.getLogger(__name__)

# One that was not heard of for so long belongs to a process that is no more. A page takes seconds.
_SILENCE = timedelta(minutes=5)
_KEPT_RUNS = 20
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
        # Asked for now: it may be carried out in a thread of its own.
        self._author = current_author()

    def carry_out(self) -> None:
        """Do it. Whatever goes wrong stands in the row's `problem`."""
        report = Report(self.on_change, self.on_progress)
        try:
            with acting_as("sync_directory", by=self._author):
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
        except DirectoryError as error:
            self.row.problem = error.reason
        except Exception:
            logger.exception("directory synchronisation failed directory=%s", self.row.directory_id)
            self.row.problem = "server_error"
        if self.row.problem:
            logger.warning("directory not synchronised directory=%s reason=%s", self.row.directory_id, self.row.problem)
        self.row.finished_at = timezone.now()
        self.on_progress(report)

    def on_change(self, change: Change) -> None:
        if len(self.row.changes) < SHOWN_CHANGES:
            self.row.changes.append([change.kind, change.name, change.detail])

    def on_progress(self, report: Report) -> None:
        self.row.total, self.row.done, self.row.counts = report.total, report.done, report.counts
        self.row.beat_at = timezone.now()
        self.row.save()


def carry_out_in_background(run: Run) -> None:
    """Carry it out in a thread of this process."""

    def work() -> None:
        try:
            run.carry_out()
        finally:
            connection.close()

    threading.Thread(target=work, name="directory-sync", daemon=True).start()
