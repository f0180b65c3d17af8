"""The dashboard's panel of who is signed in now, in browsers and in applications."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import BrowserSession
from oauthx.models import TokenFamily
from oauthx.online import online
from tenants.console.dashboard import Glance
from tenants.scoping import viewer_of, visible

# More are said to be "10,000 or more": counting all of them would take longer than the rest of the page.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to its list."""

    name: Any
    number: int
    address: str

    @property
    def is_bounded(self) -> bool:
        """Whether there may be more."""
        return self.number >= MOST


class Online:
    """How many sessions are open."""

    title = _("Online now")
    template = "console/panels/figures.html"
    permission = ""
    is_wide = False
    uses_span = False

    @staticmethod
    def context(glance: Glance) -> Mapping[str, Any]:
        user, viewer = glance.request.user, viewer_of(glance.request)
        figures = []
        if user.has_perm("accounts.view_browsersession"):
            browsers = visible(BrowserSession.objects.filter(ended_at=None), viewer, "user__tenant")
            open_ones = browsers.filter(expires_at__gt=glance.now)
            address = f"{reverse('admin:accounts_browsersession_changelist')}?state=open"
            figures.append(Figure(_("Browser sessions"), _bounded(open_ones), address))
        if user.has_perm("oauthx.view_tokenfamily"):
            families = online(visible(TokenFamily.objects.all(), viewer), glance.now)
            address = f"{reverse('admin:oauthx_tokenfamily_changelist')}?state=open"
            figures.append(Figure(_("Sessions of applications"), _bounded(families), address))
        return {"figures": figures}


def _bounded(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST].count()
