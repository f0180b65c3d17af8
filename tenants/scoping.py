"""Decides what a person of the console sees: his own tenant, a chosen one, or everything. It must not know accounts.

The only place where that is decided: lists, form choices, autocomplete, filters, inlines and object pages all ask here
(through `tenants/console/`, which must not decide anything).
"""

from typing import Any, Protocol, TypeVar, cast

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from tenants.models import Tenant

M = TypeVar("M", bound=Model)


class Viewer(Protocol):
    """A person as far as scoping is concerned."""

    is_superuser: bool
    tenant_id: int


# Where the session keeps the tenant that a platform administrator works in.
_CHOICE = "console_tenant"


def viewer_of(request: HttpRequest) -> Viewer:
    """The person of this request, who knows his choice of a tenant; the console lets nobody in who is not signed in."""
    viewer: Any = request.user
    if not hasattr(viewer, "chosen_tenant"):
        viewer.chosen_tenant = _chosen(request) if sees_all_tenants(viewer) else None
    return cast("Viewer", viewer)


def sees_all_tenants(viewer: Viewer) -> bool:
    """Whether this person is a platform administrator: what he may do does not depend on the tenant that he chose."""
    return viewer.is_superuser


def choose_tenant(request: HttpRequest, tenant: Tenant | None) -> None:
    """Let a platform administrator work in this tenant alone from the next request on; None: in all of them."""
    if tenant is None:
        request.session.pop(_CHOICE, None)
    else:
        request.session[_CHOICE] = tenant.pk


def chosen_tenant(viewer: Viewer) -> Tenant | None:
    """The tenant that a platform administrator works in; None: in all, or he is none."""
    tenant: Tenant | None = getattr(viewer, "chosen_tenant", None)
    return tenant


def tenant_in_view(viewer: Viewer) -> int | None:
    """The one tenant whose rows this person sees now; None: all tenants', and what belongs to none."""
    if not sees_all_tenants(viewer):
        return viewer.tenant_id
    chosen = chosen_tenant(viewer)
    return None if chosen is None else chosen.pk


def _chosen(request: HttpRequest) -> Tenant | None:
    tenant_id = request.session.get(_CHOICE) if hasattr(request, "session") else None
    return None if tenant_id is None else Tenant.objects.filter(pk=tenant_id).first()


def visible(queryset: QuerySet[M], viewer: Viewer, tenant_path: str = "tenant") -> QuerySet[M]:
    """The rows that this person sees; `tenant_path` leads from the model to its tenant ("pk" for Tenant itself)."""
    tenant_id = tenant_in_view(viewer)
    return queryset if tenant_id is None else queryset.filter(Q(**{tenant_path: tenant_id}))


def reaches(viewer: Viewer, row: Model, tenant_path: str = "tenant") -> bool:
    """Whether `visible` would show him this row; without a query as long as the path is loaded."""
    tenant_id = tenant_in_view(viewer)
    return tenant_id is None or tenant_id_of(row, tenant_path) == tenant_id


def tenant_id_of(row: Model, tenant_path: str = "tenant") -> int | None:
    """The tenant that this row belongs to; None for what belongs to the whole installation."""
    *through, last = tenant_path.split("__")
    value: object = row
    for name in through:
        value = getattr(value, name, None)
    for attribute in (f"{last}_id", last):
        tenant_id = getattr(value, attribute, None)
        if isinstance(tenant_id, int):
            return tenant_id
    return None
