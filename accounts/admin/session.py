"""The console's page for browser sessions: to look, and to end them. It must not know what applications they serve."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import logout
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin.session_list import (
    Ending,
    SessionListAdmin,
    StateFilter,
    browser_ending,
    manageable_names,
    other_browsers,
)
from accounts.browser_session import current_session
from accounts.models import BrowserSession, User
from tenants.console import MomentFilter, ScopedFilter

_ONE = _("End this session")
_ALSO = _("The sessions in applications that came of these browsers end with them.")


@admin.register(BrowserSession)
class BrowserSessionAdmin(SessionListAdmin):
    """One person in one browser. Ending it signs the browser out, ends what came of it, and leaves a login event."""

    tenant_path: ClassVar[str] = "user__tenant"
    list_display = ("person", "tenant", "device", "address", "moment", "state")
    list_display_links = ("person", "moment")
    list_filter = (StateFilter, ("user", ScopedFilter), ("auth_time", MomentFilter))
    list_select_related = ("user__tenant",)
    search_fields = ("user__account", "user__real_name", "=address")
    ordering = ("-auth_time", "-id")
    actions = ("end_selected",)
    actions_detail = ("end_this",)
    fieldsets = (
        (None, {"fields": ("user", "auth_time", "proved_by", "expires_at")}),
        (_("Origin"), {"fields": ("address", "device", "user_agent")}),
        (_("End"), {"fields": ("ended_at", "why_ended")}),
    )

    def online(self) -> Q:
        return Q(ended_at=None, expires_at__gt=timezone.now())

    @display(description=_("tenant"), ordering="user__tenant")
    def tenant(self, session: BrowserSession) -> Any:
        return session.user.tenant

    @display(description=_("state"), label={"open": "success", "ended": "info", "expired": "info"})
    def state(self, session: BrowserSession) -> tuple[str, Any]:
        if session.ended_at is not None:
            return "ended", _("ended")
        return ("open", _("open")) if timezone.now() < session.expires_at else ("expired", _("expired"))

    @action(description=_("End selected browser sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[BrowserSession]) -> Any:
        mine = current_session(request)
        is_mine = mine is not None and queryset.filter(pk=mine.pk).exists()
        people = User.objects.filter(pk__in=queryset.values("user"))
        remarks = (_ALSO,)
        own = (_("Your own is among them: you will be signed out of the console."),) if is_mine else ()
        ending = Ending(
            families=None,
            browsers=other_browsers(request, queryset),
            whose=manageable_names(request, people),
            remarks=(*remarks, *own),
            end_browser=browser_ending(request),
        )
        question = self.ask_or_end(request, ending, _("End selected browser sessions"))
        if question is None and is_mine:
            # Last, and by Django's own logout: what is done here is done in it.
            logout(request)
        return question

    @action(description=_ONE, url_path="end", icon="logout")
    def end_this(self, request: HttpRequest, object_id: str) -> Any:
        return self.ask_on_one(request, object_id, self._of_one, _ONE)

    def _of_one(self, request: HttpRequest, rows: QuerySet[BrowserSession]) -> Ending:
        mine = current_session(request)
        if mine is None or not rows.filter(pk=mine.pk).exists():
            browsers = other_browsers(request, rows)
            return Ending(None, browsers, remarks=(_ALSO,), end_browser=browser_ending(request))
        remarks = (_ALSO, _("It is your own: you will be signed out of the console."))

        def leave(_session: BrowserSession) -> bool:
            # By Django's own logout, as any that one ends oneself.
            logout(request)
            return True

        return Ending(None, rows.filter(ended_at=None), remarks=remarks, end_browser=leave)
