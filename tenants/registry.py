"""Keeps slow-changing rows in this process's memory and never serves a stale one. It must not know what they hold.

Clients, tenants and parsed keys are read on every request and change rarely. Each process keeps them under the number
of `RegistryVersion`; a change of any registered model draws a new number in the same transaction, and a request reads
the number once, first. So a change in one process, a management command included, holds for the next request of all.
The number is random, not a counter: after a rollback it is the old one again, and nothing read meanwhile is believed.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, models
from django.db.models.signals import m2m_changed, post_delete, post_save

from tenants.models import RegistryVersion
from tenants.sql import database, prepared_cursor

T = TypeVar("T")

_lock = threading.Lock()
_version: int | None = None
_entries: dict[object, Any] = {}
# Bounds the memory of a process that serves very many tenants; past it the cache starts over.
MAX_ENTRIES = 20_000


def refresh() -> None:
    """Read the registry's number, one statement, and drop what another number holds. Call it once a request, first."""
    global _version, _entries  # noqa: PLW0603 - the cache of this process
    row = _read_version()
    version = row[0] if row else 0  # No row: nothing was ever changed.
    if version != _version:
        with _lock:
            _entries = {}
            _version = version


def _read_version() -> tuple[int] | None:
    """The registry's row. It is every request's first statement, so it serves as the connection's health check too.

    Django's own check would cost one more round trip; a connection that broke meanwhile is opened anew, once.
    """
    connection = database()
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs lack it
    try:
        return _select()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _select()


def _select() -> tuple[int] | None:
    with prepared_cursor() as cursor:
        cursor.execute("SELECT version FROM tenants_registryversion WHERE id = 1")
        row: tuple[int] | None = cursor.fetchone()
    return row


def cached(key: object, load: Callable[[], T]) -> T:
    """What `load` returned the first time it was asked for under this key and registry number."""
    entries = _entries
    if key in entries:
        return entries[key]  # type: ignore[no-any-return]  # keys are unique to their loader
    return _keep(entries, key, load())


def cached_if_found(key: object, load: Callable[[], T | None]) -> T | None:
    """Like `cached`, but None is not kept: strangers can ask for any number of things that do not exist."""
    entries = _entries
    if key in entries:
        return entries[key]  # type: ignore[no-any-return]
    value = load()
    return None if value is None else _keep(entries, key, value)


def _keep(entries: dict[object, Any], key: object, value: T) -> T:
    """Keep what was loaded where it was looked for: if the registry moved on meanwhile, it is forgotten with that."""
    if len(entries) >= MAX_ENTRIES:
        entries.clear()
    entries[key] = value
    return value


def bump(**_signal: object) -> None:
    """Draw a new number, in the transaction of the change: each process forgets what it keeps at its next request."""
    version = secrets.randbits(62)
    if not RegistryVersion.objects.filter(pk=1).update(version=version):
        RegistryVersion.objects.update_or_create(pk=1, defaults={"version": version})


def register(model: type[models.Model], *many_to_many: type[models.Model]) -> None:
    """Make every save, deletion or change of relations of this model draw a new number.

    `QuerySet.update` sends no signal: code that uses it on a registered model calls `bump` itself.
    """
    uid = model._meta.label
    post_save.connect(bump, sender=model, dispatch_uid=f"registry-save-{uid}")
    post_delete.connect(bump, sender=model, dispatch_uid=f"registry-delete-{uid}")
    for through in many_to_many:
        m2m_changed.connect(bump, sender=through, dispatch_uid=f"registry-m2m-{through._meta.label}")
