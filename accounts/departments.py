"""A tenant's departments as a tree: read whole, and rearranged. It must not know pages.

A tenant has thousands of departments at the most: their ids and parents fit into one query and little memory, so that
whatever is asked of the tree is exact. Names are read for what is shown alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Dept
from accounts.models.organisation import MAX_LEVELS
from tenants.changes import collecting, note
from tenants.turns import take_turn

_BATCH = 500


class BelowItselfError(Exception):
    """A department cannot stand below itself."""


class TooDeepError(Exception):
    """A department, or what stands below it, would be deeper than a tree may be."""


@dataclass(frozen=True, slots=True)
class DeptTree:
    """Who stands below whom, in order. The key None has those at the top."""

    parents: Mapping[int, int | None]
    children: Mapping[int | None, Sequence[int]]

    def below(self, parent_id: int | None) -> Sequence[int]:
        """The departments directly below this one."""
        return self.children.get(parent_id, ())

    def siblings(self, dept_id: int) -> Sequence[int]:
        """Those of its own level, itself among them."""
        return self.below(self.parents[dept_id])

    def path(self, dept_id: int) -> list[int]:
        """The departments above it, from the top down to itself; it ends where a circle begins, should there be one."""
        found: list[int] = []
        at: int | None = dept_id
        while at is not None and at not in found:
            found.append(at)
            at = self.parents.get(at)
        return found[::-1]

    def branch(self, dept_id: int) -> set[int]:
        """The department with all that stands below it, however deep."""
        found, waiting = {dept_id}, [dept_id]
        while waiting:
            new = [child for child in self.below(waiting.pop()) if child not in found]
            found.update(new)
            waiting += new
        return found

    def height(self, dept_id: int) -> int:
        """How many levels the department makes with all that stands below it."""
        number, level = 0, [dept_id]
        # No more than there are departments, should there be a circle.
        while level and number < len(self.parents):
            number += 1
            level = [child for one in level for child in self.below(one)]
        return number


# Where a department goes: below whom, and at which place there.
Place = tuple[int | None, int]


def read_tree(tenant_id: int) -> DeptTree:
    """The tenant's departments as they stand now: one query. Should there be a circle, one of it counts as the top."""
    parents: dict[int, int | None] = {}
    children: dict[int | None, list[int]] = {}
    rows = Dept.objects.filter(tenant_id=tenant_id).order_by("sort", "id").values_list("pk", "parent_id")
    for pk, parent_id in rows:
        parents[pk] = parent_id
        children.setdefault(parent_id, []).append(pk)
    _open_circles(parents, children)
    return DeptTree(parents, children)


def _open_circles(parents: dict[int, int | None], children: dict[int | None, list[int]]) -> None:
    """Put at the top what leads to the top nowhere else, so that it is seen, and mended by moving it anywhere."""
    tree = DeptTree(parents, children)
    reached = {one for top in tree.below(None) for one in tree.branch(top)}
    for dept_id in parents:
        if dept_id in reached:
            continue
        # From here the way leads up to where it has been, or to another tenant's.
        top = next(one for one in tree.path(dept_id) if one in parents)
        children[parents[top]].remove(top)
        parents[top] = None
        children.setdefault(None, []).append(top)
        reached |= tree.branch(top)


def up(tree: DeptTree, dept_id: int) -> Place | None:
    """Before the one that it follows; None if it is the first."""
    index = tree.siblings(dept_id).index(dept_id)
    return (tree.parents[dept_id], index - 1) if index else None


def down(tree: DeptTree, dept_id: int) -> Place | None:
    """After the one that follows it; None if it is the last."""
    siblings = tree.siblings(dept_id)
    index = siblings.index(dept_id)
    return (tree.parents[dept_id], index + 1) if index + 1 < len(siblings) else None


def indent(tree: DeptTree, dept_id: int) -> Place | None:
    """To the end of what stands below the one that it follows; None if it is the first."""
    siblings = tree.siblings(dept_id)
    index = siblings.index(dept_id)
    return (siblings[index - 1], len(tree.below(siblings[index - 1]))) if index else None


def outdent(tree: DeptTree, dept_id: int) -> Place | None:
    """Right after the one that it stands below; None if it stands at the top."""
    above = tree.parents[dept_id]
    return None if above is None else (tree.parents[above], tree.siblings(above).index(above) + 1)


def under(parent_id: int | None) -> Callable[[DeptTree, int], Place | None]:
    """To the end of what stands below this one, or at the top (None)."""
    return lambda tree, dept_id: (parent_id, len([one for one in tree.below(parent_id) if one != dept_id]))


def rearrange(dept: Dept, whereto: Callable[[DeptTree, int], Place | None]) -> bool:
    """Move the department with all that stands below it; False if there is nowhere to go.

    Raises:
        BelowItselfError: the place is below the department itself.
        TooDeepError: there are too many levels above it.
    """
    with transaction.atomic(), collecting():
        take_turn(dept.tenant_id)
        tree = read_tree(dept.tenant_id)
        place = whereto(tree, dept.pk) if dept.pk in tree.parents else None
        if place is None:
            return False
        parent_id, index = place
        if parent_id is not None and parent_id in tree.branch(dept.pk):
            raise BelowItselfError
        if parent_id != tree.parents[dept.pk] and _levels(tree, parent_id, dept.pk) > MAX_LEVELS:
            raise TooDeepError
        order = [one for one in tree.below(parent_id) if one != dept.pk]
        order.insert(index, dept.pk)
        dept.parent_id = parent_id
        dept.sort = order.index(dept.pk) + 1
        dept.save(update_fields=["parent", "sort"])
        _number(order)
    return True


def _levels(tree: DeptTree, parent_id: int | None, dept_id: int) -> int:
    """How many levels there would be, with the department below that one."""
    return (len(tree.path(parent_id)) if parent_id is not None else 0) + tree.height(dept_id)


def _number(order: Sequence[int]) -> None:
    """Give the departments of a level the numbers from 1 on, writing those alone that had another one."""
    rows: dict[int, Dept] = {}
    for start in range(0, len(order), _BATCH):
        rows |= Dept.objects.only("pk", "sort").in_bulk(order[start : start + _BATCH])
    moved = []
    for number, pk in enumerate(order, 1):
        row = rows[pk]
        if row.sort != number:
            row.sort = number
            moved.append(row)
    for start in range(0, len(moved), _BATCH):
        note(Dept.objects.filter(pk__in=[row.pk for row in moved[start : start + _BATCH]]))
    Dept.objects.bulk_update(moved, ["sort"], batch_size=_BATCH)
