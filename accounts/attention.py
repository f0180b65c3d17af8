"""What of people and gateways needs attention: locked accounts; directories, SMS gateways, mail server in trouble."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.event_names import names_of
from accounts.history_address import history_address
from accounts.models import Lockout, LoginEvent
from tenants.console.attention import Notice, source_for
from tenants.console.dashboard import Glance
from tenants.scoping import viewer_of, visible

# What a directory, a vendor or its settings did wrong, not a person.
_FAILURES = (
    *("directory_unreachable", "directory_timed_out", "directory_tls", "directory_address_forbidden"),
    *("directory_unwilling", "directory_service_account", "directory_base", "directory_rights"),
    *("sms_gateway_failed", "sms_gateway_missing", "sms_gateway_busy", "sms_cap_reached"),
    *("mail_server_failed", "mail_server_missing", "mail_server_busy"),
)
_LATELY = timedelta(hours=24)
# Nobody needs to know more exactly.
_MANY = 1000


@source_for("accounts.view_lockout")
def locked_accounts(glance: Glance) -> Iterator[Notice]:
    """How many accounts are locked now."""
    locked = visible(Lockout.objects.all(), viewer_of(glance.request)).filter(locked_until__gt=glance.now)
    number = locked.order_by()[:_MANY].count()
    if number:
        text = ngettext("%(number)d account is locked.", "%(number)d accounts are locked.", number)
        yield Notice(text % {"number": number}, f"{reverse('admin:accounts_lockout_changelist')}?state=locked")


@source_for("accounts.view_loginevent")
def failing_gateways(glance: Glance) -> Iterator[Notice]:
    """Sign-ins and messages of the last 24 hours that a directory or a vendor has let down."""
    since = glance.now - _LATELY
    events = visible(LoginEvent.objects.all(), viewer_of(glance.request), "tenant_id")
    rows = events.filter(reason__in=_FAILURES, time__gte=since).order_by()
    names = names_of("reason")
    for reason, number in rows.values_list("reason").annotate(number=Count("id")).order_by("-number", "reason"):
        text = ngettext(
            "%(number)d time in the last 24 hours: %(reason)s.",
            "%(number)d times in the last 24 hours: %(reason)s.",
            number,
        )
        address = history_address({"reason": reason}, since=since)
        yield Notice(text % {"number": number, "reason": names.get(reason, reason)}, address, is_urgent=True)
