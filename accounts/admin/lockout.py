"""The console's page for accounts with recent failures: to look, and to unlock."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from accounts.admin.authority import person_of, unmanageable
from accounts.authority import may_manage, may_reset_factors
from accounts.lockout import unlock
from accounts.models import Directory, Lockout, SocialIdentity, User
from accounts.origin import origin_of
from tenants.console import LargeTableAdmin, ScopedFilter


class StateFilter(DropdownFilter):
    """Whose account is locked now, and of whom wrong passwords are counted."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return [("locked", _("locked")), ("counting", _("failures counted")), ("over", _("lock is over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        now = timezone.now()
        states: dict[str, dict[str, Any]] = {
            "locked": {"locked_until__gt": now},
            "counting": {"locked_until": None},
            "over": {"locked_until__lte": now},
        }
        return queryset.filter(**states.get(self.value() or "", {}))


@admin.register(Lockout)
class LockoutAdmin(LargeTableAdmin):
    """Deleting a row is unlocking: it leaves a login event that names who did it."""

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "delete": _("Unlock")}
    list_display = ("name", "tenant", "state", "failures", "failed_at", "locked_until")
    list_filter = (StateFilter, ("tenant", ScopedFilter), "failed_at")
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
        may = self._reaches(request, obj) and request.user.has_perm("accounts.delete_lockout")
        return may and (not isinstance(obj, Lockout) or _may_unlock(person_of(request), obj))

    def get_actions(self, request: HttpRequest) -> Any:
        return {name: entry for name, entry in super().get_actions(request).items() if name != "delete_selected"}

    @display(description=_("state"), label={"locked": "danger", "counting": "warning", "over": "info"})
    def state(self, lockout: Lockout) -> tuple[str, Any]:
        if lockout.locked_until is None:
            return "counting", _("failures counted")
        return ("locked", _("locked")) if lockout.locked_until > timezone.now() else ("over", _("lock is over"))

    @action(description=_("Unlock selected accounts"), permissions=["delete"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[Lockout]) -> None:
        found = list(queryset.select_related("tenant"))
        rows = [lockout for lockout in found if self.has_delete_permission(request, lockout)]
        if len(rows) < len(found):
            names = ", ".join(str(lockout) for lockout in found if lockout not in rows)
            self.message_user(request, _("You may not do that to: %s") % names, messages.WARNING)
        self.log_deletions(request, rows)
        for lockout in rows:
            self.delete_model(request, lockout)
        self.message_user(
            request, ngettext("%d account was unlocked.", "%d accounts were unlocked.", len(rows)) % len(rows)
        )

    def delete_model(self, request: HttpRequest, obj: Lockout) -> None:
        viewer, person = person_of(request), _owner(obj)
        unlock(
            obj,
            by=viewer.account,
            now=timezone.now(),
            origin=origin_of(request),
            account=self.name(obj),
            forgets_codes=person is not None and may_reset_factors(viewer, person),
        )


def _may_unlock(viewer: User, lockout: Lockout) -> bool:
    """Nobody helps guesses at the password of somebody who may do more than he; an account may be nobody's."""
    if lockout.at_directory:
        return _may_unlock_at_directory(viewer, lockout)
    person = _owner(lockout)
    return person is None or may_manage(viewer, person)


def _owner(lockout: Lockout) -> User | None:
    if lockout.at_directory:
        return None
    return User.objects.filter(tenant_id=lockout.tenant_id, account=lockout.account).first()


def _may_unlock_at_directory(viewer: User, lockout: Lockout) -> bool:
    """The same by the directory's own name, which its person need not bear here (`accounts/directories/people.py`)."""
    directory_id, _sign, name = lockout.account.partition("\\")
    bound = SocialIdentity.objects.filter(
        user=OuterRef("pk"),
        tenant_id=lockout.tenant_id,
        provider=SocialIdentity.Provider.DIRECTORY,
        app=directory_id,
    )
    people = User.objects.filter(Exists(bound), tenant_id=lockout.tenant_id)
    superiors = [account.casefold() for account in unmanageable(viewer, people).values_list("account", flat=True)]
    if name in superiors:
        return False
    # Of one whose name somebody else had already, it is not known what the directory calls him.
    has_unknown = any("@" in account or "~" in account for account in superiors)
    return not has_unknown or people.filter(account__iexact=name).exists()
