"""What the console's History pages ask for: the changes of one row, for whoever may see it."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.change_texts import ShownField, author_of, fields_of
from tenants.models import Change
from tenants.scoping import sees_all_tenants, viewer_of, visible

register = template.Library()
SHOWN = 50


@register.simple_tag
def changes_of(request: HttpRequest, row: Model) -> list[dict[str, Any]]:
    """The last changes of this row, each with its author and its fields; none for who may not read changes."""
    if not request.user.has_perm("tenants.view_change"):
        return []
    viewer = viewer_of(request)
    kept = Change.objects.filter(kind=row._meta.label_lower, object_id=str(row.pk))
    return [
        {"entry": entry, "author": author_of(entry, viewer), "fields": _fields(entry, request)}
        for entry in visible(kept, viewer, "tenant_id")[:SHOWN]
    ]


@register.simple_tag
def done_here(actions: Iterable[LogEntry], row: Model) -> list[LogEntry]:
    """These without what was done to another row that had the same id and is gone."""
    deletions = Change.objects.filter(
        kind=row._meta.label_lower, object_id=str(row.pk), action=Change.Action.DELETE
    ).order_by("-time")
    gone_at = deletions.values_list("time", flat=True).first()
    return [action for action in actions if gone_at is None or action.action_time > gone_at]


@register.filter
def done_text(action: LogEntry) -> str:
    """What was done, in the reader's language: Django translates what fields are called, not what a button did."""
    return _(action.get_change_message())


@register.simple_tag
def shown_user(request: HttpRequest, user: Any) -> str:
    """A user by name, unless he is of another tenant than the viewer, who does not see all."""
    viewer = viewer_of(request)
    if not sees_all_tenants(viewer) and user.tenant_id != viewer.tenant_id:
        return _("Platform administration")
    return f"{user.account} ({user.real_name})" if user.real_name else str(user.account)


@register.filter
def changes_kind(row: Model) -> str:
    """The kind of object that this row is, as the list of changes filters by it."""
    return row._meta.label_lower


def _fields(entry: Change, request: HttpRequest) -> list[ShownField]:
    return fields_of(entry, viewer_of(request), admin.site)
