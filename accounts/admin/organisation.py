"""The console's pages for roles, posts and departments. They must not know users' pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.authority import grantable_permissions, may_grant, person_of
from accounts.admin.permissions import PermissionsField, permission_label
from accounts.admin.transfer.organisation import DeptResource, PostResource, RoleResource
from accounts.models import Dept, Post, Role
from accounts.ready_made_roles import READY_MADE, permissions_of
from tenants.console import ScopedFilter
from tenants.console.transfer.pages import TransfersRows


class _WithMembers(TransfersRows):
    """Counts the people below, for the rows of one page."""

    ordering = ("sort", "id")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: QuerySet[Any] = super().get_queryset(request).select_related("tenant")
        return rows.annotate(members=Count("users", distinct=True))

    @display(description=_("people"), ordering="members")
    def member_count(self, row: Any) -> int:
        return int(row.members)


@admin.register(Role)
class RoleAdmin(_WithMembers):
    """What people are to the apps, and what they may do in the console."""

    resource_class = RoleResource
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
        return allowed and (not isinstance(obj, Role) or may_grant(person_of(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        # Who may only look reads names, not Django's codes.
        return [
            (title, {**options, "fields": _replaced(options["fields"], "permissions", "permission_labels")})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "permission_labels"]

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
            label=db_field.verbose_name,
            help_text=db_field.help_text,
        )


@admin.register(Post)
class PostAdmin(_WithMembers):
    """The positions that people hold."""

    resource_class = PostResource
    list_display = ("name", "code", "tenant", "member_count", "sort")
    list_filter = (("tenant", ScopedFilter),)
    search_fields = ("name", "code", "tenant__code")
    autocomplete_fields = ("tenant",)
    fieldsets = ((None, {"fields": ("tenant", "name", "code", "sort")}),)


@admin.register(Dept)
class DeptAdmin(_WithMembers):
    """The tenant's organisation tree."""

    resource_class = DeptResource
    list_display = ("name", "category", "parent", "tenant", "member_count", "sort")
    list_filter = (("tenant", ScopedFilter), "category", ("parent", ScopedFilter))
    list_select_related = ("tenant", "parent")
    search_fields = ("name", "tenant__code")
    autocomplete_fields = ("tenant", "parent")
    fieldsets = ((None, {"fields": ("tenant", "name", "category", "parent", "sort")}),)


def _replaced(names: Any, name: str, replacement: str) -> list[Any]:
    return [replacement if other == name else other for other in names]
