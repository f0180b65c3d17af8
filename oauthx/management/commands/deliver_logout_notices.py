"""Sends the logout notices that are due by hand; a running installation does so by itself."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from oauthx.logout.delivery import deliver_due
from oauthx.models import LogoutNotice


class Command(BaseCommand):
    help = "Tell applications of ended sessions (back-channel logout), as far as an attempt is due."

    def handle(self, *_args: Any, **_options: Any) -> None:
        attempts = deliver_due()
        waiting = LogoutNotice.objects.filter(given_up_at=None).count()
        self.stdout.write(
            _("%(attempts)d attempts made; %(waiting)d notices wait for their next one.")
            % {"attempts": attempts, "waiting": waiting}
        )
