"""The console's pages for tenants. It must not know accounts or oauthx."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminURLInputWidget

from tenants.console import ScopedModelAdmin, ScopedModelForm
from tenants.console.choosing import choose
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants, tenant_in_view, viewer_of


class TenantForm(ScopedModelForm):
    logo_url = forms.URLField(
        label=_("logo"), required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget, max_length=200
    )

    def clean_offers_password_reset_by_mail(self) -> bool:
        name = "offers_password_reset_by_mail"
        is_on: bool = self.cleaned_data[name]
        if is_on and name in self.changed_data and not (settings.HUFU_MAIL_SERVER or settings.HUFU_DEVELOPMENT):
            raise forms.ValidationError(_("This installation has no mail server (EMAIL_URL): no mail would go out."))
        return is_on


@admin.register(Tenant)
class TenantAdmin(ScopedModelAdmin):
    """Platform administrators manage tenants; a tenant's own may at most change its policy and its look."""

    form = TenantForm
    tenant_path: ClassVar[str] = "pk"
    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "change": _("Change policy and appearance")}
    # The contract between the platform and the tenant.
    settled_by_platform: ClassVar[Sequence[str]] = (
        "code", "name", "domain", "is_active", "expires_at", "account_limit", "license",
        # Nobody shortens how long the evidence of what he does himself is kept.
        "login_history_days",
    )  # fmt: skip

    list_display = ("code", "name", "domain", "state", "expires_at")
    list_display_links = ("code", "name")
    list_filter = ("is_active", "expires_at")
    search_fields = ("code", "name", "domain")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("code", "name", "domain", "time_zone", "license")}),
        (_("Contract"), {"fields": ("is_active", "expires_at", "account_limit")}),
        (
            _("Password policy"),
            {
                "fields": (
                    "password_min_length",
                    "password_max_age_days",
                    "password_history",
                    "lockout_threshold",
                    "lockout_minutes",
                ),
            },
        ),
        (
            _("Sign-in"),
            {
                "fields": (
                    "requires_second_factor",
                    "accepts_md5_passwords",
                    "offers_password_reset",
                    "offers_password_reset_by_mail",
                ),
            },
        ),
        (_("WeChat"), {"fields": ("offers_bind_tickets",)}),
        (
            _("SMS codes"),
            {
                "fields": (
                    "sms_needs_captcha",
                    "sms_per_day",
                    "sms_per_hour",
                    "sms_per_hour_of_client",
                    "sms_per_hour_of_address",
                ),
            },
        ),
        (_("Login history"), {"fields": ("login_history_days",)}),
        (_("Appearance"), {"fields": ("logo_url", "primary_color")}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )

    @display(description=_("state"), label={"usable": "success", "expired": "warning", "disabled": "danger"})
    def state(self, tenant: Tenant) -> tuple[str, Any]:
        if tenant.is_usable(timezone.now()):
            return "usable", _("in use")
        return ("expired", _("expired")) if tenant.is_active else ("disabled", _("disabled"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Tokens and applications carry the code: it stays what it was.
        fixed = ("code",) if sees_all_tenants(viewer_of(request)) else self._settled_of(obj)
        return [*super().get_readonly_fields(request, obj), *(fixed if obj is not None else ())]

    def _settled_of(self, tenant: Tenant | None) -> Sequence[str]:
        """What a tenant's own leave as it is: he may ask for a second factor, and not lift what is asked of him."""
        is_demanded = tenant is not None and tenant.requires_second_factor
        return (*self.settled_by_platform, *(("requires_second_factor",) if is_demanded else ()))

    def get_urls(self) -> list[URLPattern]:
        choosing = path("choose/", self.admin_site.admin_view(self.choose_view), name="tenants_tenant_choose")
        return [choosing, *super().get_urls()]

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """The page on which platform administrators choose the tenant that they work in."""
        return choose(request, self.admin_site)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Who works in one tenant would not see the new one.
        viewer = viewer_of(request)
        return sees_all_tenants(viewer) and tenant_in_view(viewer) is None and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return sees_all_tenants(viewer_of(request)) and super().has_delete_permission(request, obj)
