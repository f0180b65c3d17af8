"""Addresses of the console's login history, filtered. It must not know who links to it."""

from collections.abc import Mapping
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import LoginEvent

# What the list's filter of kinds calls those by which one signs in: all of them together.
SIGN_INS = "sign_ins"
SIGN_IN_KINDS = (LoginEvent.Kind.TOKEN, LoginEvent.Kind.LOGIN)


def history_address(filters: Mapping[str, str], *, since: datetime | None = None, until: datetime | None = None) -> str:
    """The list of events with these values, from `since` on and before the minute of `until`."""
    query = dict(filters)
    for end, moment in (("from", since), ("to", until)):
        if moment is not None:
            local = timezone.localtime(moment)
            query |= {f"time_{end}_0": local.strftime("%Y-%m-%d"), f"time_{end}_1": local.strftime("%H:%M:%S")}
    return f"{reverse('admin:accounts_loginevent_changelist')}?{urlencode(query)}"
