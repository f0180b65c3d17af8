"""The form field for a role's console permissions: a table of pages and what may be done there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tenants.console import KeysField, ScopedModelAdmin

# What most pages offer has a column of its own; the rest stands in the last one.
COLUMNS = ("view", "add", "change", "delete")


@dataclass(frozen=True, slots=True)
class Choice:
    """One permission: its key, what it is called, with its page for who hears it only, and whether the role has it."""

    value: int
    label: str
    full_label: str
    is_held: bool
    # Whether the column's head says it already.
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One page: what may be done there, by column, and the rest."""

    title: str
    cells: list[Choice | None]
    others: list[Choice]


@dataclass(slots=True)
class Section:
    """A group of the sidebar, with its pages in their order there."""

    title: Any
    rows: list[Row] = field(default_factory=list)


class PermissionMatrix(UnfoldAdminCheckboxSelectMultipleWidget):
    """A row for each page, a column for each thing that can be done; grouped as the sidebar is. It needs no script."""

    template_name = "accounts/permission_matrix.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        choices: Any = self.choices
        held = {str(one) for one in value or ()}
        sections = list(_sections(choices.field.site, choices.queryset, held))
        standard = ScopedModelAdmin.grantable
        return {
            "widget": {
                "name": name,
                "attrs": {**self.attrs, **(attrs or {})},
                "sections": sections,
                "columns": [standard[action] for action in COLUMNS],
            }
        }


def _sections(site: AdminSite, permissions: Any, held: set[str]) -> Iterator[Section]:
    by_page: dict[tuple[str, str], list[Permission]] = {}
    for permission in permissions:
        key = (permission.content_type.app_label, permission.content_type.model)
        by_page.setdefault(key, []).append(permission)
    rows = {
        model: _row(model, site._registry[model], some, held)
        for model in site._registry
        if (some := by_page.get((model._meta.app_label, model._meta.model_name or "")))
    }
    addresses = {reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"): model for model in rows}
    for group in settings.UNFOLD["SIDEBAR"]["navigation"]:
        section = Section(group["title"])
        for item in group["items"]:
            model = addresses.get(str(item["page"]))
            if model is not None and model in rows:
                section.rows.append(rows.pop(model))
        if section.rows:
            yield section
    if rows:
        yield Section(_("Other pages"), list(rows.values()))


def _row(model: type[Model], page: Any, permissions: list[Permission], held: set[str]) -> Row:
    title = str(capfirst(model._meta.verbose_name_plural))
    by_action = {_action_of(permission): permission for permission in permissions}
    choices: dict[str, Choice] = {}
    for action, label in page.grantable.items():
        permission = by_action.get(action)
        if permission is not None:
            is_plain = str(ScopedModelAdmin.grantable.get(action, "")) == str(label)
            is_held = str(permission.pk) in held
            choices[action] = Choice(permission.pk, str(label), f"{title}: {label}", is_held, is_plain)
    others = [choice for action, choice in choices.items() if action not in COLUMNS]
    return Row(title, [choices.get(action) for action in COLUMNS], others)


class PermissionsField(KeysField):
    """Chooses among the given permissions; `site` knows what each of them is called."""

    def __init__(self, site: AdminSite, **kwargs: Any) -> None:
        self.site = site
        super().__init__(**kwargs | {"widget": PermissionMatrix, "required": False})

    def label_from_instance(self, permission: Permission) -> str:
        return permission_label(self.site, permission)


def permission_label(site: AdminSite, permission: Permission, *, with_page: bool = False) -> str:
    """What the permission is called in the console, in the language of the request."""
    model = permission.content_type.model_class()
    page = site._registry.get(model) if model is not None else None
    label = str(getattr(page, "grantable", {}).get(_action_of(permission), permission.name))
    return f"{capfirst(model._meta.verbose_name_plural)}: {label}" if with_page and model is not None else label


def _action_of(permission: Permission) -> str:
    return permission.codename.removesuffix(f"_{permission.content_type.model}")
