"""The console's page for signing keys: to look. Keys are made and replaced by management commands."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from oauthx.models import SigningKey
from tenants.console import ReadOnlyAdmin, ScopedFilter


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    """What signs, and until when it verifies: no private parts, and the installation's keys to the platform alone."""

    list_display = ("kid", "algorithm", "tenant", "stage", "is_imported", "created_at", "verifies_until")
    list_filter = ("algorithm", "status", ("tenant", ScopedFilter))
    list_select_related = ("tenant",)
    search_fields = ("kid", "tenant__code")
    fieldsets = (
        (None, {"fields": ("kid", "algorithm", "status", "tenant", "is_imported")}),
        (_("Record"), {"fields": ("created_at", "verifies_until")}),
        (_("For verification"), {"fields": ("public_jwk",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        # A shared key has no public half.
        return fieldsets if obj is None or obj.public_jwk is not None else fieldsets[:-1]

    @display(description=_("status"), label={"active": "success", "next": "info", "retired": "warning"})
    def stage(self, key: SigningKey) -> tuple[str, Any]:
        return key.status, key.get_status_display()
