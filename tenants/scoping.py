"""Decides what a person of the console may see: his own tenant, or everything. It must not know accounts.

The only place where that is decided: lists, form choices, autocomplete, filters, inlines and object pages all ask here
(through `tenants/console/`, which must not decide anything).
"""

from typing import Protocol, TypeVar, cast

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

M = TypeVar("M", bound=Model)


class Viewer(Protocol):
    """A person as far as scoping is concerned."""

    is_superuser: bool
    tenant_id: int


def viewer_of(request: HttpRequest) -> Viewer:
    """The person of this request; the console lets nobody in who is not signed in."""
    return cast("Viewer", request.user)


def sees_all_tenants(viewer: Viewer) -> bool:
    """Whether this person is a platform administrator."""
    return viewer.is_superuser


def visible(queryset: QuerySet[M], viewer: Viewer, tenant_path: str = "tenant") -> QuerySet[M]:
    """The rows that this person may see; `tenant_path` leads from the model to its tenant ("pk" for Tenant itself)."""
    if sees_all_tenants(viewer):
        return queryset
    return queryset.filter(Q(**{tenant_path: viewer.tenant_id}))


def reaches(viewer: Viewer, row: Model, tenant_path: str = "tenant") -> bool:
    """Whether `visible` would show him this row; without a query as long as the path is loaded."""
    return sees_all_tenants(viewer) or tenant_id_of(row, tenant_path) == viewer.tenant_id


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
