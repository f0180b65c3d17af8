"""Collects what changes and writes it down: one entry for each row and piece of work, in the same transaction.

Within `collecting` a row that is saved, whose roles are assigned and whose order changes, is one entry. Outside, each
save is its own. Signals tell of saves, deletions and relations; code that writes in bulk tells by itself (`note…`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from tenants.changes.author import current_author
from tenants.changes.entries import Item, Key, write_down
from tenants.changes.tracking import Tracked, tracked
from tenants.changes.values import read_list, snapshot
from tenants.models import Change

_Ledger = dict[Key, Item]
_collected: ContextVar[_Ledger | None] = ContextVar("collected", default=None)
# What a signal before a change found, until the one after it: of this thread.
_pending: ContextVar[_Ledger | None] = ContextVar("pending", default=None)


@contextmanager
def collecting() -> Iterator[None]:
    """One piece of work: written down at its end, or forgotten if it fails. Open the transaction around it."""
    outer = _collected.get()
    mine: _Ledger = {}
    token = _collected.set(mine)
    try:
        yield
    finally:
        _collected.reset(token)
    if outer is None:
        write_down(mine.values(), current_author())
    else:
        for key, item in mine.items():
            item.follow(outer.get(key))
            outer[key] = item


def note(rows: QuerySet[Any]) -> None:
    """Call it before an `update` of these rows, within `collecting`."""
    entry = _entry_of(rows.model)
    for row in rows:
        item = _item(entry, row)
        item.remember(snapshot(entry, row))
        item.must_read = True


def note_lists(model: type[Model], keys: Iterable[Any], *names: str) -> None:
    """Call it before these lists of these rows are written in bulk, within `collecting`."""
    entry, ledger = _entry_of(model), _collected.get()
    for name in names:
        unknown = [key for key in keys if ledger is None or name not in _known_lists(ledger.get((model, key)))]
        for key, rows in (read_list(entry, name, unknown) if unknown else {}).items():
            item = _item_of_key(entry, key)
            item.lists[name] = rows
            item.is_done = True


def note_created(rows: Iterable[Model]) -> None:
    """Say that these rows were made without a `save`."""
    with collecting():
        for row in rows:
            _note_saved(_entry_of(type(row)), row, created=True, only=None)


def note_deleted(rows: Iterable[Model]) -> None:
    """Say that these rows go without a `delete`; call it before."""
    with collecting():
        for row in rows:
            entry = _entry_of(type(row))
            item = _item(entry, row)
            item.begin_deletion(snapshot(entry, row))
            item.is_done = True


def watch(entry: Tracked) -> None:
    """Hear of every save, deletion and relation of this model."""
    uid = f"changes-{entry.model._meta.label}"
    for signal, receiver in (
        (pre_save, _before_save), (post_save, _after_save), (pre_delete, _before_delete), (post_delete, _after_delete),
    ):  # fmt: skip
        signal.connect(receiver, sender=entry.model, dispatch_uid=uid)
    for name in entry.relations:
        through = getattr(entry.model, name).through
        m2m_changed.connect(_relation_receiver(entry, name), through, weak=False, dispatch_uid=f"{uid}-{name}")
    for name, part in entry.parts.items():
        before, after = _part_receivers(entry, name)
        for signal in (pre_save, pre_delete):
            signal.connect(before, sender=part.model, weak=False, dispatch_uid=f"{uid}-{name}")
        for signal in (post_save, post_delete):
            signal.connect(after, sender=part.model, weak=False, dispatch_uid=f"{uid}-{name}")


# --- Signals ----------------------------------------------------------------------------------------------------------


def _before_save(sender: type[Model], instance: Any, update_fields: Any = None, **_signal: Any) -> None:
    entry = _entry_of(sender)
    if instance._state.adding or instance.pk is None or not entry.fields(update_fields):
        return
    _forget_failed((sender, instance.pk))
    item = _item(entry, instance)
    if item.before is None:
        stored = sender._base_manager.filter(pk=instance.pk).first()
        if stored is not None:
            item.remember(snapshot(entry, stored))


def _after_save(sender: type[Model], instance: Any, created: bool, update_fields: Any = None, **_signal: Any) -> None:
    _note_saved(_entry_of(sender), instance, created=created, only=update_fields)
    _settle((sender, instance.pk))


def _note_saved(entry: Tracked, row: Any, *, created: bool, only: Any) -> None:
    if not created and not entry.fields(only):
        return
    item = _item(entry, row)
    item.is_done = True
    item.after = {**(item.after or item.before or {}), **snapshot(entry, row, only)}
    if created:
        item.action = Change.Action.CREATE


def _before_delete(sender: type[Model], instance: Any, **_signal: Any) -> None:
    entry = _entry_of(sender)
    _forget_failed((sender, instance.pk))
    item = _item(entry, instance)
    item.begin_deletion(snapshot(entry, instance))
    for name in entry.lists:
        if name not in item.lists:
            item.lists[name] = read_list(entry, name, [instance.pk])[instance.pk]


def _after_delete(sender: type[Model], instance: Any, **_signal: Any) -> None:
    _item(_entry_of(sender), instance).is_done = True
    _settle((sender, instance.pk))


def _relation_receiver(entry: Tracked, name: str) -> Any:
    def receive(instance: Any, action: str, reverse: bool, pk_set: Any, **_signal: Any) -> None:
        keys = list(pk_set or ()) if reverse else [instance.pk]
        if action.startswith("pre_"):
            _remember_lists(entry, name, keys)
        else:
            for key in keys:
                _settle_list(entry, key)

    return receive


def _part_receivers(entry: Tracked, name: str) -> tuple[Any, Any]:
    owner = entry.parts[name].model._meta.get_field(entry.parts[name].owner).attname  # type: ignore[union-attr]  # a key

    def before(instance: Any, **_signal: Any) -> None:
        _remember_lists(entry, name, [getattr(instance, owner)])

    def after(instance: Any, **_signal: Any) -> None:
        _settle_list(entry, getattr(instance, owner))

    return before, after


def _remember_lists(entry: Tracked, name: str, keys: list[Any]) -> None:
    for key in keys:
        item = _item_of_key(entry, key)
        if name not in item.lists or _collected.get() is None:
            item.lists[name] = read_list(entry, name, [key])[key]


def _settle_list(entry: Tracked, key: Any) -> None:
    item = _item_of_key(entry, key)
    if item.action != Change.Action.DELETE:
        item.is_done = True
        _settle((entry.model, key))


# --- The ledger -------------------------------------------------------------------------------------------------------


def _settle(key: Key) -> None:
    """Outside of `collecting`, write down what is done."""
    pending = _pending.get()
    if _collected.get() is None and pending is not None and key in pending:
        write_down([pending.pop(key)], current_author())


def _forget_failed(key: Key) -> None:
    """Outside of `collecting`, drop what was found before a change that did not come about."""
    pending = _pending.get()
    if _collected.get() is None and pending is not None:
        pending.pop(key, None)


def _ledger() -> _Ledger:
    collected = _collected.get()
    if collected is not None:
        return collected
    pending = _pending.get()
    if pending is None:
        pending = {}
        _pending.set(pending)
    return pending


def _item(entry: Tracked, row: Any) -> Item:
    item = _item_of_key(entry, row.pk)
    item.row = row
    return item


def _item_of_key(entry: Tracked, key: Any) -> Item:
    # Asked before it is done: a new password ends the session that tells who sets it.
    current_author()
    return _ledger().setdefault((entry.model, key), Item(entry, key))


def _known_lists(item: Item | None) -> dict[str, Any]:
    return {} if item is None else item.lists


def _entry_of(model: type[Model]) -> Tracked:
    entry = tracked(model)
    if entry is None:
        raise LookupError(f"{model._meta.label} is not tracked")
    return entry
