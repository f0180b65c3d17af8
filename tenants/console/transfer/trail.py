"""Writes an import down in the history of each row, as a form would. It must not know any model."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import translation

from tenants.console.transfer.columns import Column
from tenants.console.transfer.entries import Entry
from tenants.scoping import Viewer


def write_down(viewer: Viewer, entries: Sequence[Entry], columns: Mapping[str, Column]) -> None:
    """One entry of Django's log for each of these rows; none for an import from the command line, which is nobody's."""
    if not isinstance(viewer, Model) or not entries:
        return
    content_type = ContentType.objects.get_for_model(type(entries[0].instance))
    with translation.override(None):
        # Untranslated, as Django keeps them: each reader gets his own language.
        titles = {name: str(column.title) for name, column in columns.items()}
    logs = [
        LogEntry(
            user_id=viewer.pk,
            content_type=content_type,
            object_id=str(entry.instance.pk),
            object_repr=str(entry.instance)[:200],
            action_flag=ADDITION if entry.is_new else CHANGE,
            change_message=_message(entry, titles),
        )
        for entry in entries
    ]
    LogEntry.objects.bulk_create(logs, batch_size=500)


def _message(entry: Entry, titles: Mapping[str, Any]) -> str:
    what: dict[str, Any] = (
        {"added": {}} if entry.is_new else {"changed": {"fields": [titles[name] for name in entry.changed]}}
    )
    return json.dumps([what])
