"""The console's pages for people, their organisation, sessions and the login history. They must not know oauthx."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.history import LoginEventAdmin
from accounts.admin.lockout import LockoutAdmin
from accounts.admin.organisation import DeptAdmin, PostAdmin, RoleAdmin
from accounts.admin.session import BrowserSessionAdmin
from accounts.admin.user import UserAdmin

# What a person may do comes from his roles (accounts/backends.py); Django's groups do nothing here.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)

__all__ = [
    "BrowserSessionAdmin",
    "DeptAdmin",
    "LockoutAdmin",
    "LoginEventAdmin",
    "PostAdmin",
    "RoleAdmin",
    "UserAdmin",
]
