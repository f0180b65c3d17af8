"""What the login history is filtered by, and which of several filters finds the fewest rows.

Values are matched whole: each filter reads one index (`accounts/models/history.py`). It must not know pages.
"""

from ipaddress import ip_address
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.contrib.filters.forms import SearchForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.event_actors import address_told_to
from accounts.event_names import names_of
from accounts.history_address import SIGN_IN_KINDS, SIGN_INS
from accounts.models import LoginEvent
from accounts.models.history import UNINDEXED_DIALECTS, UNINDEXED_GRANTS
from tenants.console.keyset import LEADS_NOT
from tenants.models import Tenant
from tenants.scoping import Viewer, viewer_of

_LONGEST = 255


class _RankedFilter:
    """A filter by one column. `rank` orders several by how few rows they are likely to leave; the lowest leads.

    From LEADS_NOT on, no index finds the value: it is common, and newest rows are looked through for it.
    """

    field: ClassVar[str]
    rank: ClassVar[int]
    value: Any

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        return queryset.filter(self.condition())

    def condition(self) -> Q:
        """What a row must fulfil; an empty condition if nothing was asked."""
        value = (self.value() or "").strip()
        return self.condition_of(value) if value else Q()

    def condition_of(self, value: str) -> Q:
        return Q(**{self.field: value[:_LONGEST]})


class _ExactFilter(_RankedFilter, TextFilter):
    """A text field; what stands in it is looked for whole."""


class _ChoiceFilter(_RankedFilter, DropdownFilter):
    """A choice of values that some app offers: finding the values in the table would read all of it."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return list(names_of(self.field).items())


class RequestIdFilter(_ExactFilter):
    title = _("request id")
    parameter_name = field = "request_id"
    rank = 1


class AccountFilter(_ExactFilter):
    title = _("account")
    parameter_name = field = "account"
    rank = 2


class RealNameFilter(_ExactFilter):
    title = _("real name")
    parameter_name = field = "real_name"
    rank = 3


class _AddressForm(SearchForm):
    def __init__(self, name: str, label: str, **kwargs: Any) -> None:
        super().__init__(name=name, label=label, **kwargs)
        self.fields[name] = forms.GenericIPAddressField(label=label, required=False, widget=UnfoldAdminTextInputWidget)


class AddressFilter(_ExactFilter):
    title = _("address")
    parameter_name = field = "address"
    form_class = _AddressForm
    rank = 4

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self._viewer = viewer_of(request)
        super().__init__(request, params, model, model_admin)

    def condition_of(self, value: str) -> Q:
        return address_condition(value, self._viewer) or Q(pk__in=[])


class ReasonFilter(_ChoiceFilter):
    title = _("reason")
    parameter_name = field = "reason"
    rank = 5


class ClientFilter(_ExactFilter):
    title = _("client id")
    parameter_name = field = "client_id"
    rank = 6


class KindFilter(_ChoiceFilter):
    title = _("kind")
    parameter_name = field = "kind"

    @property
    def rank(self) -> int:  # type: ignore[override]  # most events are of one kind
        return LEADS_NOT if self.value() in {LoginEvent.Kind.TOKEN, SIGN_INS} else 7

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return [(SIGN_INS, _("sign-ins (token or browser)")), *LoginEvent.Kind.choices]

    def condition_of(self, value: str) -> Q:
        return Q(kind__in=SIGN_IN_KINDS) if value == SIGN_INS else super().condition_of(value)


class OutcomeFilter(_ChoiceFilter):
    title = _("outcome")
    parameter_name = field = "outcome"

    @property
    def rank(self) -> int:  # type: ignore[override]  # most attempts are allowed
        return 8 if self.value() == LoginEvent.Outcome.REFUSED else LEADS_NOT

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return list(LoginEvent.Outcome.choices)


class GrantFilter(_ChoiceFilter):
    title = _("grant type")
    parameter_name = field = "grant"

    @property
    def rank(self) -> int:  # type: ignore[override]  # as its index
        return LEADS_NOT if self.value() in UNINDEXED_GRANTS else 9


class DialectFilter(_ChoiceFilter):
    title = _("dialect")
    parameter_name = field = "dialect"

    @property
    def rank(self) -> int:  # type: ignore[override]  # as its index
        return LEADS_NOT if self.value() in UNINDEXED_DIALECTS else 9


class TenantFilter(_ExactFilter):
    """By code, for platform administrators; a code that was sent and is no tenant's is found as well."""

    title = _("tenant code")
    parameter_name = "tenant"
    field = "tenant_code"
    rank = 8

    def condition_of(self, value: str) -> Q:
        tenant_id = Tenant.objects.filter(code=value).values_list("pk", flat=True).first()
        return Q(tenant_id=tenant_id) if tenant_id is not None else Q(tenant_code=value)


def is_address(text: str) -> bool:
    """Whether this is an IP address, in any of its spellings."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def address_condition(text: str, viewer: Viewer) -> Q | None:
    """The events that tell the viewer of this IP address; None if it is none."""
    return Q(address=str(ip_address(text))) & address_told_to(viewer) if is_address(text) else None


def search_condition(rows: QuerySet[LoginEvent], text: str, viewer: Viewer) -> tuple[int, Q]:
    """What the one box for everything means, with its rank: an address, or the first column that knows the text.

    A condition on several columns at once would be more than one index finds. Asked are `rows` alone: nobody may learn
    what stands in others.
    """
    text = text.strip()[:_LONGEST]
    if (address := address_condition(text, viewer)) is not None:
        return AddressFilter.rank, address
    for column in (AccountFilter, RealNameFilter, RequestIdFilter, ClientFilter):
        condition = Q(**{column.field: text})
        if rows.filter(condition).exists():
            return column.rank, condition
    return AccountFilter.rank, Q(account=text)
