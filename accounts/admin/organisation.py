"""The console's pages for roles, posts and departments. They must not know users' pages, only their address."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db import transaction
from django.db.models import IntegerField, Model, OuterRef, QuerySet, Subquery
from django.forms import BaseModelFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.authority import grantable_permissions, may_grant, person_of
from accounts.admin.dept_tree import DeptTreePages
from accounts.admin.permissions import PermissionsField, permission_label
from accounts.admin.transfer.organisation import DeptResource, PostResource, RoleResource
from accounts.models import Dept, Post, Role, User, UserDept, UserPost, UserRole
from accounts.models.organisation import MAX_LEVELS, too_deep
from accounts.ready_made_roles import READY_MADE, permissions_of
from tenants.changes import collecting, note_lists
from tenants.console import BoundedList, ScopedFilter
from tenants.console.forms import ScopedModelForm
from tenants.console.transfer.pages import TransfersRows

# Counting a million people takes longer than reading a page.
_COUNTED_AT_MOST = 1000


class _Number(Subquery):
    """How many rows a limited query finds."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class _WithMembers(TransfersRows, BoundedList):
    """In their order, which can be typed in; with how many people each has, counted for the rows of one page."""

    ordering = ("sort", "id")
    list_editable = ("sort",)
    # The rows that tie people to these, by which key, and the filter of people's page.
    tie: ClassVar[tuple[type[Model], str, str]]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: QuerySet[Any] = super().get_queryset(request)
        # Asked for here, it is no longer asked for by the list itself.
        rows = rows.select_related(*(self.list_select_related or ("tenant",)))
        model, key, _filter = self.tie
        members = model._default_manager.filter(**{key: OuterRef("pk")}).order_by().values("pk")
        return rows.annotate(members=_Number(members[: _COUNTED_AT_MOST + 1]))

    @display(description=_("people"))
    def member_count(self, row: Any) -> Any:
        number = f"{_COUNTED_AT_MOST}+" if row.members > _COUNTED_AT_MOST else str(row.members)
        if not row.members:
            return number
        address = reverse("admin:accounts_user_changelist")
        query = urlencode({f"{self.tie[2]}__id__exact": row.pk})
        return format_html('<a href="{}?{}">{}</a>', address, query, number)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Django's; the list writes nothing but what it changes: its rows may have been moved since they were read."""
        if change and set(form.changed_data) <= set(self.list_editable):
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with self._members_noted([obj.pk]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with self._members_noted(list(queryset.values_list("pk", flat=True))):
            super().delete_queryset(request, queryset)

    @contextmanager
    def _members_noted(self, keys: list[Any]) -> Iterator[None]:
        """What the people had who lose one of these is read at once: the changes would ask for each by himself."""
        model, key, name = self.tie
        with transaction.atomic(), collecting():
            people = model._default_manager.filter(**{f"{key}__in": keys}).order_by().values_list("user_id", flat=True)
            note_lists(User, list(people.distinct()), name)
            yield

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's, in which the order of what the viewer may not change stays as it is."""
        page = self
        made: type[BaseModelFormSet[Any, Any]] = super().get_changelist_formset(request, **kwargs)

        class Changeable(made):  # type: ignore[valid-type, misc]  # made for this request
            def add_fields(self, form: Any, index: int | None) -> None:
                super().add_fields(form, index)
                if form.instance.pk and not page.has_change_permission(request, form.instance):
                    form.fields["sort"].disabled = True

        return Changeable


# Two new places, each right by itself, could make a circle together.
_IN_TURN = ("add", "change")


class _TreeForm(ScopedModelForm):
    """A row that takes along to its new place what stands below it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        above = cleaned.get("parent")
        # Of a row that has nothing below it, the model says so.
        if self.instance.pk and above is not None and "parent" in self.changed_data:
            height = _height(self.instance)
            if height > 1 and _level(above) + height > MAX_LEVELS:
                self.add_error("parent", too_deep())
        return cleaned


def _level(row: Any) -> int:
    """On which level it stands, 1 at the top; no further than there may be."""
    number = 1
    while row.parent is not None and number <= MAX_LEVELS:
        number, row = number + 1, row.parent
    return number


def _height(row: Any) -> int:
    """How many levels it makes with all that stands below it; no more than there may be."""
    number, level = 0, [row.pk]
    while level and number <= MAX_LEVELS:
        number += 1
        level = list(type(row)._default_manager.filter(parent__in=level).values_list("pk", flat=True))
    return number


@admin.register(Role)
class RoleAdmin(_WithMembers):
    """What people are to the apps, and what they may do in the console."""

    form = _TreeForm
    in_turn = _IN_TURN
    resource_class = RoleResource
    tie = (UserRole, "role", "roles")
    list_display = ("name", "alias", "tenant", "parent", "member_count", "sort")
    list_filter = (("tenant", ScopedFilter), ("parent", ScopedFilter))
    list_select_related = ("tenant", "parent")
    search_fields = ("name", "alias", "tenant__code")
    autocomplete_fields = ("tenant", "parent")
    fieldsets = (
        (None, {"fields": ("tenant", "name", "alias", "parent", "sort")}),
        (_("Sign-in"), {"fields": ("requires_second_factor",)}),
        (_("Console"), {"fields": ("permissions",)}),
    )
    change_form_outer_before_template = "console/start_from.html"

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Django's; with `start=` in the address, what that ready-made role would be, as far as the viewer has it."""
        initial = super().get_changeform_initial_data(request)
        start = READY_MADE.get(request.GET.get("start", ""))
        if start is None:
            return initial
        wanted = permissions_of(start, self.admin_site)
        offered = grantable_permissions(person_of(request), self.admin_site)
        held = [row.pk for row in offered if f"{row.content_type.app_label}.{row.codename}" in wanted]
        return {**initial, "name": str(start.name), "alias": start.alias, "permissions": held}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Django's, which offers roles to start from."""
        context = {**(extra_context or {}), "ready_made": READY_MADE, "start": request.GET.get("start", "")}
        return super().add_view(request, form_url, context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (not isinstance(obj, Role) or may_grant(person_of(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        if not isinstance(obj, Role):
            return allowed
        return allowed and may_grant(person_of(request), obj) and not _demands_of_viewer(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        # Who may only look reads names, not Django's codes.
        return [
            (title, {**options, "fields": _replaced(options["fields"], "permissions", "permission_labels")})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        demand = ["requires_second_factor"] if _demands_of_viewer(request, obj) else []
        return [*super().get_readonly_fields(request, obj), "permission_labels", *demand]

    @display(description=_("console permissions"))
    def permission_labels(self, role: Role) -> str:
        permissions = role.permissions.select_related("content_type")
        lines = [permission_label(self.admin_site, permission, with_page=True) for permission in permissions]
        return format_html('<span class="preserve-lines">{}</span>', "\n".join(lines)) if lines else ""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "permissions":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return PermissionsField(
            self.admin_site,
            queryset=grantable_permissions(person_of(request), self.admin_site),
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
        )


@admin.register(Post)
class PostAdmin(_WithMembers):
    """The positions that people hold."""

    resource_class = PostResource
    tie = (UserPost, "post", "posts")
    list_display = ("name", "code", "tenant", "member_count", "sort")
    list_filter = (("tenant", ScopedFilter),)
    search_fields = ("name", "code", "tenant__code")
    autocomplete_fields = ("tenant",)
    fieldsets = ((None, {"fields": ("tenant", "name", "code", "sort")}),)


@admin.register(Dept)
class DeptAdmin(DeptTreePages, _WithMembers):
    """The tenant's organisation, as a list and as a tree."""

    form = _TreeForm
    in_turn = _IN_TURN
    resource_class = DeptResource
    actions_list = (*DeptTreePages.actions_list, *_WithMembers.actions_list)
    tie = (UserDept, "dept", "depts")
    list_display = ("name", "category", "parent", "tenant", "member_count", "sort")
    list_filter = (("tenant", ScopedFilter), "category", ("parent", ScopedFilter))
    list_select_related = ("tenant", "parent")
    search_fields = ("name", "tenant__code")
    autocomplete_fields = ("tenant", "parent")
    fieldsets = ((None, {"fields": ("tenant", "name", "category", "parent", "sort")}),)


def _demands_of_viewer(request: HttpRequest, role: Role | None) -> bool:
    """Whether the role asks for the viewer's own second factor: then it is not he who lifts that."""
    viewer = person_of(request)
    if role is None or viewer.is_superuser:
        return False
    # As it is stored: what a form has just filled in does not count.
    return UserRole.objects.filter(user=viewer, role_id=role.pk, role__requires_second_factor=True).exists()


def _replaced(names: Any, name: str, replacement: str) -> list[Any]:
    return [replacement if other == name else other for other in names]
