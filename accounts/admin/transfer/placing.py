"""Puts the rows of a file into the tree of those that are there. It must not know what they are.

Who names a row above that is not there yet waits for its path: each is looked at when that path comes to be, and no
more often.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.admin.transfer.levels import Levels, Node, path_key
from accounts.admin.transfer.references import NoSuchRowError, References
from accounts.models.organisation import MAX_LEVELS, too_deep
from tenants.console.transfer.entries import Entry


class Placing:
    """Finds the row above of each entry that names one, also among the new rows, and refuses what has no place.

    Attributes:
        levels: on which level a row stands, by its `id()`, 1 at the top; without those that have no place.
    """

    def __init__(self, entries: Sequence[Entry], tree: References) -> None:
        self.levels: dict[int, int] = {}
        self._tree = tree
        # Of two lines about one row, the second one is refused anyway.
        self._entries = {id(entry.instance): entry for entry in reversed(entries)}
        self._placed = [entry for entry in self._entries.values() if "parent" in entry.aside]
        self._moved = {key for key, entry in self._entries.items() if entry.is_new}
        self._waiting: dict[bytes, list[Entry]] = {}
        self._refused: set[int] = set()
        # Rows that are too deep because one above them is.
        self._explained: set[int] = set()
        for entry in entries:
            if entry.is_new:
                tree.add(entry.instance)
        for entry in self._placed:
            self._seek(entry)
        waiting = {id(entry.instance) for some in self._waiting.values() for entry in some}
        rows = (*tree.rows.values(), *(entry.instance for entry in entries))
        self._all = Levels(row for key, row in {id(row): row for row in rows}.items() if key not in waiting)
        self._walk()
        self._refuse_the_rest()

    def _seek(self, entry: Entry) -> None:
        text = entry.aside["parent"]
        try:
            # BladeX writes 0 at the top.
            self._put(entry, None if text in {"", "0"} else self._tree.find(text))
        except NoSuchRowError:
            self._waiting.setdefault(path_key(text), []).append(entry)
        except ValueError as error:
            entry.refuse("parent", error)

    def _put(self, entry: Entry, above: Any) -> None:
        if entry.instance.parent is not above:
            entry.before["parent"] = entry.instance.parent
            entry.instance.parent = above
            entry.changed.append("parent")
            self._moved.add(id(entry.instance))

    def _walk(self) -> None:
        for number, level in enumerate(self._all.walk(), 1):
            for node in level:
                self.levels[id(node.row)] = number
                if number > MAX_LEVELS:
                    self._refuse_too_deep(node.row, is_first=number == MAX_LEVELS + 1)
            if self._waiting:
                self._end_waiting(level)

    def _end_waiting(self, level: Iterable[Node]) -> None:
        """Put below the rows of this level whoever waits for their paths."""
        found: dict[bytes, list[Any]] = {}
        for node in level:
            if node.key in self._waiting:
                found.setdefault(node.key, []).append(node.row)
        for key, rows in found.items():
            for entry in self._waiting.pop(key):
                if len(rows) > 1:
                    entry.refuse("parent", self._tree.several_are_called(entry.aside["parent"]))
                self._put(entry, rows[0])
                self._all.put(entry.instance, rows[0])

    def _refuse_too_deep(self, row: Any, *, is_first: bool) -> None:
        """Refuse what brought the row there: itself or, of the first level too many, the nearest one above that moved.

        What stood there before stays: nobody would know how to go on.
        """
        if row.parent is not None and id(row.parent) in self._explained:
            self._explained.add(id(row))
            return
        above = row
        while is_first and above is not None and id(above) not in self._moved:
            above = above.parent
        if above is None or id(above) not in self._moved:
            return
        self._explained.add(id(row))
        if id(above) not in self._refused:
            self._refused.add(id(above))
            self._entries[id(above)].refuse("parent", too_deep())

    def _refuse_the_rest(self) -> None:
        """Refuse what found nothing, and of what was not reached, what stands in a circle or below one."""
        reached = set(self.levels)
        for some in self._waiting.values():
            for entry in some:
                entry.refuse("parent", self._tree.none_is_called(entry.aside["parent"]))
                reached.update(id(row) for row in self._all.branch(entry.instance))
        for entry in self._placed:
            if id(entry.instance) not in reached:
                entry.refuse("parent", _("It cannot stand below itself."))
