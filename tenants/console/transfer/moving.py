"""What an import and an export of one request have in common. It must not know which model is moved."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants.console.transfer.entries import Scope
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants, viewer_of


class Moving:
    """One request for the pages of one model; `admin` is its `TransfersRows`."""

    def __init__(self, admin: Any, request: HttpRequest) -> None:
        self.admin = admin
        self.request = request
        self.viewer = viewer_of(request)

    def scope(self, tenant: Tenant | None, *, makes_passwords: bool = False) -> Scope:
        """What the viewer may do in this tenant by a file: no more than by a form."""
        return Scope(
            self.viewer,
            tenant,
            may_add=self.admin.has_add_permission(self.request),
            may_change=self.admin.has_change_permission(self.request),
            makes_passwords=makes_passwords,
            request=self.request,
        )

    def own_tenant(self) -> Tenant | None:
        """The viewer's tenant; None for who sees them all."""
        return None if sees_all_tenants(self.viewer) else Tenant.objects.get(pk=self.viewer.tenant_id)

    def address(self, name: str, *args: Any) -> str:
        """The address of a page of this model."""
        return reverse(f"admin:{self.admin.opts.app_label}_{self.admin.opts.model_name}_{name}", args=args)

    def page(self, template: str, title: str, **context: Any) -> TemplateResponse:
        """A page of the console with this title, in which `%(name)s` stands for the model's rows."""
        addresses = {name: self.address(name) for name in ("changelist", "import_generated")}
        addresses |= {f"template_{kind}": self.address("import_template", kind) for kind in ("xlsx", "csv")}
        shared = {
            **self.admin.admin_site.each_context(self.request),
            "opts": self.admin.opts,
            "title": title % {"name": self.admin.opts.verbose_name_plural},
            "media": self.admin.media,
            "addresses": addresses,
        }
        return TemplateResponse(self.request, f"console/transfer/{template}.html", {**shared, **context})
