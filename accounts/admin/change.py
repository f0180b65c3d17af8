"""The console's page for changes: to read, find and filter. Nothing here adds, changes or deletes."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, FieldTextFilter, TextFilter
from unfold.decorators import display

from accounts.change_texts import author_of, fields_of, is_of_viewers_tenant, kind_of, labels_of, model_of
from tenants.changes import tracked
from tenants.console import LargeTableAdmin, MomentFilter
from tenants.models import Change
from tenants.moments import show_moment
from tenants.scoping import Viewer, sees_all_tenants, viewer_of

_NAMED_FIELDS = 4


class KindFilter(DropdownFilter):
    """The kinds of objects that are recorded: finding them in the table would read all of it."""

    title = _("kind of object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        models = [model for model in model_admin.admin_site._registry if tracked(model) is not None]
        return sorted((model._meta.label_lower, capfirst(model._meta.verbose_name)) for model in models)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ActorFilter(TextFilter):
    title = _("done by (account)")
    parameter_name = "actor"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(_by_actor(str(value), viewer_of(request))) if value else queryset


class ObjectFilter(TextFilter):
    title = _("object (name or id)")
    parameter_name = "object"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        value = self.value()
        return queryset.filter(Q(object_name=value) | Q(object_id=value)) if value else queryset


@admin.register(Change)
class ChangeAdmin(LargeTableAdmin):
    """Who changed what, from which value to which, when and from where."""

    tenant_path: ClassVar[str] = "tenant_id"
    platform_fields = ("tenant_code",)
    list_display = (
        "moment",
        "done_by",
        "what",
        "kind_text",
        "object_text",
        "fields_text",
        "address_text",
        "tenant_code",
    )
    list_display_links = ("moment",)
    list_filter = (
        ("time", MomentFilter),
        ActorFilter,
        KindFilter,
        ObjectFilter,
        "action",
        ("tenant_code", FieldTextFilter),
    )
    list_filter_submit = True
    search_fields = ("object_name",)
    search_help_text = _("How the object's name begins, or a whole account, address or request id")
    ordering = ("-time", "-id")
    # Any other order of millions would have to be made first.
    sortable_by = ("moment",)
    actions = ()
    fieldsets = (
        (None, {"fields": ("moment", "action_text", "kind_text", "object_link", "tenant_code")}),
        (_("Done by"), {"fields": ("done_by", "address_text", "request_id_text")}),
        (_("Fields"), {"fields": ("fields_table",)}),
    )

    # --- Rows --------------------------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        row.viewer = viewer_of(request)
        return row

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        rows = list(changes.result_list)
        for row in rows:
            row.viewer = viewer_of(request)
        changes.result_list = rows
        return changes

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By whole values and beginnings, which indexes know: the table grows without end."""
        term = search_term.strip()
        if "\0" in term or not term:
            return (queryset.none() if term else queryset), False
        found = Q(object_name__startswith=term) | Q(request_id=term) | _by_actor(term, viewer_of(request))
        if _is_address(term):
            found |= Q(address=term) & _by_own_people(viewer_of(request))
        return queryset.filter(found), False

    # --- Columns -----------------------------------------------------------------------------------------------------

    @display(description=_("time"), ordering="time")
    def moment(self, entry: Change) -> str:
        return show_moment(entry.time)

    @display(description=_("done by"))
    def done_by(self, entry: Any) -> str:
        return author_of(entry, entry.viewer)

    @display(description=_("action"), label={"create": "success", "update": "info", "delete": "danger"})
    def what(self, entry: Change) -> tuple[str, str]:
        return entry.action, entry.get_action_display()

    @display(description=_("action"))
    def action_text(self, entry: Change) -> str:
        return entry.get_action_display()

    @display(description=_("kind of object"))
    def kind_text(self, entry: Change) -> str:
        return kind_of(entry)

    @display(description=_("object"))
    def object_text(self, entry: Change) -> str:
        return entry.object_name or entry.object_id

    @display(description=_("object"))
    def object_link(self, entry: Any) -> Any:
        """Its name as it was, with a link to its page, if it is still there."""
        model = model_of(entry)
        name = f"{entry.object_name} (#{entry.object_id})"
        if model is None or not self.admin_site.is_registered(model) or not _may_look_at(model, entry.viewer):
            return name
        if not model._base_manager.filter(pk=entry.object_id).exists():
            return name
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[entry.object_id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, name)

    @display(description=_("fields"))
    def fields_text(self, entry: Any) -> str:
        labels = labels_of(entry, entry.viewer, self.admin_site)
        return ", ".join(labels[:_NAMED_FIELDS]) + (" …" if len(labels) > _NAMED_FIELDS else "")

    @display(description=_("address"))
    def address_text(self, entry: Any) -> str | None:
        return entry.address if is_of_viewers_tenant(entry, entry.viewer) else None

    @display(description=_("request id"))
    def request_id_text(self, entry: Any) -> str | None:
        return entry.request_id or None

    @display(description=_("what changed"))
    def fields_table(self, entry: Any) -> str:
        fields = fields_of(entry, entry.viewer, self.admin_site)
        return render_to_string("console/changed_fields.html", {"fields": fields, "action": entry.action})


def _may_look_at(model: type[Model], viewer: Any) -> bool:
    name = f"{model._meta.app_label}.{{}}_{model._meta.model_name}"
    return any(viewer.has_perm(name.format(action)) for action in ("view", "change"))


def _by_own_people(viewer: Viewer) -> Q:
    """Whoever asks for somebody of another tenant learns nothing, not even that he is there."""
    return Q() if sees_all_tenants(viewer) else Q(actor_tenant_id=viewer.tenant_id)


def _by_actor(account: str, viewer: Viewer) -> Q:
    return Q(actor_account=account) & _by_own_people(viewer)


def _is_address(term: str) -> bool:
    try:
        Change._meta.get_field("address").run_validators(term)
    except ValidationError:
        return False
    return True
