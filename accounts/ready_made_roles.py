"""Roles to start from: what the usual people of a console may do. It must not know forms or pages.

A platform administrator is no role: he stands above the tenants, so he is marked at the person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class ReadyMadeRole:
    """What it is called, what for, and what it allows ("app.codename"); None: all that a role can allow."""

    name: Any
    alias: str
    purpose: Any
    permissions: frozenset[str] | None


READY_MADE: Mapping[str, ReadyMadeRole] = {
    "administrator": ReadyMadeRole(
        _("Tenant administrator"), "administrator", _("Does everything that can be done in a tenant."), None
    ),
    "help_desk": ReadyMadeRole(
        _("Help desk"),
        "help_desk",
        _("Finds people, unlocks their accounts and sets new passwords."),
        frozenset(
            {
                "accounts.view_user", "accounts.reset_password_user", "accounts.unlock_user", "accounts.view_lockout",
                "accounts.delete_lockout",
            }
        ),
    ),
    "auditor": ReadyMadeRole(
        _("Auditor"),
        "auditor",
        _("Reads the login history and the changes, and nothing else."),
        frozenset({"accounts.view_loginevent", "tenants.view_change"}),
    ),
}  # fmt: skip


def permissions_of(role: ReadyMadeRole, site: AdminSite) -> Collection[str]:
    """What this role allows, as "app.codename"."""
    return role.permissions if role.permissions is not None else _all_of(site)


def _all_of(site: AdminSite) -> set[str]:
    return {
        f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"
        for model, page in site._registry.items()
        for action in getattr(page, "grantable", {})
    }
