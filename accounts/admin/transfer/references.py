"""Finds roles, posts and departments of a tenant by what a file calls them. It must not know the file."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from tenants.console.transfer.columns import is_one_name


class References:
    """The rows of one kind of one tenant, found by id, code, name or path.

    Of a tree, every row's `parent` is set to the very row that stands here: walking up asks nothing.
    """

    def __init__(self, kind: Any, rows: Iterable[Any]) -> None:
        self.kind = kind
        self.rows: dict[int, Any] = {row.pk: row for row in rows}
        self._named: dict[str, list[Any]] = {}
        for row in self.rows.values():
            if getattr(row, "parent_id", None):
                row.parent = self.rows.get(row.parent_id)
        for row in self.rows.values():
            self.add(row)

    def add(self, row: Any) -> None:
        """Let this row be found, too: one that the file makes."""
        names = {name for name in (getattr(row, "code", ""), row.name) if name}
        if hasattr(row, "parent"):
            names.add(path_of(row))
        for name in names:
            known = self._named.setdefault(name, [])
            if row not in known:
                known.append(row)
        if row.pk:
            self.rows.setdefault(row.pk, row)

    def find(self, text: str) -> Any:
        """The one row that this means.

        Raises:
            ValueError: there is none, or more than one.
        """
        by_code = [row for row in self._named.get(text, ()) if getattr(row, "code", None) == text]
        by_id = self.rows.get(int(text)) if text.isascii() and text.isdigit() and len(text) <= 19 else None  # noqa: PLR2004 - digits of an id
        found = [by_id] if by_id is not None else by_code or self._named.get(text, [])
        what = {"kind": self.kind, "name": text}
        if not found:
            raise ValueError(_("There is no %(kind)s “%(name)s” in this tenant: correct it, or make it first.") % what)
        if len(found) > 1:
            raise ValueError(_("There is more than one %(kind)s “%(name)s”: write the id.") % what)
        return found[0]

    def called(self, text: str) -> list[Any]:
        """All rows that are called so."""
        return self._named.get(text, [])


def path_of(row: Any) -> str:
    """The names from the top of the tree down to the row: 总公司/研发部."""
    names: list[str] = []
    seen: set[int] = set()
    above = row
    while above is not None and id(above) not in seen:
        seen.add(id(above))
        names.insert(0, above.name)
        above = above.parent
    return "/".join(names)


def written(row: Any) -> str:
    """What a file calls this row so that it is found again: its code or name, unless that means something else."""
    name = str(getattr(row, "code", "") or row.name)
    return name if is_one_name(name) and not name.isdigit() else str(row.pk)
