"""The console's page for sessions: to look, and to end them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from accounts.admin.person_overview import Line, Offer, offer
from oauthx.admin.ending import end_session
from oauthx.models import TokenFamily
from tenants.console import LargeTableAdmin, MomentFilter, ScopedFilter


class _StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return [("open", _("open")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        return queryset.filter(ended_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(TokenFamily)
class SessionAdmin(LargeTableAdmin):
    """One login through one client. Ending it ends its tokens at once, and leaves a login event."""

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "change": _("End")}
    list_display = ("user", "tenant", "client", "dialect", "grant", "moment", "address", "state")
    list_display_links = ("user", "moment")
    list_filter = (
        _StateFilter,
        ("tenant", ScopedFilter),
        ("client", ScopedFilter),
        ("user", ScopedFilter),
        ("auth_time", MomentFilter),
    )
    list_filter_submit = True
    list_select_related = ("user", "tenant", "client")
    search_fields = ("user__account", "user__real_name", "client__client_id", "=address")
    actions = ("end_selected",)
    fieldsets = (
        (None, {"fields": ("user", "tenant", "client_text", "dialect", "grant", "auth_time", "amr")}),
        (_("Origin"), {"fields": ("address", "user_agent")}),
        (_("End"), {"fields": ("ended_at", "end_reason")}),
    )

    @display(description=_("state"), label={"open": "success", "ended": "info"})
    def state(self, family: TokenFamily) -> tuple[str, Any]:
        return ("open", _("open")) if family.ended_at is None else ("ended", _("ended"))

    @display(description=_("signed in at"), ordering="auth_time")
    def moment(self, family: TokenFamily) -> str:
        return timezone.localtime(family.auth_time).strftime("%Y-%m-%d %H:%M:%S")

    @display(description=_("client"))
    def client_text(self, family: TokenFamily) -> str:
        # Not as a link: a shared client has no page for a tenant's administrator.
        return f"{family.client} ({family.client.client_id})"

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("oauthx.change_tokenfamily"))

    @action(description=_("End selected sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> None:
        now = timezone.now()
        families = queryset.select_related("user", "tenant", "client")
        number = sum(end_session(request, family, now) for family in families)
        self.message_user(request, ngettext("%d session was ended.", "%d sessions were ended.", number) % number)


def _line(family: TokenFamily, href: str) -> Line:
    parts = [part for part in (family.client.name or family.client.client_id, family.address) if part]
    return Line(family.auth_time, " · ".join(parts), href)


offer(
    Offer(
        TokenFamily,
        _("Signed in through clients"),
        _("Nowhere."),
        lambda rows, person: (
            rows.filter(user_id=person.pk, ended_at=None).select_related("client").order_by("-auth_time")
        ),
        _line,
        lambda person: {"user__id__exact": person.pk, "state": "open"},
    )
)
