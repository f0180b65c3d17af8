"""The console's page for the login history: to read, find and filter. Nothing here adds, changes or deletes."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    DropdownFilter,
    FieldTextFilter,
)
from unfold.decorators import display

from accounts.event_names import names_of
from accounts.models import LoginEvent
from tenants.console import LargeTableAdmin, MomentFilter


class _KnownValueFilter(DropdownFilter):
    """Filters by a value that some app offers: finding the values in the table would read all of it."""

    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return list(names_of(self.field).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        value = self.value()
        return queryset.filter(**{self.field: value}) if value else queryset


class DialectFilter(_KnownValueFilter):
    title = _("dialect")
    parameter_name = field = "dialect"


class GrantFilter(_KnownValueFilter):
    title = _("grant type")
    parameter_name = field = "grant"


class ReasonFilter(_KnownValueFilter):
    title = _("reason")
    parameter_name = field = "reason"


@admin.register(LoginEvent)
class LoginEventAdmin(LargeTableAdmin):
    """Who, when, from where, through which client, and why it was refused."""

    tenant_path: ClassVar[str] = "tenant_id"
    platform_fields = ("tenant_code",)
    list_display = (
        "moment", "result", "kind", "account", "real_name", "tenant_code", "client", "dialect", "grant", "why",
        "address",
    )  # fmt: skip
    list_filter = (
        "outcome",
        "kind",
        ("time", MomentFilter),
        DialectFilter,
        GrantFilter,
        ReasonFilter,
        ("client_id", FieldTextFilter),
        ("tenant_code", FieldTextFilter),
    )
    list_filter_submit = True
    # Each of the words must be found; an address and a request id are searched for whole.
    search_fields = ("account", "real_name", "=address", "=request_id")
    search_help_text = _("Account, real name, address or request id")
    actions = ()
    fieldsets = (
        (None, {"fields": ("moment", "kind", "outcome", "why", "reason", "actor")}),
        (_("Person"), {"fields": ("account", "real_name", "user_id", "tenant_code", "tenant_name", "main_account")}),
        (_("Way in"), {"fields": ("client_id", "client_name", "dialect", "grant", "token_id")}),
        (_("Origin"), {"fields": ("address", "user_agent", "fingerprint", "request_id")}),
    )

    @display(description=_("time"), ordering="time")
    def moment(self, event: LoginEvent) -> str:
        return timezone.localtime(event.time).strftime("%Y-%m-%d %H:%M:%S")

    @display(description=_("outcome"), ordering="outcome", label={"allowed": "success", "refused": "danger"})
    def result(self, event: LoginEvent) -> tuple[str, str]:
        return event.outcome, event.get_outcome_display()

    @display(description=_("client"))
    def client(self, event: LoginEvent) -> str | None:
        return event.client_name or event.client_id or None

    @display(description=_("why"))
    def why(self, event: LoginEvent) -> Any:
        return names_of("reason").get(event.reason, event.reason) or None
