"""Says what an import does to a row, each column before and after, in few signs. It must not know any model.

What is secret is never said: only that there is one from now on, or another one.
"""

from django.utils.translation import gettext as _

from tenants.console.transfer.entries import Entry
from tenants.console.transfer.sheet import Sheet

# Of a long value, so much is shown; and so much of what stands before the first difference.
LONGEST = 160
_ALIKE = 40
# The page says it.
_UNTOLD = frozenset({"tenant"})

# A column's heading, what it held (None: there is nothing to compare), and what it will hold.
Told = tuple[str, str | None, str]


def tell(resource: Sheet, entry: Entry) -> list[Told]:
    """What a new row will hold, or each change of one that is there."""
    names = [name for name, text in entry.cells.items() if text] if entry.is_new else entry.changed
    told = [_tell_column(resource, entry, name) for name in names if name not in _UNTOLD]
    return [one for one in told if not entry.is_new or one[2]]


def _tell_column(resource: Sheet, entry: Entry, name: str) -> Told:
    column = resource.fields[name]
    if not column.exports:
        return column.heading, None, _("will be set") if entry.is_new else _("will be changed")
    old, new = (
        "" if value is None else column.widget.tell(value, obj=entry.instance, resource=resource)
        for value in resource.values(entry, name)
    )
    if entry.is_new:
        return column.heading, None, _part(new, 0)
    start = max(0, _alike(old, new) - _ALIKE) if max(len(old), len(new)) > LONGEST else 0
    return column.heading, _part(old, start), _part(new, start)


def _alike(old: str, new: str) -> int:
    """How many signs both begin with."""
    pairs = zip(old, new, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))


def _part(text: str, start: int) -> str:
    """So much of a text from there on, with marks where some is left out."""
    part = text[start : start + LONGEST]
    return f"{'…' if start else ''}{part}{'…' if start + LONGEST < len(text) else ''}"
