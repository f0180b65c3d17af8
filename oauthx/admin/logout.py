"""The console's page for logout notices: which applications have still to hear of a session's end. To look."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from oauthx.models import LogoutNotice
from tenants.console import LargeTableAdmin, ScopedFilter
from tenants.moments import show_moment


@admin.register(LogoutNotice)
class LogoutNoticeAdmin(LargeTableAdmin):
    """What the back channel has not delivered yet, and why not. A shared client's notices are the platform's."""

    tenant_path: ClassVar[str] = "client__tenant"
    list_display = ("client", "subject", "state", "attempts", "next_moment", "last_error", "created_at")
    list_filter = (("client", ScopedFilter),)
    list_filter_submit = True
    list_select_related = ("client__tenant",)
    search_fields = ("client__client_id", "client__name", "=subject")
    ordering = ("next_attempt_at", "id")
    fieldsets = (
        (None, {"fields": ("client", "sid", "subject", "issuer")}),
        (_("Delivery"), {"fields": ("attempts", "next_attempt_at", "last_error", "given_up_at", "created_at")}),
    )

    @display(description=_("state"), label={"waiting": "info", "given up": "warning"})
    def state(self, notice: LogoutNotice) -> tuple[str, Any]:
        return ("waiting", _("waiting")) if notice.given_up_at is None else ("given up", _("given up"))

    @display(description=_("next attempt at"), ordering="next_attempt_at")
    def next_moment(self, notice: LogoutNotice) -> str:
        return show_moment(notice.next_attempt_at)
