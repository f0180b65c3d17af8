"""Deletes expired tokens by hand; a running installation does so by itself. Replaces django-oauth-toolkit's command.

Theirs deletes a revoked refresh token at once, so that its replay would go unseen, and knows one lifetime for all.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from oauthx.cleanup import clear_expired, count_expired


class Command(BaseCommand):
    help = "Delete expired tokens, codes, sessions and lockouts."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many rows would go.")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            for name, count in count_expired(now).items():
                self.stdout.write(f"{count:>10}  {name}")
            self.stdout.write(_("Nothing deleted (--dry-run)."))
            return
        gone: dict[str, int] = {}

        def progress(name: str, count: int) -> None:
            gone[name] = gone.get(name, 0) + count
            self.stderr.write(f"\r{name}: {gone[name]}", ending="")

        total = clear_expired(now, batches=1_000_000, progress=progress)
        self.stderr.write("")
        self.stdout.write(_("%(count)d rows deleted.") % {"count": total})
