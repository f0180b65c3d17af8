"""Makes the demo data of a development installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from oauthx.demo import create_demo_data


class Command(BaseCommand):
    help = "Make the demo tenants, people and clients, in an empty development installation only."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.HUFU_DEVELOPMENT:
            raise CommandError(_("Demo data are for ENVIRONMENT=development only: their passwords are public."))
        made = create_demo_data()
        self.stdout.write(_("Demo data made.") if made else _("There is a tenant already: nothing touched."))
