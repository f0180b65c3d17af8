"""The form field for a role's console permissions: a table of pages and what may be done there."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tenants.console import KeysField


class PermissionMatrix(UnfoldAdminCheckboxSelectMultipleWidget):
    template_name = "accounts/permission_matrix.html"


class _GroupedByPage(forms.models.ModelChoiceIterator):  # type: ignore[type-arg]  # generic for the stubs alone
    """The choices, grouped by the page that they are for, in the order of the pages."""

    def __iter__(self) -> Iterator[Any]:
        by_model: dict[tuple[str, str], dict[str, Permission]] = {}
        for permission in self.queryset:
            key = (permission.content_type.app_label, permission.content_type.model)
            by_model.setdefault(key, {})[permission.codename] = permission
        field: Any = self.field
        for model, page in field.site._registry.items():
            held = by_model.get((model._meta.app_label, model._meta.model_name), {})
            options = [
                self.choice(held[f"{action}_{model._meta.model_name}"])
                for action in getattr(page, "grantable", {})
                if f"{action}_{model._meta.model_name}" in held
            ]
            if options:
                yield capfirst(model._meta.verbose_name_plural), options


class PermissionsField(KeysField):
    """Chooses among the given permissions; `site` knows what each of them is called."""

    iterator = _GroupedByPage

    def __init__(self, site: AdminSite, **kwargs: Any) -> None:
        self.site = site
        super().__init__(**kwargs | {"widget": PermissionMatrix, "required": False})

    def label_from_instance(self, permission: Permission) -> str:
        return permission_label(self.site, permission)


def permission_label(site: AdminSite, permission: Permission, *, with_page: bool = False) -> str:
    """What the permission is called in the console, in the language of the request."""
    model = permission.content_type.model_class()
    action = permission.codename.removesuffix(f"_{permission.content_type.model}")
    page = site._registry.get(model) if model is not None else None
    label = str(getattr(page, "grantable", {}).get(action, permission.name))
    return f"{capfirst(model._meta.verbose_name_plural)}: {label}" if with_page and model is not None else label
