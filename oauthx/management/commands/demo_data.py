"""Makes the demo data of a development installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from oauthx.demo import create_demo_data
from oauthx.demo_crowd import CrowdExistsError, Size, make_crowd

_INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Make the demo tenants, people and clients, in an empty development installation only."
        " With --tenants, a crowd besides them: to see how the console does with many."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenants", type=int, default=0, metavar="N", help="Make so many tenants more.")
        parser.add_argument("--users", type=int, default=0, metavar="N", help="… with so many people in all.")
        parser.add_argument("--events", type=int, default=0, metavar="N", help="… and so many rows of login history.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.HUFU_DEVELOPMENT:
            raise CommandError(_("Demo data are for ENVIRONMENT=development only: their passwords are public."))
        size = Size(options["tenants"], options["users"], options["events"])
        if min(size.tenants, size.users, size.events) < 0:
            raise CommandError(_("There cannot be fewer than none."))
        if size.tenants == 0 and (size.users or size.events):
            raise CommandError(_("People and events belong to tenants: say --tenants too."))
        if size.users == 0 and size.events:
            raise CommandError(_("Events are of people: say --users too."))
        made = create_demo_data()
        self.stdout.write(_("Demo data made.") if made else _("There is a tenant already: nothing touched."))
        if size.tenants:
            self._make_crowd(size)

    def _make_crowd(self, size: Size) -> None:
        with _Bar() as bar:
            try:
                make_crowd(size, timezone.now(), bar)
            except CrowdExistsError:
                raise CommandError(_("The crowd was made already: nothing touched.")) from None
            except KeyboardInterrupt:
                bar.close()
                text = _("Interrupted: nothing of the crowd was kept. The same command makes it from the beginning.")
                raise CommandError(text, returncode=_INTERRUPTED) from None
        self.stdout.write(
            _("Made %(tenants)d tenants, %(users)d people and %(events)d events.")
            % {"tenants": size.tenants, "users": size.users, "events": size.events}
        )


class _Bar(tqdm):  # type: ignore[type-arg]  # generic for the stubs alone
    """How far the crowd is; on a terminal alone."""

    def __init__(self) -> None:
        # Not in rows: indexes take a part of the time.
        super().__init__(bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}", disable=None)

    def expect(self, work: float) -> None:
        self.total = work
        self.refresh()

    def advance(self, what: str, work: float) -> None:
        self.set_description(what, refresh=False)
        self.update(work)
