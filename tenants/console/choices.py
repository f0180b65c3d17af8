"""What a person may choose from, in forms and filters. It must not know which form or filter asks."""

from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet

from tenants.scoping import Viewer, sees_all_tenants, visible


def choices_for(site: AdminSite, model: type[Model], viewer: Viewer) -> QuerySet[Any]:
    """The rows of this model that the viewer may choose; nothing, if the console has no scoped page for the model."""
    rows: QuerySet[Any] = model._default_manager.all()
    tenant_path = getattr(site._registry.get(model), "tenant_path", None)
    if tenant_path is not None:
        return visible(rows, viewer, tenant_path)
    return rows if sees_all_tenants(viewer) else rows.none()
