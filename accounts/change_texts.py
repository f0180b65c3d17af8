"""What an entry of the changes says, in the words of the console and the language of the page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from tenants.changes import SECRET, is_secret, tracked
from tenants.models import Change
from tenants.moments import show_moment
from tenants.scoping import Viewer, sees_all_tenants


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field of the entry: what it is called, and what it held, a line each."""

    name: str
    label: str
    old: list[str]
    new: list[str]
    is_secret: bool = False


def model_of(entry: Change) -> type[Model] | None:
    """The model that the entry tells of, if there still is one."""
    try:
        return apps.get_model(entry.kind)
    except (LookupError, ValueError):
        return None


def kind_of(entry: Change) -> str:
    """What the object is, in the console's words."""
    model = model_of(entry)
    return entry.kind if model is None else str(capfirst(model._meta.verbose_name))


def author_of(entry: Change, viewer: Viewer) -> str:
    """Who did it; of people of other tenants, only that the platform did."""
    if not entry.actor_account:
        return _("System: %(name)s") % {"name": entry.system} if entry.system else _("System")
    if not sees_all_tenants(viewer) and entry.actor_tenant_id != viewer.tenant_id:
        return _("Platform administration")
    name = entry.actor_account
    if entry.actor_name and entry.actor_name != name:
        name = f"{name} ({entry.actor_name})"
    if sees_all_tenants(viewer) and entry.actor_tenant_id != entry.tenant_id:
        name = f"{entry.actor_tenant_code} / {name}"
    return _("%(person)s, by %(system)s") % {"person": name, "system": entry.system} if entry.system else name


def is_of_viewers_tenant(entry: Change, viewer: Viewer) -> bool:
    """Whether he may know from where it was done: not of people of other tenants."""
    return sees_all_tenants(viewer) or not entry.actor_account or entry.actor_tenant_id == viewer.tenant_id


def fields_of(entry: Change, viewer: Viewer, site: AdminSite) -> list[ShownField]:
    """What changed, in the order of the model's columns; without what only the platform sees."""
    model = model_of(entry)
    hidden: set[str] = set()
    if not sees_all_tenants(viewer):
        page = site._registry.get(model) if model is not None else None
        hidden = {"tenant", *getattr(page, "platform_fields", ())}
    order = [] if model is None else [field.name for field in model._meta.get_fields()]
    names = sorted(entry.changes, key=lambda name: order.index(name) if name in order else len(order))
    return [_shown(model, name, entry.changes[name], viewer, site) for name in names if name not in hidden]


def _shown(model: type[Model] | None, name: str, sides: Any, viewer: Viewer, site: AdminSite) -> ShownField:
    field = _field(model, name)
    entry = tracked(model) if model is not None else None
    if entry is not None and field is not None and is_secret(entry, field):
        # Also what was kept before the column became a secret.
        sides = [SECRET if side else None for side in sides]
    old, new = (_lines(_as_told_to(viewer, side, field), field, site) for side in sides)
    return ShownField(name, _label(model, name, field), old, new, is_secret=SECRET in sides)


def _as_told_to(viewer: Viewer, value: Any, field: Any) -> Any:
    """The value; in place of a person of another tenant, that he works for the platform."""
    if sees_all_tenants(viewer) or not isinstance(value, Mapping) or getattr(field, "related_model", None) is not User:
        return value
    # Entries of old do not say whose he is.
    tenant_id = value.get("tenant") or _tenant_of(str(value.get("pk", "")))
    return value if tenant_id in {None, viewer.tenant_id} else _("a platform administrator")


def _tenant_of(person: str) -> int | None:
    """Whose this person is; None if there is nobody any more."""
    found = User.objects.filter(pk=person) if person.isdecimal() else User.objects.none()
    return found.values_list("tenant_id", flat=True).first()


def _field(model: type[Model] | None, name: str) -> Any:
    try:
        return None if model is None else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _label(model: type[Model] | None, name: str, field: Any) -> str:
    entry = tracked(model) if model is not None else None
    if entry is not None and name in entry.parts and not hasattr(field, "verbose_name"):
        return str(capfirst(entry.parts[name].model._meta.verbose_name_plural))
    # django-oauth-toolkit's names are not translated by themselves.
    return str(capfirst(_(str(getattr(field, "verbose_name", name)))))


def _lines(value: Any, field: Any, site: AdminSite) -> list[str]:
    if value is None or value in ("", [], {}):
        return []
    if isinstance(value, Mapping):
        if value.get("secret") is True:
            return [_("set; what it is, is never kept")]
        return [_named(value, site)] if "pk" in value else [json.dumps(value, ensure_ascii=False, indent=1)]
    if isinstance(value, list):
        return [line for one in value for line in _lines(one, field, site)]
    return [_text(value, field)]


def _named(value: Mapping[str, Any], site: AdminSite) -> str:
    name = str(value.get("name", ""))
    return _label_of_codename(site, name) if "." in name else name


def _text(value: Any, field: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    choices = dict(getattr(field, "flatchoices", ()) or ())
    if value in choices:
        return str(choices[value])
    if getattr(field, "get_internal_type", str)() == "DateTimeField":
        return _moment(str(value))
    return str(value)


def _moment(text: str) -> str:
    moment: datetime | None = parse_datetime(text)
    if moment is None or timezone.is_naive(moment):
        return text
    return show_moment(moment)


def _label_of_codename(site: AdminSite, name: str) -> str:
    """What the permission "app.codename" is called, with its page; the name itself if the console has it no more."""
    app_label, _dot, codename = name.partition(".")
    for model, page in site._registry.items():
        action = codename.removesuffix(f"_{model._meta.model_name}")
        if model._meta.app_label == app_label and action != codename and action in getattr(page, "grantable", {}):
            return f"{capfirst(model._meta.verbose_name_plural)}: {page.grantable[action]}"  # type: ignore[attr-defined]  # our pages'
    return name
