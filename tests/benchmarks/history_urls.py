"""Hufu's addresses, and `/stock/`: the login history as Django's admin shows a table without further thought."""

from typing import Any

from django.urls import path
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from accounts.models import LoginEvent
from config.urls import urlpatterns as ours
from tenants.admin import TenantAdmin
from tenants.models import Tenant

# In the console's theme, so that only what the list does differs.
stock = UnfoldAdminSite(name="stock")
_FILTERS = ("account", "real_name", "address", "client_id", "reason", "grant", "dialect", "kind", "outcome")


class StockAdmin(ModelAdmin):  # type: ignore[misc]  # of the theme, which has no types
    list_display = ("time", "outcome", "kind", *_FILTERS[:-2], "tenant_code")
    list_per_page = 50
    show_full_result_count = False
    list_display_links = None

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:  # noqa: ARG002 - Django's hook
        return True


stock.register(LoginEvent, StockAdmin)
# To its page the theme's head of each page leads.
stock.register(Tenant, TenantAdmin)

urlpatterns = [path("stock/", stock.urls), *ours]
