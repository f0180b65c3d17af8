"""Replaces the active signing key; the old one goes on verifying for an overlap."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from oauthx.management.keys import active_key, add_key_arguments, named_tenant, overlap_of
from oauthx.models import SigningKey
from oauthx.signing import JWKS_MAX_AGE_SECONDS, announce_key, announced_key, discard_keys, replace_key
from tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Make the announced signing key the active one, and announce the one after it. Tokens of the old one verify"
        " until the overlap is over."
    )

    def add_arguments(self, parser: Any) -> None:
        add_key_arguments(parser, algorithms=["RS256", "HS256", "ES256", "PS256"])
        parser.add_argument(
            "--overlap-seconds",
            type=int,
            help="How long the old key verifies. Default: the longest access token lifetime of any client.",
        )
        parser.add_argument("--now", action="store_true", help="Rotate even if not everyone can know the new key yet.")
        parser.add_argument(
            "--leaked",
            action="store_true",
            help="The keys may have leaked: delete them, so that no token of theirs verifies any longer.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would happen.")

    def handle(self, *_args: Any, **options: Any) -> None:
        algorithm, tenant = options["algorithm"], named_tenant(options["tenant"], options["algorithm"])
        overlap, now = overlap_of(options["overlap_seconds"]), timezone.now()
        if options["leaked"] and options["overlap_seconds"] is not None:
            raise CommandError(_("--leaked ends the old keys at once: there is no overlap."))
        if algorithm != "HS256" and not (options["leaked"] or options["now"]) and self._waits(algorithm, now, options):
            return
        self._say_what_happens(active_key(algorithm, tenant), now + overlap, leaked=options["leaked"])
        if options["dry_run"]:
            self.stdout.write(_("Nothing changed (--dry-run)."))
            return
        self._rotate(algorithm, tenant, overlap, now, leaked=options["leaked"])

    def _waits(self, algorithm: str, now: datetime, options: dict[str, Any]) -> bool:
        """Whether the next key is not known to everyone yet; one that is missing is announced."""
        if active_key(algorithm, None) is None:
            return False
        key = announced_key(algorithm)
        if key is None:
            if not options["dry_run"]:
                key = announce_key(algorithm)
            self.stdout.write(_("No key was announced yet. The next one is published from now on."))
        known_from = (key.created_at if key else now) + timedelta(seconds=JWKS_MAX_AGE_SECONDS)
        if now >= known_from:
            return False
        self.stdout.write(
            _(
                "Applications keep the public keys for up to %(seconds)d seconds, so not all of them know the next key."
                " Run this again after %(moment)s, or with --now if it cannot wait."
            )
            % {"seconds": JWKS_MAX_AGE_SECONDS, "moment": f"{timezone.localtime(known_from):%Y-%m-%d %H:%M:%S %Z}"}
        )
        return True

    def _say_what_happens(self, old: SigningKey | None, until: datetime, *, leaked: bool) -> None:
        if old is None:
            self.stdout.write(_("There is no active key of this kind yet."))
        elif leaked:
            self.stdout.write(
                _("%(key)s and every other key of its kind end now, with all their tokens.") % {"key": old}
            )
        else:
            self.stdout.write(
                _("%(key)s retires and verifies until %(until)s.")
                % {"key": old, "until": f"{until:%Y-%m-%d %H:%M:%S %Z}"}
            )

    def _rotate(
        self, algorithm: str, tenant: Tenant | None, overlap: timedelta, now: datetime, *, leaked: bool
    ) -> None:
        if leaked:
            key = discard_keys(algorithm, tenant=tenant)
        else:
            key = replace_key(algorithm, tenant=tenant, overlap=overlap, now=now)
        self.stdout.write(_("%(key)s is active.") % {"key": key})
        if algorithm == "HS256":
            where = f" --tenant {tenant.code}" if tenant else ""
            command = f"manage.py export_signing_key --algorithm HS256{where}"
            self.stdout.write(_("Resource servers need it: %(command)s") % {"command": command})
        else:
            self.stdout.write(_("%(key)s is announced as the next one.") % {"key": announced_key(algorithm)})
