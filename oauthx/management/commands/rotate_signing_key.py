"""Replaces the active signing key; the old one goes on verifying for an overlap."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from oauthx.management.keys import active_key, add_key_arguments, named_tenant, overlap_of
from oauthx.signing import replace_key


class Command(BaseCommand):
    help = "Make a new signing key the active one. Tokens of the old one verify until the overlap is over."

    def add_arguments(self, parser: Any) -> None:
        add_key_arguments(parser, algorithms=["RS256", "HS256", "ES256"])
        parser.add_argument(
            "--overlap-seconds",
            type=int,
            help="How long the old key verifies. Default: the longest access token lifetime of any client.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")

    def handle(self, *_args: Any, **options: Any) -> None:
        algorithm, tenant = options["algorithm"], named_tenant(options["tenant"], options["algorithm"])
        overlap, now = overlap_of(options["overlap_seconds"]), timezone.now()
        old = active_key(algorithm, tenant)
        self.stdout.write(
            _("%(key)s retires and verifies until %(until)s.")
            % {"key": old, "until": f"{now + overlap:%Y-%m-%d %H:%M:%S %Z}"}
            if old
            else _("There is no active key of this kind yet.")
        )
        if options["dry_run"]:
            self.stdout.write(_("Nothing changed (--dry-run)."))
            return
        key = replace_key(algorithm, tenant=tenant, overlap=overlap, now=now)
        self.stdout.write(_("%(key)s is active.") % {"key": key})
        if algorithm == "HS256":
            where = f" --tenant {tenant.code}" if tenant else ""
            command = f"manage.py export_signing_key --algorithm HS256{where}"
            self.stdout.write(_("Resource servers need it: %(command)s") % {"command": command})
