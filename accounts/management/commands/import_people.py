"""Imports people, roles, posts or departments from a file, with a bar: for more than a browser waits for."""

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from accounts.admin.transfer.organisation import DeptResource, PostResource, RoleResource
from accounts.admin.transfer.people import UserResource
from tenants.console.transfer.entries import Hashed, Platform, Report, Scope, Task
from tenants.console.transfer.reading import COMMAND, FileRefusedError, Table, read_table
from tenants.console.transfer.resource import ImportRefusedError, ScopedResource
from tenants.models import Tenant

_KINDS: dict[str, type[ScopedResource]] = {
    "people": UserResource,
    "roles": RoleResource,
    "posts": PostResource,
    "depts": DeptResource,
}
_WIDTH = 30
_SHOWN = 100


class Command(BaseCommand):
    help = (
        "Import people (or roles, posts, departments) of one tenant from an XLSX or CSV file: all rows, or none."
        " Hashes of BladeX, sha1(md5(password)), are wrapped at once. The columns: docs/import-export.md"
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", metavar="CODE", required=True)
        parser.add_argument("--kind", choices=list(_KINDS), default="people", help="Default: people")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; say what would change.")
        parser.add_argument(
            "--passwords-to",
            metavar="FILE",
            type=Path,
            help="Generate passwords for new people without a hash, and write them into this new CSV file.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(code=options["tenant"]).first()
        if tenant is None:
            raise CommandError(_("There is no tenant with this code: %s") % options["tenant"])
        wanted: Path | None = options["passwords_to"]
        scope = Scope(Platform(), tenant, makes_passwords=wanted is not None and options["kind"] == "people")
        resource = _KINDS[options["kind"]](scope)
        table = _read(options["file"])
        report = self._refuse(resource.check(table))
        self._say(report)
        if options["dry_run"]:
            self.stdout.write(_("Nothing was changed (--dry-run)."))
            return
        with _new_file(wanted) as passwords:
            hashed = dict(self._hash(resource, resource.tasks(report.entries)))
            self._store(resource, table, hashed, passwords)

    def _store(
        self, resource: ScopedResource, table: Table, hashed: dict[int, Hashed], passwords: IO[str] | None
    ) -> None:
        try:
            report = type(resource)(resource.scope).store(table, hashed)
        except ImportRefusedError as error:
            report = self._refuse(error.report)
        except IntegrityError:
            text = _("Somebody changed the same rows at this moment. Nothing was imported: try again.")
            raise CommandError(text) from None
        if passwords is not None:
            csv.writer(passwords).writerows(report.generated)
        self.stdout.write(_("Imported."))

    def _hash(self, resource: ScopedResource, tasks: Sequence[Task]) -> Iterator[tuple[int, Hashed]]:
        with ThreadPoolExecutor(max(settings.PASSWORD_HASHING_THREADS, 1)) as threads:
            for done, (task, hashed) in enumerate(zip(tasks, threads.map(resource.carry_out, tasks), strict=True), 1):
                yield task.line, hashed
                if sys.stderr.isatty() and (done % 20 == 0 or done == len(tasks)):
                    bar = "#" * (_WIDTH * done // len(tasks))
                    self.stderr.write(f"\r[{bar:-<{_WIDTH}}] {done}/{len(tasks)}", ending="")
        if tasks and sys.stderr.isatty():
            self.stderr.write("")

    def _refuse(self, report: Report) -> Report:
        """The report, if nothing is wrong.

        Raises:
            CommandError: else, after what is wrong was written out.
        """
        for problem in sorted(report.problems, key=lambda each: each.line)[:_SHOWN]:
            where = _("line %(line)d") % {"line": problem.line} + (f", {problem.column}" if problem.column else "")
            self.stderr.write(f"{where}: {problem.text}")
        if report.is_cut:
            self.stderr.write(_("There may be more: the check stopped at so many."))
        if report.problems:
            raise CommandError(_("Nothing was imported. Problems: %(number)d") % {"number": len(report.problems)})
        return report

    def _say(self, report: Report) -> None:
        numbers = _("%(added)d new, %(changed)d changed, %(unchanged)d as they are.") % report.numbers
        self.stdout.write(numbers)
        if report.ignored:
            self.stdout.write(_("Columns that are not read: %s") % ", ".join(report.ignored))


def _read(path: Path) -> Table:
    try:
        return read_table(path.read_bytes(), COMMAND)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except FileRefusedError as error:
        raise CommandError(str(error)) from None


@contextmanager
def _new_file(path: Path | None) -> Iterator[IO[str] | None]:
    """A new file that only its owner reads, made before anything is stored; gone again if nothing is.

    Raises:
        CommandError: it is there already, or cannot be made.
    """
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8-sig") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
