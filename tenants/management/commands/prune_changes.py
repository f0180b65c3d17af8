"""Deletes recorded changes that are older than the installation keeps them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.changes.pruning import count_old, prune
from tenants.pruner import PRUNER, Bar, NotThePrunerError, pruner_connection


class Command(BaseCommand):
    help = "Delete recorded changes that are older than CHANGES_DAYS (docs/operations.md)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many of each tenant would go.")

    def handle(self, *_args: Any, **options: Any) -> None:
        days = settings.HUFU_CHANGES_DAYS
        if not days:
            self.stdout.write(_("Changes are kept for ever (CHANGES_DAYS=0)."))
            return
        before = timezone.now() - timedelta(days=days)
        numbers = count_old(connection, before)
        for code, count in numbers:
            line = _("%(count)10d  older than %(days)d days  %(tenant)s")
            self.stdout.write(line % {"count": count, "days": days, "tenant": code or "–"})
        if options["dry_run"]:
            self.stdout.write(_("Nothing deleted (--dry-run)."))
            return
        bar = Bar(lambda text: self.stderr.write(text, ending=""), sum(count for _code, count in numbers))
        try:
            prune(pruner_connection(), before, bar.add)
        except NotThePrunerError:
            raise CommandError(_refusal()) from None
        except OperationalError as error:
            raise CommandError(
                _("Stopped after %(count)d changes: %(problem)s Start it again: it goes on where it stopped.")
                % {"count": bar.gone, "problem": str(error).strip()}
            ) from error
        self.stderr.write("")
        self.stdout.write(_("%(count)d changes deleted.") % {"count": bar.gone})


def _refusal() -> str:
    return _(
        "On PostgreSQL only the role %(role)s may delete changes. Make it, and name it in PRUNE_DATABASE_URL for this"
        " command alone (docs/operations.md, “Pruning the changes”)."
    ) % {"role": PRUNER}
