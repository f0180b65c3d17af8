"""The account page's section "Where you are signed in": the person's browsers. It must not know tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import logout
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.account_sections import ENDED_AT_MOST, SHOWN_AT_MOST, Action, Visit, row_asked_for
from accounts.devices import device_of
from accounts.models import BrowserSession
from accounts.session_ending import end_browser_session

REASON = "account_page"


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    device: str
    address: str
    since: datetime
    is_this: bool


class Browsers:
    """Each browser session that lasts. Ending one ends what came of it, those that outlast a logout included.

    A person who signs a browser out from afar does not trust it any longer.
    """

    name = "browsers"
    title = _("Where you are signed in")
    template = "account/sections/browsers.html"

    @property
    def actions(self) -> Mapping[str, Action]:
        return {"end": _end, "end-others": _end_others}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        sessions = list(_lasting(visit)[: SHOWN_AT_MOST + 1])
        # This browser's stands first, also where it is not among the latest.
        sessions = [visit.session, *(session for session in sessions if session.pk != visit.session.pk)]
        rows = [
            _Row(
                key=str(session.pk),
                device=device_of(session.user_agent),
                address=session.address or "",
                since=session.auth_time,
                is_this=session.pk == visit.session.pk,
            )
            for session in sessions
        ]
        return {"rows": rows[:SHOWN_AT_MOST], "has_others": len(rows) > 1, "has_more": len(rows) > SHOWN_AT_MOST}


def _lasting(visit: Visit) -> QuerySet[BrowserSession]:
    lasting = Q(ended_at=None, expires_at__gt=visit.now)
    return BrowserSession.objects.filter(lasting, user=visit.user).order_by("-auth_time", "-id")


def _end(visit: Visit) -> str:
    session = row_asked_for(BrowserSession.objects.filter(user=visit.user).select_related("user__tenant"), visit)
    if session.pk == visit.session.pk:
        # Django's own logout: the session that this request came in cannot be taken from under it.
        logout(visit.request)
        return gettext("You are signed out.")
    end_browser_session(visit.request, session, reason=REASON)
    return gettext("That browser is signed out.")


def _end_others(visit: Visit) -> str:
    others = list(_lasting(visit).exclude(pk=visit.session.pk).select_related("user__tenant")[: ENDED_AT_MOST + 1])
    number = sum(end_browser_session(visit.request, session, reason=REASON) for session in others[:ENDED_AT_MOST])
    if len(others) > ENDED_AT_MOST:
        return gettext("%d other browsers are signed out. There are more: press the button again.") % number
    return ngettext("%d other browser is signed out.", "%d other browsers are signed out.", number) % number
