"""Deletes login events that are older than their tenant keeps them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.pruning import Number, count_due, find_due, prune
from tenants.pruner import PRUNER, Bar, NotThePrunerError, pruner_connection


class Command(BaseCommand):
    help = "Delete login events that are older than their tenant keeps them (docs/operations.md)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many of each tenant would go.")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        due = find_due(connection, now)
        numbers = count_due(connection, due)
        self._tell(numbers)
        if options["dry_run"]:
            self.stdout.write(_("Nothing deleted (--dry-run)."))
            return
        bar = Bar(lambda text: self.stderr.write(text, ending=""), sum(number.count for number in numbers))
        try:
            prune(pruner_connection(), due, now, bar.add)
        except NotThePrunerError:
            raise CommandError(_refusal()) from None
        except OperationalError as error:
            raise CommandError(
                _("Stopped after %(count)d events: %(problem)s Start it again: it goes on where it stopped.")
                % {"count": bar.gone, "problem": str(error).strip()}
            ) from error
        self.stderr.write("")
        self.stdout.write(_("%(count)d login events deleted.") % {"count": bar.gone})

    def _tell(self, numbers: list[Number]) -> None:
        for number in numbers:
            code = number.code or "–"
            line = _("%(count)10d  older than %(days)d days  %(tenant)s")
            self.stdout.write(line % {"count": number.count, "days": number.days, "tenant": code})
        if not numbers:
            self.stdout.write(_("No login event is older than its tenant keeps it."))


def _refusal() -> str:
    return _(
        "On PostgreSQL only the role %(role)s may delete login events. Make it, and name it in PRUNE_DATABASE_URL for"
        " this command alone (docs/operations.md, “Pruning the login history”)."
    ) % {"role": PRUNER}
