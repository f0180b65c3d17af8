"""Finds roles, posts and departments of a tenant by what a file calls them. It must not know the file."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from accounts.admin.transfer.levels import Levels, path_key
from tenants.console.transfer.columns import is_one_name, shortened

# One is found, and of more than one it is said that there are more.
_KEPT = 2


class NoSuchRowError(ValueError):
    """Nothing is called so."""


class References:
    """The rows of one kind of one tenant, found by id, code, name or path.

    Of a tree, every row's `parent` is set to the very row that stands here: walking up asks nothing. Paths are those of
    the rows that were there at first.
    """

    def __init__(self, kind: Any, rows: Iterable[Any]) -> None:
        self.kind = kind
        self.rows: dict[int, Any] = {row.pk: row for row in rows}
        # What rows are called before the file renames some.
        self._first_names = {row.pk: row.name for row in self.rows.values()}
        self._by_code: dict[str, Any] = {}
        self._by_name: dict[str, list[Any]] = {}
        self._by_path: dict[bytes, list[Any]] = {}
        for row in self.rows.values():
            self.add(row)
            if getattr(row, "parent_id", None):
                row.parent = self.rows.get(row.parent_id)
        if any(hasattr(row, "parent") for row in self.rows.values()):
            for level in Levels(self.rows.values()).walk():
                for node in level:
                    _keep(self._by_path.setdefault(node.key, []), node.row)

    def add(self, row: Any) -> None:
        """Let this row be found by its code and name, too: one that the file makes."""
        if code := getattr(row, "code", ""):
            self._by_code[code] = row
        if row.name:
            _keep(self._by_name.setdefault(row.name, []), row)
        if row.pk:
            self.rows.setdefault(row.pk, row)

    def find(self, text: str) -> Any:
        """The one row that this means.

        Raises:
            NoSuchRowError: there is none.
            ValueError: there is more than one.
        """
        found: list[Any] = []
        if text.isascii() and text.isdigit() and len(text) <= 19:  # noqa: PLR2004 - digits of an id
            _keep(found, self.rows.get(int(text)))
        if not found:
            _keep(found, self._by_code.get(text))
        if not found:
            for row in (*self._by_name.get(text, ()), *self._by_path.get(path_key(text), ())):
                _keep(found, row)
        if not found:
            raise NoSuchRowError(self.none_is_called(text))
        if len(found) > 1:
            raise ValueError(self.several_are_called(text))
        return found[0]

    def tell(self, row: Any, *, at_first: bool = False) -> str:
        """What people call this row, with its id where others are called so; "" for none."""
        if row is None:
            return ""
        name = str(self._first_names.get(row.pk, row.name) if at_first else row.name)
        return f"{name} ({row.pk})" if row.pk and len(self._by_name.get(name, ())) > 1 else name

    def none_is_called(self, text: str) -> str:
        """What to say of a name that finds nothing."""
        what = {"kind": self.kind, "name": shortened(text)}
        return _("There is no %(kind)s “%(name)s” in this tenant: correct it, or make it first.") % what

    def several_are_called(self, text: str) -> str:
        """What to say of a name that finds more than one."""
        what = {"kind": self.kind, "name": shortened(text)}
        return _("There is more than one %(kind)s “%(name)s”: write the id.") % what


def _keep(rows: list[Any], row: Any) -> None:
    """Add the row, unless it is none, is there already, or there are enough."""
    if row is not None and len(rows) < _KEPT and all(one is not row for one in rows):
        rows.append(row)


def written(row: Any) -> str:
    """What a file calls this row so that it is found again: its code or name, unless that means something else."""
    name = str(getattr(row, "code", "") or row.name)
    return name if is_one_name(name) and not name.isdigit() else str(row.pk)
