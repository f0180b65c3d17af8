"""The console's page for accounts with recent failures: to look, and to unlock."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import CharField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from accounts.admin.authority import person_of
from accounts.lockout import unlock
from accounts.models import Directory, Lockout
from tenants.console import ReadOnlyAdmin, ScopedFilter


@admin.register(Lockout)
class LockoutAdmin(ReadOnlyAdmin):
    """Deleting a row is unlocking: it leaves a login event that names who did it."""

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "delete": _("Unlock")}
    list_display = ("name", "tenant", "state", "failures", "failed_at", "locked_until")
    list_filter = (("tenant", ScopedFilter), "failed_at")
    search_fields = ("account",)
    ordering = ("-failed_at",)
    fieldsets = ((None, {"fields": ("tenant", "name", "failures", "failed_at", "locked_until")}),)
    readonly_fields = ("name",)
    actions = ("unlock_selected",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # A directory's rows begin with its id (accounts/directories/attempts.py).
        prefix = Concat(Cast("pk", CharField()), Value("\\"), output_field=CharField())
        row = ExpressionWrapper(OuterRef("account"), output_field=CharField())
        named = Directory.objects.annotate(row=row, prefix=prefix).filter(
            tenant=OuterRef("tenant"), row__startswith=F("prefix")
        )
        return super().get_queryset(request).annotate(directory_name=Subquery(named.values("name")[:1]))

    @display(description=_("account"), ordering="account")
    def name(self, lockout: Any) -> str:
        account: str = lockout.account
        if not lockout.at_directory or not lockout.directory_name:
            return account
        return f"{lockout.directory_name}\\{account.partition(chr(92))[2]}"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The read-only page's own answer is no; the permission and the scope still decide.
        return self._reaches(request, obj) and request.user.has_perm("accounts.delete_lockout")

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: entry for name, entry in super().get_actions(request).items() if name != "delete_selected"}

    @display(description=_("state"), label={"locked": "danger", "counting": "warning", "over": "info"})
    def state(self, lockout: Lockout) -> tuple[str, Any]:
        if lockout.locked_until is None:
            return "counting", _("failures counted")
        return ("locked", _("locked")) if lockout.locked_until > timezone.now() else ("over", _("lock is over"))

    @action(description=_("Unlock selected accounts"), permissions=["delete"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[Lockout]) -> None:
        rows = list(queryset.select_related("tenant"))
        self.log_deletions(request, rows)
        for lockout in rows:
            self.delete_model(request, lockout)
        self.message_user(
            request, ngettext("%d account was unlocked.", "%d accounts were unlocked.", len(rows)) % len(rows)
        )

    def delete_model(self, request: HttpRequest, obj: Lockout) -> None:
        unlock(obj, by=person_of(request).account, now=timezone.now(), account=self.name(obj))
