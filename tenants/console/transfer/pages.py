"""The buttons *Import* and *Export* of a list, and their addresses. They must not know which model they move."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action

from tenants.console.admins import ScopedModelAdmin
from tenants.console.transfer.exporting import Exporting
from tenants.console.transfer.importing import Importing
from tenants.console.transfer.resource import ScopedResource

_hides_secrets = method_decorator(sensitive_post_parameters())


class TransfersRows(ScopedModelAdmin):
    """Pages whose rows are imported and exported, each by those who have its permission.

    Attributes:
        resource_class: the columns, and how rows are checked and stored.
        shares_rows: whether the platform may import rows that belong to no tenant.
    """

    resource_class: ClassVar[type[ScopedResource]]
    shares_rows: ClassVar[bool] = False
    grantable: ClassVar[Mapping[str, Any]] = {
        **ScopedModelAdmin.grantable,
        "import": _("Import"),
        "export": _("Export"),
    }
    actions_list: tuple[str, ...] = ("import_rows", "export_rows")

    def has_import_permission(self, request: HttpRequest, *_object_id: Any) -> bool:
        return self._has_right(request, "import")

    def has_export_permission(self, request: HttpRequest, *_object_id: Any) -> bool:
        return self._has_right(request, "export") and self.has_view_permission(request)

    def _has_right(self, request: HttpRequest, what: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(what, self.opts)}"))

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "preview": ("import/preview/", self.preview_import),
            "template": ("import/template.<str:kind>", self.send_import_template),
            "generated": ("import/generated/", self.send_generated),
        }
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [
            *(
                path(address, self.admin_site.admin_view(never_cache(view)), name=f"{prefix}_{name}")
                for name, (address, view) in views.items()
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, whose button *Export* takes along what the list is narrowed to."""
        page = super().changelist_view(request, extra_context)
        query = request.GET.urlencode()
        exporting = Exporting(self, request).address("export_rows")
        for button in (getattr(page, "context_data", None) or {}).get("actions_list", ()) if query else ():
            if button.get("path") == exporting:
                button["path"] += f"?{query}"
        return page

    @action(description=_("Import"), url_path="import", icon="upload", permissions=["import"])
    @_hides_secrets
    def import_rows(self, request: HttpRequest) -> HttpResponse:
        """Take a file, check it, and lead on to what it would do, or say what is wrong with it."""
        return Importing(self, request).take_file()

    @_hides_secrets
    def preview_import(self, request: HttpRequest) -> HttpResponse:
        """Show what the file would do; go on with it, portion by portion; at the end, store it."""
        return self._importing(request).show_or_go_on()

    @_hides_secrets
    def send_generated(self, request: HttpRequest) -> HttpResponse:
        """The passwords or secrets that an import made, this once."""
        if request.method != "POST":
            raise PermissionDenied
        return self._importing(request).send_generated()

    def send_import_template(self, request: HttpRequest, kind: str) -> HttpResponse:
        """An empty file with the headings that an import reads."""
        return self._importing(request).send_template(kind)

    def _importing(self, request: HttpRequest) -> Importing:
        if not self.has_import_permission(request):
            raise PermissionDenied
        return Importing(self, request)

    @action(description=_("Export"), url_path="export", icon="download", permissions=["export"])
    def export_rows(self, request: HttpRequest) -> HttpResponse:
        """Ask for the kind of file, then send the rows of the list as it is narrowed."""
        return Exporting(self, request).ask_or_send()
