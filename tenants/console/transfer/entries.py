"""What an import knows of its rows while it checks and stores them. It must not know any model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from tenants.models import Tenant
from tenants.scoping import Viewer

MAX_PROBLEMS = 500


@dataclass(slots=True)
class Platform:
    """Who imports from the command line: may do everything, and is nobody."""

    is_superuser: bool = True
    tenant_id: int = 0
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Who imports, into which tenant (None: what all tenants share), and what he may do there."""

    viewer: Viewer
    tenant: Tenant | None
    may_add: bool = True
    may_change: bool = True
    # Whether new rows without a password get one.
    makes_passwords: bool = False
    # By which he does it; None for the command line.
    request: HttpRequest | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell, and what to do; `column` is "" where it is the row as a whole."""

    line: int
    column: str
    text: str


@dataclass(slots=True)
class Room:
    """How many problems of a file are still kept: nobody reads more, and a file could have millions."""

    left: int = MAX_PROBLEMS


@dataclass(slots=True)
class Entry:
    """One row of the file: its cells by column, and the row of the database that it makes or changes."""

    line: int
    cells: dict[str, str]
    # All rows of a file share it.
    room: Room = field(default_factory=Room)
    instance: Any = None
    is_new: bool = False
    # What was read that is no column of the row itself, by column.
    aside: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    # The columns that say something else than the database.
    changed: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    # The columns whose cells could not be read: what the row has there is not what they say.
    unread: frozenset[str] = frozenset()

    def refuse(self, column: str, text: Any) -> None:
        """Add a problem, if there is room; of a cell that could not be read, no more is said."""
        if column not in self.unread and self.room.left > 0:
            self.room.left -= 1
            self.problems.append((column, str(text)))

    def set_aside_unread(self) -> None:
        """What is wrong by now is wrong with the cells themselves."""
        self.unread = frozenset(column for column, _text in self.problems if column)


@dataclass(frozen=True, slots=True)
class Task:
    """A slow hash to be made for a row; an empty `value` says that a password is to be thought of."""

    line: int
    value: str
    # What the row holds now; "" for nothing.
    current: str


@dataclass(frozen=True, slots=True)
class Hashed:
    """The hash for a row, "" if it holds this password already; `plain` is one that was thought of."""

    encoded: str
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import would do, or why it does nothing."""

    entries: Sequence[Entry]
    problems: Sequence[Problem]
    # Headings that mean nothing here.
    ignored: Sequence[str] = ()
    # By what the rows are found by, the passwords or secrets that were thought of; once the rows are stored.
    generated: Sequence[tuple[str, str]] = ()

    @property
    def is_cut(self) -> bool:
        """Whether there may be more problems than these."""
        return len(self.problems) >= MAX_PROBLEMS

    @property
    def added(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_new]

    @property
    def changed(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_new and entry.changed]

    @property
    def numbers(self) -> dict[str, int]:
        """How many rows are new, changed, and as they were."""
        added, changed = len(self.added), len(self.changed)
        return {"added": added, "changed": changed, "unchanged": len(self.entries) - added - changed}
