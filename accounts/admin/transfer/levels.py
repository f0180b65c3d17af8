"""Walks rows that stand below each other from the top down, in time that grows with their number alone.

It must not know the file. A path (总公司/研发部) is known by a sum, which each row makes from that of the one above:
the paths themselves would be as many as the rows, and each as long as all names above.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A row with the sum of its path.

    Attributes:
        above: the key of the row above; None at the top.
    """

    row: Any
    path: Any
    above: bytes | None = None

    @property
    def key(self) -> bytes:
        """What `path_key` makes of the names from the top down to the row."""
        return bytes(self.path.digest())


class Levels:
    """The rows by the one that they stand below, each once; more may be put below one until its level was walked."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._below: dict[int | None, list[Any]] = {}
        for row in rows:
            self.put(row, row.parent)

    def put(self, row: Any, above: Any) -> None:
        """Let the row stand below that one; None: at the top."""
        self._below.setdefault(None if above is None else id(above), []).append(row)

    def walk(self) -> Iterator[list[Node]]:
        """Level by level, from the top. What stands in a circle, or below one, is on none."""
        level = [_top(row) for row in self._below.get(None, ())]
        while level:
            yield level
            level = [_below(node, row) for node in level for row in self._below.get(id(node.row), ())]

    def branch(self, row: Any) -> Iterator[Any]:
        """A row that was not put anywhere, with all that stands below it."""
        waiting = [row]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += self._below.get(id(one), ())


def path_key(text: str) -> bytes:
    """By which a path is known, in few bytes however long it is."""
    return hashlib.blake2b(_encoded(text), digest_size=16).digest()


def _top(row: Any) -> Node:
    return Node(row, hashlib.blake2b(_encoded(row.name), digest_size=16))


def _below(node: Node, row: Any) -> Node:
    path = node.path.copy()
    path.update(_encoded(f"/{row.name}"))
    return Node(row, path, node.key)


def _encoded(text: str) -> bytes:
    # A file may hold what UTF-8 cannot say; that is refused elsewhere.
    return text.encode("utf-8", "surrogatepass")
