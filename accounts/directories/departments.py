"""Turns a directory's organisational units into departments. It must not know people.

A unit is known by its id in the directory, so that renaming or moving it renames or moves its department, and people
stay in it. A department of the right name at the right place that no unit has yet is taken over, not doubled.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.gateways.directory import Entry
from accounts.models import Dept, Directory, DirectoryDept
from tenants.turns import take_turn

_NAME_LENGTH = 128
# An organisation that is deeper is an accident, or an attack.
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Unit:
    """One step of the way to a person: by what it is recognised, and what it is called."""

    key: str
    name: str


def units_of(entries: Sequence[Entry]) -> list[Unit]:
    """Organisational units, the outermost first, as steps."""
    return [unit_of(entry) for entry in entries[:_DEEPEST]]


def unit_of(entry: Entry) -> Unit:
    """An organisational unit as a step."""
    return Unit(str(entry.guid), (entry.read("ou") or str(entry.guid))[:_NAME_LENGTH])


def units_of_path(path: str) -> list[Unit]:
    """The steps of a text such as `Company/Research/Team 1`; what they are called is all that they are."""
    names = [name.strip()[:_NAME_LENGTH] for name in path.split("/") if name.strip()][:_DEEPEST]
    return [Unit(_digest(names[: number + 1]), name) for number, name in enumerate(names)]


def _digest(names: Sequence[str]) -> str:
    return "path:" + hashlib.sha256("/".join(names).encode()).hexdigest()[:56]


def settle(directory: Directory, units: Sequence[Unit]) -> Dept | None:
    """The department at the end of this way; each on it is made, renamed or moved as the directory has it.

    For that it takes the tenant's turn: call it before people are changed in the same transaction (`tenants/turns.py`).
    """
    dept: Dept | None = None
    for unit in units:
        dept = settle_one(directory, unit, dept)
    return dept


def settle_one(directory: Directory, unit: Unit, parent: Dept | None) -> Dept:
    """The department of this unit, below this parent."""
    known = _known(directory, unit)
    if known is None:
        take_turn(directory.tenant_id)
        known = _known(directory, unit)
    if known is not None:
        return _bring_to(known.dept, unit.name, parent)
    dept = _nobodys(directory, unit.name, parent)
    if dept is None:
        dept = Dept.objects.create(tenant_id=directory.tenant_id, parent=parent, name=unit.name)
    DirectoryDept.objects.create(directory=directory, key=unit.key, dept=dept)
    return dept


def _known(directory: Directory, unit: Unit) -> DirectoryDept | None:
    return DirectoryDept.objects.select_related("dept").filter(directory=directory, key=unit.key).first()


def _nobodys(directory: Directory, name: str, parent: Dept | None) -> Dept | None:
    """A department of this name at this place that stands for no unit yet."""
    taken = DirectoryDept.objects.filter(directory=directory).values("dept")
    return (
        Dept.objects.filter(tenant_id=directory.tenant_id, parent=parent, name=name)
        .exclude(pk__in=taken)
        .order_by("id")
        .first()
    )


def _bring_to(dept: Dept, name: str, parent: Dept | None) -> Dept:
    parent_id = parent.pk if parent else None
    if (dept.name, dept.parent_id) == (name, parent_id):
        return dept
    take_turn(dept.tenant_id)
    if not _is_within(parent_id, dept.pk):
        dept.name, dept.parent = name, parent
        dept.save(update_fields=["name", "parent"])
    return dept


def _is_within(inner: int | None, outer: int) -> bool:
    """Whether one stands below the other: then it cannot be its parent, until the rest of the order has followed."""
    for _step in range(_DEEPEST * 2):
        if inner is None:
            return False
        if inner == outer:
            return True
        inner = Dept.objects.filter(pk=inner).values_list("parent_id", flat=True).first()
    return True
