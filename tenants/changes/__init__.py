"""Records who changed what, from which value to which: for every model that the console can change.

It must not know these models, nor how somebody proves who he is: apps say what to track (`track`) and who acts
(`acting`). docs/decisions/0019-changes.md says why it is our own.
"""

from tenants.changes.author import Author, acting, acting_alone, acting_as, current_author
from tenants.changes.ledger import collecting, note, note_created, note_deleted, note_lists
from tenants.changes.tracking import Part, Tracked, is_secret, track, tracked
from tenants.changes.values import SECRET

__all__ = [
    "SECRET",
    "Author",
    "Part",
    "Tracked",
    "acting",
    "acting_alone",
    "acting_as",
    "collecting",
    "current_author",
    "is_secret",
    "note",
    "note_created",
    "note_deleted",
    "note_lists",
    "track",
    "tracked",
]
