"""Takes over the HS256 key that resource servers verify with already."""

import getpass
import sys
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from oauthx.checks import KNOWN_KEYS
from oauthx.management.keys import active_key, add_key_arguments, named_tenant, overlap_of
from oauthx.signing import replace_key


class Command(BaseCommand):
    help = (
        "Make a shared HS256 secret the active key, so that resource servers that verify with it go on verifying."
        " The secret is read from standard input: arguments are visible to every process of the machine."
    )

    def add_arguments(self, parser: Any) -> None:
        add_key_arguments(parser, algorithms=["HS256"])
        parser.add_argument("--overlap-seconds", type=int, help="How long the key that it replaces verifies.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = named_tenant(options["tenant"], "HS256")
        secret = _read_secret()
        if secret in KNOWN_KEYS and not settings.HUFU_DEVELOPMENT:
            raise CommandError(
                _("This secret is printed in public: anyone can forge tokens. Give resource servers another first.")
            )
        if secret in KNOWN_KEYS:
            self.stderr.write(
                self.style.WARNING(_("This secret is printed in public: anyone can forge tokens. Rotate it soon."))
            )
        old = active_key("HS256", tenant)
        if options["dry_run"]:
            self.stdout.write(_("It would replace: %(key)s. Nothing changed (--dry-run).") % {"key": old or "-"})
            return
        overlap: timedelta = overlap_of(options["overlap_seconds"])
        key = replace_key("HS256", tenant=tenant, overlap=overlap, now=timezone.now(), secret=secret)
        self.stdout.write(_("%(key)s is active.") % {"key": key})


def _read_secret() -> bytes:
    """The secret that is typed, or all of standard input but its line's end.

    Raises:
        CommandError: there is none, or it is no single line of text.
    """
    try:
        text = getpass.getpass(_("Secret: ")) if sys.stdin.isatty() else sys.stdin.read()
        secret = text.rstrip("\r\n").encode()
    except UnicodeError:
        raise CommandError(_("The secret must be text.")) from None
    if not secret:
        raise CommandError(_("No secret on standard input. Try: manage.py import_signing_key < secret-file"))
    if b"\n" in secret:
        raise CommandError(_("The secret must stand on one line."))
    return secret
