"""The console's page for the login history: to read, find, filter, explain and export. Nothing here changes a row."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from accounts.admin.authority import person_of
from accounts.admin.history_filters import (
    AccountFilter,
    AddressFilter,
    ClientFilter,
    DialectFilter,
    GrantFilter,
    KindFilter,
    OutcomeFilter,
    RealNameFilter,
    ReasonFilter,
    RequestIdFilter,
    TenantFilter,
    is_address,
    search_condition,
)
from accounts.admin.history_links import links_of
from accounts.event_actors import as_told_to
from accounts.event_names import name_and_value, name_of
from accounts.explanations import explain
from accounts.history_export import FORMATS, export_response
from accounts.models import LoginEvent
from tenants.console import KeysetChangeList, LargeTableAdmin, MomentFilter
from tenants.moments import show_moment
from tenants.scoping import sees_all_tenants, viewer_of


class HistoryList(KeysetChangeList):
    """The list, of which each row is what the viewer may know."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        viewer = viewer_of(request)
        self.result_list = [as_told_to(viewer, event) for event in self.result_list]


@admin.register(LoginEvent)
class LoginEventAdmin(LargeTableAdmin):
    """Who, when, from where, through which client, and why it was refused."""

    tenant_path: ClassVar[str] = "tenant_id"
    platform_fields = ("tenant_code",)
    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "export": _("Export")}
    list_display = (
        "moment", "result", "kind", "account", "real_name", "tenant_code", "client", "dialect", "way_in", "why",
        "address",
    )  # fmt: skip
    list_filter = (
        ("time", MomentFilter),
        OutcomeFilter,
        KindFilter,
        ReasonFilter,
        AccountFilter,
        RealNameFilter,
        AddressFilter,
        ClientFilter,
        GrantFilter,
        DialectFilter,
        TenantFilter,
        RequestIdFilter,
    )
    list_filter_submit = True
    # One order alone, that of the key by which pages are found.
    sortable_by = ()
    # Not Django's search, which reads every row: `get_search_results`.
    search_fields = ("account",)
    search_help_text = _("Account, real name, address, request id or client id, in full")
    list_before_template = "console/history_tools.html"
    change_form_before_template = "console/history_explanation.html"
    actions = ()
    fieldsets = (
        (None, {"fields": ("moment", "kind", "outcome", "why", "reason", "actor", "detail")}),
        (_("Person"), {"fields": ("account", "real_name", "user_id", "tenant_code", "tenant_name", "main_account")}),
        (_("Way in"), {"fields": ("client_id", "client_name", "dialect", "way_in_full", "token_id")}),
        (_("Origin"), {"fields": ("address", "user_agent", "fingerprint", "request_id")}),
    )

    @display(description=_("time"))
    def moment(self, event: LoginEvent) -> str:
        return show_moment(event.time)

    @display(description=_("outcome"), label={"allowed": "success", "refused": "danger"})
    def result(self, event: LoginEvent) -> tuple[str, str]:
        return event.outcome, event.get_outcome_display()

    @display(description=_("client"))
    def client(self, event: LoginEvent) -> str | None:
        return event.client_name or event.client_id or None

    @display(description=_("grant"))
    def way_in(self, event: LoginEvent) -> Any:
        return name_of("grant", event.grant) or None

    @display(description=_("grant"))
    def way_in_full(self, event: LoginEvent) -> str | None:
        return name_and_value("grant", event.grant) or None

    @display(description=_("why"))
    def why(self, event: LoginEvent) -> Any:
        return name_of("reason", event.reason) or None

    # --- The list -------------------------------------------------------------------------------------------------

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        return (
            filters if sees_all_tenants(viewer_of(request)) else [each for each in filters if each is not TenantFilter]
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ARG002 - Django's hook
        return HistoryList

    def search_condition(self, request: HttpRequest, rows: QuerySet[LoginEvent], text: str) -> tuple[int, Q]:
        return search_condition(rows, text, viewer_of(request))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        if "\0" in search_term:
            return queryset.none(), False
        _rank, condition = self.search_condition(request, self.get_queryset(request), search_term)
        return queryset.filter(condition), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        address = request.GET.get(AddressFilter.parameter_name, "").strip()
        context = {
            **(extra_context or {}),
            "may_export": self.has_export_permission(request),
            # The field stands in a panel that is closed at first.
            "not_an_address": address if address and not is_address(address) else "",
        }
        return super().changelist_view(request, context)

    # --- One row --------------------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        event = super().get_object(request, object_id, from_field)
        return None if event is None else as_told_to(viewer_of(request), event)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = {**(extra_context or {})}
        event = self.get_object(request, object_id) if object_id else None
        if event is not None and self.has_view_permission(request, event):
            context |= {"explanation": explain(event), "links": links_of(event, request, self.admin_site)}
        return super().changeform_view(request, object_id, form_url, context)

    # --- Export ---------------------------------------------------------------------------------------------------

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.export_loginevent")) and self.has_view_permission(request)

    def get_urls(self) -> Any:
        export = self.admin_site.admin_view(require_POST(self.export))
        return [path("export/", export, name="accounts_loginevent_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """All rows that the list would show with this address, as a file.

        Raises:
            PermissionDenied: the viewer may not export, or asks for a format that there is not.
            BadRequest: the list would not understand this address either.
        """
        file_format = FORMATS.get(request.POST.get("format", ""))
        if file_format is None or not self.has_export_permission(request):
            raise PermissionDenied
        try:
            events = self.get_changelist_instance(request).search().matching
        except IncorrectLookupParameters as error:
            raise BadRequest from error
        if not file_format.takes(events):
            text = gettext("A workbook takes %(limit)d rows at the most: narrow the list by its filters, or take CSV.")
            self.message_user(request, text % {"limit": file_format.rows_at_most}, messages.ERROR)
            return HttpResponseRedirect(f"{reverse('admin:accounts_loginevent_changelist')}?{request.GET.urlencode()}")
        with_tenant = sees_all_tenants(viewer_of(request))
        return export_response(request, events, file_format, person_of(request), with_tenant=with_tenant)
