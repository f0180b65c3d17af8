"""Brings departments and users to what the tenants' directories have; for a timer, or to see what would change."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.directories.runs import AlreadyRunningError, Run, start
from accounts.directories.sync import Change, Report
from accounts.models import Directory, DirectorySync

_WIDTH = 30
_HUNDRED = 100


def _percent(text: str) -> int:
    if not text.isdecimal() or int(text) > _HUNDRED:
        raise argparse.ArgumentTypeError(_("A number from 0 to 100."))
    return int(text)


def _shown(text: str) -> str:
    """Without what a terminal would obey: a directory's names are other people's texts."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


class Command(BaseCommand):
    help = (
        "Bring departments and users to what the directories have: of all tenants, or of the named ones."
        " People who are missing or disabled there are disabled; if too many would be, nothing is changed."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", metavar="CODE", help="Only the directories of this tenant.")
        parser.add_argument("--directory", metavar="NAME", help="Only the directories of this name.")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; print what would change.")
        parser.add_argument(
            "--max-percent",
            type=_percent,
            metavar="N",
            help="This time up to N percent of the people may go, whatever the directory's settings say.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        directories = Directory.objects.filter(is_active=True, tenant__is_active=True).select_related("tenant")
        if options["tenant"]:
            directories = directories.filter(tenant__code=options["tenant"])
        if options["directory"]:
            directories = directories.filter(name=options["directory"])
        found = list(directories)
        if not found:
            raise CommandError(_("There is no such active directory."))
        failed = [directory for directory in found if not self._synchronise(directory, options)]
        if failed:
            names = ", ".join(f"{directory.tenant.code}/{directory.name}" for directory in failed)
            raise CommandError(_("Not synchronised: %(names)s") % {"names": names})

    def _synchronise(self, directory: Directory, options: dict[str, Any]) -> bool:
        name = f"{directory.tenant.code}/{directory.name}"
        try:
            row = start(directory, is_preview=options["dry_run"], actor="sync_directory", now=timezone.now())
        except AlreadyRunningError:
            self.stdout.write(f"{name}: " + _("a synchronisation is under way already."))
            return False
        _ShownRun(row, self, name, options).carry_out()
        if sys.stderr.isatty():
            self.stderr.write("")
        counts = ", ".join(f"{kind}={number}" for kind, number in sorted(row.counts.items())) or _("nothing to change")
        self.stdout.write(f"{name}: {row.problem or counts}" + (f" ({counts})" if row.problem and row.counts else ""))
        if row.is_preview and not row.problem:
            self.stdout.write(_("Nothing was changed (--dry-run)."))
        return not row.problem


class _ShownRun(Run):
    """One that shows a bar, and in a preview each change."""

    def __init__(self, row: DirectorySync, command: Command, name: str, options: dict[str, Any]) -> None:
        super().__init__(row, options["max_percent"])
        self._command = command
        self._name = name
        self._prints = options["dry_run"] or options["verbosity"] > 1

    def on_change(self, change: Change) -> None:
        super().on_change(change)
        if self._prints:
            self._command.stdout.write(_shown(f"{change.kind:<10} {change.name}  {change.detail}").rstrip())

    def on_progress(self, report: Report) -> None:
        super().on_progress(report)
        # In a log of a timer it would be one long line.
        if sys.stderr.isatty():
            filled = _WIDTH * report.done // max(report.total, 1)
            bar = "#" * filled + "-" * (_WIDTH - filled)
            self._command.stderr.write(f"\r{self._name} [{bar}] {report.done}/{report.total}", ending="")
