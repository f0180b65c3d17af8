"""The account page's section "Recent activity": what the login history knows of this person, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.account_sections import Action, Visit
from accounts.devices import device_of
from accounts.event_actors import as_told_to
from accounts.event_names import names_of
from accounts.models import LoginEvent

SHOWN = 10
# An app renews its tokens every hour without anybody near (RFC 6749 section 6): that would hide all the rest.
_RENEWAL = {"kind": LoginEvent.Kind.TOKEN, "outcome": LoginEvent.Outcome.ALLOWED, "grant": "refresh_token"}
_DONE: dict[str, Any] = {
    LoginEvent.Kind.TOKEN: _("Signed in"),
    LoginEvent.Kind.LOGIN: _("Signed in"),
    LoginEvent.Kind.LOGOUT: _("Signed out"),
    LoginEvent.Kind.LOCKOUT: _("Account locked"),
    LoginEvent.Kind.UNLOCK: _("Account unlocked"),
    LoginEvent.Kind.BIND: _("Identity bound"),
    LoginEvent.Kind.UNBIND: _("Identity unbound"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    time: datetime
    what: str
    why: str
    client: str
    device: str
    address: str
    is_refusal: bool


class RecentSignIns:
    """The last events of the person, refused ones included: somebody else may have tried."""

    name = "recent"
    title = _("Recent activity")
    template = "account/sections/recent.html"
    actions: Mapping[str, Action] = {}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        # Of his own tenant alone: an id may have been another tenant's before.
        mine = LoginEvent.objects.filter(user_id=visit.user.pk, tenant_id=visit.user.tenant_id)
        events = mine.exclude(**_RENEWAL).order_by("-time", "-id")
        reasons = names_of("reason")
        return {
            "rows": [_row_of(as_told_to(visit.user, event), reasons) for event in events[:SHOWN]],
            "zone": visit.user.tenant.time_zone,
        }


def _row_of(event: LoginEvent, reasons: Mapping[str, Any]) -> _Row:
    is_lockout = event.kind == LoginEvent.Kind.LOCKOUT
    is_refusal = event.outcome == LoginEvent.Outcome.REFUSED
    return _Row(
        time=event.time,
        # A lockout stands in the history as the refusal that brought it.
        what=gettext("Refused")
        if is_refusal and not is_lockout
        else capfirst(str(_DONE.get(event.kind, event.get_kind_display()))),
        # One without a name is nothing that a person could do something about.
        why=str(reasons.get(event.reason, "")),
        client=event.client_name or event.client_id,
        device=device_of(event.user_agent),
        address=event.address or "",
        is_refusal=is_refusal,
    )
