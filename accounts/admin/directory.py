"""The console's page for a tenant's directories: settings, groups' roles, a trial, and synchronising by hand.

Whoever may change a directory could sign in as everybody whom it knows, and whoever adds one or changes the order could
have the passwords sent to it that are meant for another: so only those may who may do no less than everybody whom the
tenant's directories know.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from accounts.admin.authority import assignable_roles, may_grant, may_manage_all, person_of
from accounts.directories.people import identities_of
from accounts.directories.runs import AlreadyRunningError, Run, carry_out_in_background, is_running, start
from accounts.directories.trial import try_directory
from accounts.event_names import name_of
from accounts.models import Directory, DirectoryGroup, DirectorySync, Role, SocialIdentity, User
from tenants.console import (
    Finding,
    ScopedFilter,
    ScopedModelAdmin,
    ScopedModelForm,
    ScopedTabularInline,
    TestsConnection,
)

# Where the service account's password is sent, and as whose.
_DESTINATION = ("servers", "ca_certificates", "service_account")
_PROBLEMS = {
    "too_many_would_go": _(
        "More people would have been disabled than the directory's settings allow. Nothing was changed."
    ),
    "nobody_found": _("Nobody was found below the base DN. Nothing was changed."),
    "overtaken": _("It was not heard of for minutes, so another one was begun. What it had brought stays."),
}
_KINDS = {
    "created": _("new"),
    "changed": _("changed"),
    "disabled": _("disabled"),
    "enabled": _("enabled again"),
    "skipped": _("left out"),
    "department": _("department"),
    "going": _("would go"),
    "known": _("known"),
}


class DirectoryForm(ScopedModelForm):
    """A stored password goes to no other server than the one that it was entered for."""

    def clean(self) -> dict[str, Any]:
        typed = bool(self.data.get(self.add_prefix("service_password")))
        super().clean()
        if self.instance.pk and not typed and any(self._goes_elsewhere(name) for name in _DESTINATION):
            self.add_error("service_password", _("Type it in again: it would be sent to other servers than before."))
        foreign = [role for role in self.cleaned_data.get("default_roles", ()) if role.tenant_id != self.tenant_id]
        if foreign:
            self.add_error("default_roles", _("This belongs to another tenant."))
        self._refuse_taken_domains()
        return self.cleaned_data

    def _refuse_taken_domains(self) -> None:
        """A name with a domain is asked of one directory: of which may not depend on their order."""
        if self.tenant_id is None:
            return
        named = frozenset(str(self.cleaned_data.get("domains", "")).lower().split())
        others = Directory.objects.filter(tenant_id=self.tenant_id).exclude(pk=self.instance.pk)
        taken = sorted({name for other in others for name in other.domain_names & named})
        if taken:
            self.add_error("domains", _("Another directory has this domain: %s") % ", ".join(taken))

    def _goes_elsewhere(self, name: str) -> bool:
        """Whether this field says something else than before, however its lines are broken."""
        return str(self.initial.get(name, "")).split() != str(self.cleaned_data.get(name, "")).split()


class _OffersAssignableRoles:
    """Nobody gives a role away that allows more than he may himself."""

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        rows: QuerySet[Any] = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]  # of the page
        is_role = db_field.remote_field.model is Role
        return assignable_roles(rows, person_of(request)) if is_role else rows


class DirectoryGroupInline(_OffersAssignableRoles, ScopedTabularInline):
    model = DirectoryGroup
    fields = ("sid", "name", "role")
    autocomplete_fields = ("role",)


@admin.register(Directory)
class DirectoryAdmin(_OffersAssignableRoles, TestsConnection, ScopedModelAdmin):
    """Active Directories whose people sign in here."""

    form = DirectoryForm
    list_display = ("name", "tenant", "position", "base_dn", "state", "last_synchronised")
    list_filter = (("tenant", ScopedFilter), "is_active")
    list_select_related = ("tenant",)
    search_fields = ("name", "base_dn", "tenant__code")
    autocomplete_fields = ("tenant", "default_roles")
    ordering = ("tenant", "position", "pk")
    readonly_fields = ("created_at", "updated_at")
    inlines = (DirectoryGroupInline,)
    actions_detail = ("test_connection", "synchronise")
    fieldsets = (
        (None, {"fields": ("tenant", "name", "position", "is_active")}),
        (_("Domain controllers"), {"fields": ("servers", "ca_certificates")}),
        (_("Search"), {"fields": ("base_dn", "service_account", "service_password", "domains")}),
        (
            _("Attributes"),
            {
                "fields": (
                    "name_attribute", "mail_attribute", "phone_attribute", "job_number_attribute",
                    "department_attribute",
                ),
                "description": _(
                    "What a person's fields are filled from at each sign-in, also with nothing."
                    " An empty line leaves the field to the console."
                ),
            },
        ),
        (_("People"), {"fields": ("create_users", "default_roles", "max_deletions_percent")}),
        (_("Protection against lockouts"), {"fields": ("attempt_limit", "attempt_minutes")}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        viewer = person_of(request)
        return super().has_add_permission(request) and _commands(viewer, viewer.tenant_id)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """By his own permissions alone: this is asked on every page of the console, for its list of pages."""
        return {
            "view": self.has_view_permission(request),
            "add": super().has_add_permission(request),
            "change": self.has_change_permission(request),
            "delete": self.has_delete_permission(request),
        }

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _commands_all_beside(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _commands_all_beside(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, refused, protected = super().get_deleted_objects(objs, request)
        for directory in objs:
            known = identities_of(directory).count()
            if known:
                # Another directory for the same domain would make all of them once more.
                protected.append(
                    ngettext(
                        "%(number)d person is known by %(directory)s: make it inactive instead.",
                        "%(number)d people are known by %(directory)s: make it inactive instead.",
                        known,
                    )
                    % {"number": known, "directory": directory}
                )
        return names, counts, refused, protected

    @display(description=_("state"), label={"active": "success", "disabled": "danger"})
    def state(self, directory: Directory) -> tuple[str, Any]:
        return ("active", _("in use")) if directory.is_active else ("disabled", _("disabled"))

    @display(description=_("synchronised"))
    def last_synchronised(self, directory: Directory) -> Any:
        last = directory.syncs.filter(is_preview=False, problem="").exclude(finished_at=None).first()
        return last.finished_at if last else None

    def try_connection(self, request: HttpRequest, row: Directory) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """From the name servers to a person below the base."""
        return try_directory(row)

    @action(description=_("Synchronise"), url_path="synchronise", icon="sync")
    def synchronise(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the last runs; start a preview or a synchronisation, which goes on behind the page."""
        directory = self.get_object(request, object_id)
        if not self.has_change_permission(request, directory):
            raise PermissionDenied
        if request.method == "POST":
            self._start(request, directory, is_preview="preview" in request.POST)
            return HttpResponseRedirect(reverse("admin:accounts_directory_synchronise", args=[directory.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": directory,
            "title": _("Synchronise"),
            "subtitle": str(directory),
            "is_running": is_running(directory, timezone.now()),
            "runs": [_shown(run, is_last=number == 0) for number, run in enumerate(directory.syncs.all()[:5])],
        }
        return TemplateResponse(request, "console/synchronise_directory.html", context)

    def _start(self, request: HttpRequest, directory: Directory, *, is_preview: bool) -> None:
        if not directory.is_active:
            self.message_user(request, _("The directory is not active."), messages.WARNING)
            return
        actor = person_of(request).account
        try:
            row = start(directory, is_preview=is_preview, actor=actor, now=timezone.now())
        except AlreadyRunningError:
            self.message_user(request, _("A synchronisation is under way already."))
            return
        if not is_preview:
            self.log_change(request, directory, _("Synchronise"))
        carry_out_in_background(Run(row))


def _commands_all_beside(request: HttpRequest, obj: Any) -> bool:
    return not isinstance(obj, Directory) or _commands(person_of(request), obj.tenant_id)


def _commands(viewer: User, tenant_id: int) -> bool:
    """Whether he may do no less than anybody whom one of the tenant's directories lets in, or gives a role."""
    keys = list(Directory.objects.filter(tenant_id=tenant_id).values_list("pk", flat=True))
    by_group = DirectoryGroup.objects.filter(directory__in=keys).values("role")
    by_default = Directory.default_roles.through.objects.filter(directory__in=keys).values("role")
    given = Role.objects.filter(Q(pk__in=by_group) | Q(pk__in=by_default))
    known = SocialIdentity.objects.filter(
        tenant_id=tenant_id, provider=SocialIdentity.Provider.DIRECTORY, app__in=[str(key) for key in keys]
    )
    people = User.objects.filter(pk__in=known.values("user"))
    return all(may_grant(viewer, role) for role in given) and may_manage_all(viewer, people)


def _shown(run: DirectorySync, *, is_last: bool) -> dict[str, Any]:
    """A run as the page shows it; only the last one with its changes."""
    return {
        "run": run,
        "is_over": run.finished_at is not None,
        "problem": _PROBLEMS.get(run.problem) or name_of("reason", run.problem),
        "counts": [(_KINDS.get(kind, kind), number) for kind, number in sorted(run.counts.items())],
        "changes": [(_KINDS.get(kind, kind), name, detail) for kind, name, detail in run.changes] if is_last else [],
    }
