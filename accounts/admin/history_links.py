"""Where one can go on from a login event: to its person, client, tenant and lock, as far as the viewer may.

It must not know clients: the app that has them offers the way to theirs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Lockout, LoginEvent, User
from tenants.models import Tenant

# By which columns of a model's rows the event names one; all of them must be known.
Lookup = Callable[[LoginEvent], Mapping[str, Any]]
_offered: list[tuple[Any, type[Model], Lookup]] = []


@dataclass(frozen=True, slots=True)
class Link:
    """A way on: what it is called, and where it leads."""

    text: str
    address: str


def offer(text: Any, model: type[Model], lookup: Lookup) -> None:
    """Let an app say how an event leads to a row of its own."""
    _offered.append((text, model, lookup))


def links_of(event: LoginEvent, request: HttpRequest, site: AdminSite) -> list[Link]:
    """The pages of what this event is about, without those that the viewer may not open or that are gone."""
    return [*_rows_of(event, request, site), *_lists_of(event)]


def _rows_of(event: LoginEvent, request: HttpRequest, site: AdminSite) -> Iterator[Link]:
    for text, model, lookup in _offered:
        page, sought = site._registry.get(model), lookup(event)
        if page is None or not page.has_view_permission(request) or not all(sought.values()):
            continue
        # The page's own rows: what the viewer may not see is not there.
        row = page.get_queryset(request).filter(**sought).first()
        if row is not None:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
            yield Link(str(text), reverse(name, args=[row.pk]))


def _lists_of(event: LoginEvent) -> Iterator[Link]:
    history = reverse("admin:accounts_loginevent_changelist")
    for text, parameter, value in (
        (gettext("More of this account"), "account", event.account),
        (gettext("More from this address"), "address", event.address),
        (gettext("More with this request id"), "request_id", event.request_id),
    ):
        if value:
            yield Link(text, f"{history}?{urlencode({parameter: value})}")


offer(_("The person"), User, lambda event: {"pk": event.user_id})
offer(_("The tenant"), Tenant, lambda event: {"pk": event.tenant_id})
offer(_("The lock"), Lockout, lambda event: {"tenant_id": event.tenant_id, "account": event.account})
