"""The pages that every page of the console derives from. They must not know which model they show."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.db.models import CASCADE, PROTECT, Model, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin, TabularInline

from tenants.changes import collecting, tracked
from tenants.console.at_once import AnswersTheOvertaken, OneAfterTheOther, is_overtaken
from tenants.console.choices import choices_for
from tenants.console.forms import ScopedInlineFormSet, ScopedModelForm
from tenants.console.keys import KeySelect, KeySelectMultiple, KeysField, is_key
from tenants.console.paging import BoundedPaginator
from tenants.console.secrets import SecretFormField
from tenants.console.select2 import speaking
from tenants.encryption import SecretField
from tenants.models import Tenant
from tenants.scoping import chosen_tenant, reaches, sees_all_tenants, viewer_of, visible

# How an allowed filter may end in an address: a secret column cannot be guessed at through one.
_LOOKUPS = {"", "exact", "isnull", "in", "gte", "lte", "gt", "lt", "icontains", "id__exact", "pk__exact"}
_NAMED_AT_MOST = 20


class _ScopedChoices:
    """Form fields offer what the viewer may see of the related model, and nothing else is accepted."""

    admin_site: Any
    get_autocomplete_fields: Any

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        return choices_for(self.admin_site, db_field.remote_field.model, viewer_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # of Django's class

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **{"form_class": KeysField, **kwargs})  # type: ignore[misc]  # of Django's class

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the menu to add, change or delete the related row from here: each model has its own page."""
        if isinstance(db_field, SecretField):
            return SecretFormField(
                label=capfirst(db_field.verbose_name), help_text=db_field.help_text, required=not db_field.blank
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # of Django's class
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
            field.widget.choices = field.choices
        return field


class ScopedModelAdmin(_ScopedChoices, AnswersTheOvertaken, OneAfterTheOther, ModelAdmin):
    """A model's pages, of which a person sees his tenant's part.

    Attributes:
        tenant_path: leads from the model to its tenant, as `scoping.visible` takes it.
        platform_fields: fields, columns and filters that only platform administrators see; `tenant` is always one.
        grantable: what a role may be allowed to do here, by the action of Django's permission.
        value_names: what values of a field are called that its model has no choices for, for a row of that tenant.
    """

    tenant_path: ClassVar[str] = "tenant"
    platform_fields: ClassVar[Sequence[str]] = ()
    grantable: ClassVar[Mapping[str, Any]] = {
        "view": _("View"),
        "add": _("Add"),
        "change": _("Change"),
        "delete": _("Delete"),
    }
    value_names: ClassVar[Mapping[str, Callable[[int | None], Iterable[tuple[str, Any]]]]] = {}
    form = ScopedModelForm
    list_per_page = 50
    view_on_site = False

    @property
    def media(self) -> Media:
        return speaking(super().media)

    # --- Rows -----------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), viewer_of(request), self.tenant_path)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, if the viewer may see it; what he may not see does not exist.

        Raises:
            Http404: Django would redirect, and so tell a stranger's row from none by the message.
        """
        field: Any = self.opts.get_field(from_field) if from_field else self.opts.pk
        row = super().get_object(request, object_id, from_field) if is_key(field, object_id) else None
        if row is None:
            raise Http404
        return row

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, obj) and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, obj) and super().has_delete_permission(request, obj)

    def _reaches(self, request: HttpRequest, obj: Any) -> bool:
        return not isinstance(obj, Model) or reaches(viewer_of(request), obj, self.tenant_path)

    # --- Forms, columns, filters ------------------------------------------------------------------------------------

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Django's, none of whose fields stands in an error report: many a form takes a password or a secret."""
        return super().changeform_view(request, *args, **kwargs)

    def _changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        """Django's, within its transaction: a row and what stands below it are one entry of the changes."""
        with collecting():
            return super()._changeform_view(*args, **kwargs)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's, of texts that are yet to be translated: each reader of the history gets his own language."""
        with override(None):
            kept = json.dumps(message, default=str) if isinstance(message, list) else str(message)
        return super().log_change(request, obj, kept)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        """Django's, without the way to a history where none is kept."""
        context = {**context, "show_history": tracked(self.model) is not None}
        return super().render_change_form(request, context, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Django's; a new row belongs to the tenant that a platform administrator works in."""
        chosen = chosen_tenant(viewer_of(request))
        return {**super().get_changeform_initial_data(request), **({} if chosen is None else {"tenant": chosen.pk})}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return _named_field(field) if db_field.name in self.list_editable else field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        # Django makes the class anew for each request.
        form.viewer, form.is_overtaken = viewer_of(request), is_overtaken(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if sees_all_tenants(viewer_of(request)):
            return fieldsets
        kept = [(title, {**options, "fields": self._shown(options["fields"])}) for title, options in fieldsets]
        return [(title, options) for title, options in kept if options["fields"]]

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if sees_all_tenants(viewer_of(request)) else self._shown(columns)

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        return filters if sees_all_tenants(viewer_of(request)) else self._shown(filters)

    def _shown(self, names: Sequence[Any]) -> list[Any]:
        """These without what is the platform's; a filter may be a pair that begins with its field."""
        hidden = {"tenant", *self.platform_fields}
        return [name for name in names if (name[0] if isinstance(name, tuple) else name) not in hidden]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list filters by: the address of a list may not ask for anything else."""
        try:
            self.model._meta.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:
            return bool(super().lookup_allowed(lookup, value, request))
        filters = self.get_list_filter(request) if request is not None else self.list_filter
        fields = [entry[0] if isinstance(entry, tuple) else entry for entry in filters]
        # A filter that is a class of its own has a parameter instead of a field.
        paths = [getattr(field, "parameter_name", field) for field in fields]
        return any(
            lookup == path or (lookup.startswith(f"{path}__") and lookup[len(path) + 2 :] in _LOOKUPS)
            for path in paths
            if isinstance(path, str)
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Django's; when a form asks (autocomplete), within the tenant that was chosen there."""
        if "\0" in search_term:
            return queryset.none(), False
        found, duplicates = super().get_search_results(request, queryset, search_term)
        tenant_id = request.GET.get("tenant", "")
        is_autocomplete = request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
        if is_autocomplete and tenant_id and self.tenant_path != "pk" and is_key(Tenant._meta.pk, tenant_id):
            found = found.filter(**{self.tenant_path: tenant_id})
        return found, duplicates

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Django's list.

        Raises:
            IncorrectLookupParameters: also for what PostgreSQL (NUL) or SQLite (a huge number) cannot be asked for.
        """
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        try:
            return super().get_changelist_instance(request)
        except OverflowError as error:
            raise IncorrectLookupParameters from error

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Django's answer to an action.

        Raises:
            BadRequest: something that was selected is no row's key.
        """
        if not all(is_key(self.opts.pk, value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest
        return super().response_action(request, queryset)

    # --- Deleting ---------------------------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would go: the rows by name, what goes with them as numbers, and by name what stands in the way.

        Django's own lists every row of a cascade, which for a person or a client is each token, and asks for the right
        to delete each.
        """
        rows = list(objs)
        names = [_named(row) for row in rows]
        counts: dict[Any, int] = {self.opts.verbose_name_plural: len(rows)}
        protected: list[str] = []
        for relation in self.model._meta.get_fields(include_hidden=True):
            on_delete = getattr(relation, "on_delete", None)
            if not relation.auto_created or on_delete not in {CASCADE, PROTECT}:
                continue
            related = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows})
            if on_delete is PROTECT:
                protected += [_named(row) for row in related[:_NAMED_AT_MOST]]
            elif number := related.count():
                name = _name_of_rows(relation.related_model)
                counts[name] = counts.get(name, 0) + number
        refused = any(not self.has_delete_permission(request, row) for row in rows)
        return names, counts, {self.opts.verbose_name} if refused else set(), protected


class ReadOnlyAdmin(ScopedModelAdmin):
    """Pages that show and never change; `fields` or `fieldsets` name all that is shown."""

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View")}

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's hook
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *flatten_fieldsets(self.get_fieldsets(request, obj))]


class BoundedList(ScopedModelAdmin):
    """Pages of a table that grows without end: nothing here counts all of it."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)
        # The theme takes a number that was not counted for another one than that of the results, and says so.
        changes.full_result_count = changes.result_count
        return changes


class LargeTableAdmin(BoundedList, ReadOnlyAdmin):
    """The same, which show and never change."""


class ScopedTabularInline(_ScopedChoices, TabularInline):
    """Rows below a row: who may change that one may change these."""

    formset = ScopedInlineFormSet
    extra = 0

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With its name for screen readers: in a table the column's heading is no label."""
        return _named_field(super().formfield_for_dbfield(db_field, request, **kwargs))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self._above().has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        above = self._above()
        return bool(above.has_add_permission(request) if obj is None else above.has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def _above(self) -> Any:
        return self.admin_site._registry[self.parent_model]


def _named_field(field: Any) -> Any:
    if field is not None and field.label:
        field.widget.attrs.setdefault("aria-label", field.label)
    return field


def _named(row: Model) -> str:
    return f"{capfirst(row._meta.verbose_name)}: {row}"


def _name_of_rows(model: type[Model]) -> Any:
    """What rows are called that go with another one; some have no name, since they only tie two such to each other."""
    is_tie = any(tie.remote_field.through is model for one in apps.get_models() for tie in one._meta.many_to_many)
    named = model._meta.original_attrs
    if is_tie or "verbose_name" not in named:
        return _("assignments")
    return model._meta.verbose_name_plural if "verbose_name_plural" in named else model._meta.verbose_name
