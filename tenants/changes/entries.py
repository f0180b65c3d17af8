"""What happened to one row, and the entry that tells of it."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.utils import timezone

from tenants.changes.author import Author
from tenants.changes.tracking import Tracked
from tenants.changes.values import Snapshot, difference, read_list, snapshot
from tenants.models import Change, Tenant
from tenants.scoping import tenant_id_of

Key = tuple[type[Model], Any]
_NAME_LENGTH = 255
_LONG_LIST = 200


class Item:
    """What is known of one row's change until it is written down.

    Attributes:
        row: as it is known; its name and its tenant are read from it.
        before, after: what it held, and holds; None: unknown, or not there.
        lists: what its lists held before.
        must_read: whether what it holds is to be read at the end; is_done: whether the change happened;
            is_void: whether it was made and deleted in one piece of work.
    """

    def __init__(self, entry: Tracked, key: Any) -> None:
        self.entry = entry
        self.key = key
        self.row: Any = None
        self.action = Change.Action.UPDATE
        self.before: Snapshot | None = None
        self.after: Snapshot | None = None
        self.lists: dict[str, list[Any]] = {}
        self.must_read = False
        self.is_done = False
        self.is_void = False
        self.name = ""

    def remember(self, before: Snapshot) -> None:
        if self.before is None and self.action != Change.Action.CREATE:
            self.before = before

    def begin_deletion(self, before: Snapshot) -> None:
        """Note what goes; a row that was made in the same piece of work leaves nothing to tell."""
        self.is_void = self.action == Change.Action.CREATE
        self.remember(before)
        # After it, the row has no key any more, and its relations may be gone.
        self.name = _name_of(self.row)
        self.action = Change.Action.DELETE
        self.after = {}

    def follow(self, earlier: "Item | None") -> None:
        """Take over what was known before this piece of work began."""
        if earlier is None:
            return
        self.before = earlier.before if earlier.before is not None else self.before
        if earlier.action == Change.Action.CREATE:
            self.before = None
            self.is_void = self.action == Change.Action.DELETE
            self.action = Change.Action.CREATE if self.action == Change.Action.UPDATE else self.action
        self.after = self.after if self.after is not None else earlier.after
        self.row = self.row if self.row is not None else earlier.row
        self.lists = {**self.lists, **earlier.lists}
        self.must_read = self.must_read or earlier.must_read
        self.is_done = self.is_done or earlier.is_done


def write_down(items: Iterable[Item], author: Author) -> None:
    """Store an entry for each row in which something changed."""
    done = [item for item in items if (item.is_done or item.must_read) and not item.is_void]
    if not done:
        return
    _read_rows(done)
    lists = _read_lists(done)
    now = timezone.now()
    entries = []
    for item in done:
        changes = difference(
            item.before or {}, (item.after or item.before or {}) if _stays(item) else {}, _omitted(item)
        )
        for name, before in item.lists.items():
            after = lists.get((item.entry.model, name), {}).get(item.key, [])
            if before != after:
                changes[name] = _told_lists(before, after, is_ordered=name in item.entry.parts)
        if (changes or item.action != Change.Action.UPDATE) and item.row is not None:
            entries.append(_entry(item, changes, author, now))
    _name_tenants(entries, done)
    Change.objects.bulk_create(entries, batch_size=500)


def _omitted(item: Item) -> Collection[str]:
    """Whose a new or deleted row is, the entry itself says."""
    return () if item.action == Change.Action.UPDATE else ("tenant",)


def _told_lists(before: list[Any], after: list[Any], *, is_ordered: bool) -> list[Any]:
    """Both lists; of a long one without an order, what went and what came."""
    if not is_ordered and len(before) + len(after) > _LONG_LIST:
        before, after = [one for one in before if one not in after], [one for one in after if one not in before]
    return [before or None, after or None]


def _stays(item: Item) -> bool:
    return item.action != Change.Action.DELETE


def _read_rows(items: list[Item]) -> None:
    """Read what bulk updates left, and rows of which only a list changed: one statement a model."""
    wanted: dict[type[Model], list[Item]] = {}
    for item in items:
        if _stays(item) and (item.must_read or item.row is None):
            wanted.setdefault(item.entry.model, []).append(item)
    for same in wanted.values():
        entry = same[0].entry
        path = [] if entry.tenant_path == "pk" else [entry.tenant_path]
        rows = entry.model._base_manager.select_related(*path).in_bulk([item.key for item in same])
        for item in same:
            item.row = rows.get(item.key, item.row)
            if item.must_read and item.key in rows:
                item.after = snapshot(entry, rows[item.key])


def _read_lists(items: list[Item]) -> dict[tuple[type[Model], str], dict[Any, list[Any]]]:
    keys: dict[tuple[type[Model], str], tuple[Tracked, list[Any]]] = {}
    for item in items:
        if _stays(item):
            for name in item.lists:
                keys.setdefault((item.entry.model, name), (item.entry, []))[1].append(item.key)
    return {(model, name): read_list(entry, name, some) for (model, name), (entry, some) in keys.items()}


def _entry(item: Item, changes: dict[str, list[Any]], author: Author, now: Any) -> Change:
    return Change(
        time=now,
        action=item.action,
        kind=item.entry.model._meta.label_lower,
        object_id=str(item.key),
        object_name=item.name or _name_of(item.row),
        tenant_id=_tenant_id(item),
        changes=changes,
        actor_id=author.user_id,
        actor_account=author.account,
        actor_name=author.real_name,
        actor_tenant_id=author.tenant_id,
        actor_tenant_code=author.tenant_code,
        address=author.address,
        request_id=author.request_id,
        system=author.system[:64],
    )


def _name_of(row: Any) -> str:
    try:
        return str(row)[:_NAME_LENGTH]
    except ObjectDoesNotExist:
        return ""


def _tenant_id(item: Item) -> int | None:
    path = item.entry.tenant_path
    # A deleted row has lost its key.
    return int(item.key) if path == "pk" else tenant_id_of(item.row, path)


def _name_tenants(entries: list[Change], items: Iterable[Item]) -> None:
    """Write the tenants' codes into the entries: one statement for those that are not at hand."""
    codes: dict[int | None, str] = {None: ""}
    for item in items:
        holder = item.row
        if holder is not None and item.entry.tenant_path == "tenant":
            holder = holder._state.fields_cache.get("tenant")
        if isinstance(holder, Tenant):
            codes[item.key if holder is item.row else holder.pk] = holder.code
    unknown = {entry.tenant_id for entry in entries if entry.tenant_id is not None} - set(codes)
    if unknown:
        codes.update(Tenant.objects.filter(pk__in=unknown).values_list("pk", "code"))
    for entry in entries:
        entry.tenant_code = codes.get(entry.tenant_id, "")
