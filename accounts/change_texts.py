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
    return [_shown(entry, name, viewer, site) for name in _names_in_order(entry, viewer, site)]


def labels_of(entry: Change, viewer: Viewer, site: AdminSite) -> list[str]:
    """What those fields are called, without asking for what they held."""
    model = model_of(entry)
    return [_label(model, name, _field(model, name)) for name in _names_in_order(entry, viewer, site)]


def _names_in_order(entry: Change, viewer: Viewer, site: AdminSite) -> list[str]:
    model = model_of(entry)
    hidden: set[str] = set()
    if not sees_all_tenants(viewer):
        page = site._registry.get(model) if model is not None else None
        hidden = {"tenant", *getattr(page, "platform_fields", ())}
    order = [] if model is None else [field.name for field in model._meta.get_fields()]
    names = sorted(entry.changes, key=lambda name: order.index(name) if name in order else len(order))
    return [name for name in names if name not in hidden]


def _shown(entry: Change, name: str, viewer: Viewer, site: AdminSite) -> ShownField:
    model, sides = model_of(entry), entry.changes[name]
    field = _field(model, name)
    kept = tracked(model) if model is not None else None
    if kept is not None and field is not None and is_secret(kept, field):
        # Also what was kept before the column became a secret.
        sides = [SECRET if side else None for side in sides]
    words = _words_for(entry, field, site)
    old, new = (_lines(_as_told_to(viewer, side, field), field, words, site) for side in sides)
    return ShownField(name, _label(model, name, field), old, new, is_secret=SECRET in sides)


def _words_for(entry: Change, field: Any, site: AdminSite) -> dict[Any, Any]:
    """What values of this field are called: as its model says, or the console's page for it."""
    page = site._registry.get(field.model) if field is not None else None
    named = getattr(page, "value_names", {}).get(field.name) if page is not None else None
    return dict(named(entry.tenant_id) if named is not None else getattr(field, "flatchoices", None) or ())


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


def _lines(value: Any, field: Any, words: dict[Any, Any], site: AdminSite) -> list[str]:
    if value is None or value in ([], {}) or (value == "" and "" not in words):
        return []
    if isinstance(value, Mapping):
        if value.get("secret") is True:
            return [_("set; what it is, is never kept")]
        return [_named(value, site)] if "pk" in value else [json.dumps(value, ensure_ascii=False, indent=1)]
    if isinstance(value, list):
        return [line for one in value for line in _lines(one, field, words, site)]
    return [_text(value, field, words)]


def _named(value: Mapping[str, Any], site: AdminSite) -> str:
    name = str(value.get("name", ""))
    return _label_of_codename(site, name) if "." in name else name


def _text(value: Any, field: Any, words: dict[Any, Any]) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value in words:
        # Beside what only the page calls so, as programs call it, where the words do not say that too.
        text, is_a_name = str(words[value]), not getattr(field, "flatchoices", None)
        return f"{text} ({value})" if is_a_name and str(value) not in text else text
    if getattr(field, "get_internal_type", str)() == "DateTimeField":
        return _moment(str(value))
    return str(value)


def _moment(text: str) -> str:
    moment: datetime | None = parse_datetime(text)
    if moment is None or timezone.is_naive(moment):
        return text
    return show_moment(moment)


def _label_of_codename(site: AdminSite, name: str) -> str:
    """What the permission "app.codename" is called, with its page; the name itself if there is no such model."""
    app_label, _dot, codename = name.partition(".")
    # Django's own four; what the console grants no more, or never did, is told by its name too.
    usual = {"view": _("View"), "add": _("Add"), "change": _("Change"), "delete": _("Delete")}
    for model in apps.get_models():
        action = codename.removesuffix(f"_{model._meta.model_name}")
        granted = getattr(site._registry.get(model), "grantable", {})
        if model._meta.app_label == app_label and action != codename and action in {**usual, **granted}:
            text = f"{capfirst(model._meta.verbose_name_plural)}: {granted.get(action, usual.get(action))}"
            return text if action in granted else f"{text} ({name})"
    return name
