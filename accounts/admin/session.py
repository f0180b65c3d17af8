"""The console's page for browser sessions: to look, and to end them. It must not know what applications they serve."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import logout
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from accounts.admin.authority import person_of
from accounts.browser_session import current_session
from accounts.devices import device_of
from accounts.models import BrowserSession
from accounts.session_ending import end_browser_session
from tenants.console import LargeTableAdmin, MomentFilter, ScopedFilter

REASON = "console"


class _StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return [("open", _("open")), ("over", _("ended or expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        is_open = Q(ended_at=None, expires_at__gt=timezone.now())
        return queryset.filter(is_open if self.value() == "open" else ~is_open) if self.value() else queryset


@admin.register(BrowserSession)
class BrowserSessionAdmin(LargeTableAdmin):
    """One person in one browser. Ending it signs the browser out, ends what came of it, and leaves a login event."""

    tenant_path: ClassVar[str] = "user__tenant"
    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "change": _("End")}
    list_display = ("user", "tenant", "device", "address", "moment", "state")
    list_display_links = ("user", "moment")
    list_filter = (_StateFilter, ("user", ScopedFilter), ("auth_time", MomentFilter))
    list_filter_submit = True
    list_select_related = ("user__tenant",)
    search_fields = ("user__account", "user__real_name", "=address")
    ordering = ("-auth_time", "-id")
    actions = ("end_selected",)
    fieldsets = (
        (None, {"fields": ("user", "id", "auth_time", "amr", "expires_at")}),
        (_("Origin"), {"fields": ("address", "device", "user_agent")}),
        (_("End"), {"fields": ("ended_at", "end_reason")}),
    )

    @display(description=_("tenant"), ordering="user__tenant")
    def tenant(self, session: BrowserSession) -> Any:
        return session.user.tenant

    @display(description=_("device"))
    def device(self, session: BrowserSession) -> str:
        return device_of(session.user_agent)

    @display(description=_("signed in at"), ordering="auth_time")
    def moment(self, session: BrowserSession) -> str:
        return timezone.localtime(session.auth_time).strftime("%Y-%m-%d %H:%M:%S")

    @display(description=_("state"), label={"open": "success", "ended": "info", "expired": "info"})
    def state(self, session: BrowserSession) -> tuple[str, Any]:
        if session.ended_at is not None:
            return "ended", _("ended")
        return ("open", _("open")) if timezone.now() < session.expires_at else ("expired", _("expired"))

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_browsersession"))

    @action(description=_("End selected browser sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[BrowserSession]) -> None:
        mine, actor = current_session(request), person_of(request).account
        others = queryset if mine is None else queryset.exclude(pk=mine.pk)
        sessions = others.select_related("user__tenant")
        number = sum(end_browser_session(request, session, reason=REASON, actor=actor) for session in sessions)
        if mine is not None and queryset.filter(pk=mine.pk).exists():
            # Last, and by Django's own logout: what is done here is done in it.
            logout(request)
            number += 1
        self.message_user(
            request, ngettext("%d browser session was ended.", "%d browser sessions were ended.", number) % number
        )
