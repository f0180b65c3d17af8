"""Encrypts all that stands encrypted in the database with the first of KEY_ENCRYPTION_KEYS, so that others may go."""

import sys
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from oauthx.stored_secrets import columns, stored_secrets


class Command(BaseCommand):
    help = (
        "Encrypt signing keys and all secrets that administrators entered with the first of KEY_ENCRYPTION_KEYS."
        " Afterwards the others can be removed. What none of them opens stays as it is, and is named."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be encrypted anew.")

    def handle(self, *_args: Any, **options: Any) -> None:
        lost: list[str] = []
        for model, column in columns():
            done = total = 0
            place = f"{model._meta.label_lower}.{column}"
            for total, secret in enumerate(stored_secrets(model, column), start=1):
                try:
                    done += secret.write_anew(is_preview=options["dry_run"])
                except InvalidToken:
                    lost.append(f"{place} {secret.pk}")
                if sys.stderr.isatty():
                    self.stderr.write(f"\r{place}: {total}", ending="")
            if sys.stderr.isatty():
                self.stderr.write("")
            self.stdout.write(_("%(place)s: %(done)d of %(total)d.") % {"place": place, "done": done, "total": total})
        if options["dry_run"]:
            self.stdout.write(_("Nothing was changed (--dry-run)."))
        if lost:
            raise CommandError(
                _("None of KEY_ENCRYPTION_KEYS opens: %(places)s. Keep the old keys.") % {"places": ", ".join(lost)}
            )
