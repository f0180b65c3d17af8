"""Refuses rows of a file that say the same, and what other rows have, or had. It must not know any model."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Model, UniqueConstraint
from django.utils.translation import gettext as _

from tenants.console.transfer.entries import Entry
from tenants.console.transfer.ids import of_tenant, portions
from tenants.models import Change, Tenant

# What rows with an id were called; None stands for any of another tenant.
FormerNames = set[str | None]


def refuse_duplicates(
    model: type[Model], entries: Sequence[Entry], tenant: Tenant | None, former: Mapping[int, FormerNames]
) -> None:
    """Refuse in these entries of the model what stands twice in them, and what other rows have; `former` is by id."""
    _refuse_repeated("id", entries)
    _refuse_former(entries, former)
    for name, in_tenant in _unique_columns(model):
        _refuse_repeated(name, entries)
        _refuse_taken(model, name, entries, tenant, in_tenant=in_tenant)


def former_names(model: type[Model], ids: Collection[int], tenant: Tenant | None) -> dict[int, FormerNames]:
    """What the changes know of these ids: how the rows were called that had them."""
    names: dict[int, FormerNames] = {}
    owner = tenant.pk if tenant is not None else None
    changes = Change.objects.filter(kind=model._meta.label_lower, object_id__in=[str(pk) for pk in ids])
    for pk, tenant_id, name in changes.order_by().values_list("object_id", "tenant_id", "object_name").distinct():
        names.setdefault(int(pk), set()).add(name if tenant_id == owner else None)
    return names


def _unique_columns(model: type[Model]) -> list[tuple[str, bool]]:
    """What is unique in the model, and whether only within a tenant."""
    names = [(field.name, False) for field in model._meta.concrete_fields if field.unique and not field.primary_key]
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.condition is None and len(constraint.fields) == 2:  # noqa: PLR2004 - tenant and another
            first, name = constraint.fields
            names += [(name, True)] if first == "tenant" else []
    return names


def _refuse_repeated(name: str, entries: Sequence[Entry]) -> None:
    """Refuse what stands in an earlier line already."""
    seen: dict[Any, int] = {}
    for entry in entries:
        value = getattr(entry.instance, "pk" if name == "id" else name)
        if value in {None, ""}:
            continue
        if value in seen:
            entry.refuse(name, _("Line %(line)d says the same: each row once.") % {"line": seen[value]})
        seen.setdefault(value, entry.line)


def _refuse_taken(
    model: type[Model], name: str, entries: Sequence[Entry], tenant: Tenant | None, *, in_tenant: bool
) -> None:
    """Refuse what another row has in this column: one of the tenant, or any."""
    values = {value for entry in entries if (value := getattr(entry.instance, name)) not in {None, ""}}
    owners: dict[Any, int] = {}
    for some in portions(values):
        rows = model._base_manager.filter(**{f"{name}__in": some})
        rows = of_tenant(rows, tenant) if in_tenant else rows
        owners |= dict(rows.values_list(name, "pk"))
    for entry in entries:
        owner = owners.get(getattr(entry.instance, name))
        if owner is not None and owner != (None if entry.is_new else entry.instance.pk):
            entry.refuse(name, _("Already in use in this tenant.") if in_tenant else _("This cannot be taken."))


def _refuse_former(entries: Sequence[Entry], former: Mapping[int, FormerNames]) -> None:
    """Refuse for a new row an id that another one had: to whoever knew that one by it, this one would be the same.

    A row that comes back, into its tenant and under a name that it had, has its id again.
    """
    for entry in entries:
        names = former.get(entry.instance.pk or 0) if entry.is_new else None
        if names and (None in names or str(entry.instance) not in names):
            entry.refuse("id", _("Another row had this id: leave it empty for a new one."))
