"""The console's pages for people, their organisation, sessions and the login history. They must not know oauthx."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.change import ChangeAdmin
from accounts.admin.directory import DirectoryAdmin
from accounts.admin.history import LoginEventAdmin
from accounts.admin.identity import SocialIdentityAdmin
from accounts.admin.lockout import LockoutAdmin
from accounts.admin.organisation import DeptAdmin, PostAdmin, RoleAdmin
from accounts.admin.session import BrowserSessionAdmin
from accounts.admin.sms import SmsGatewayAdmin
from accounts.admin.user import UserAdmin
from accounts.admin.wechat import WechatAppAdmin

# What a person may do comes from his roles (accounts/backends.py); Django's groups do nothing here.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)

__all__ = [
    "BrowserSessionAdmin",
    "ChangeAdmin",
    "DeptAdmin",
    "DirectoryAdmin",
    "LockoutAdmin",
    "LoginEventAdmin",
    "PostAdmin",
    "RoleAdmin",
    "SmsGatewayAdmin",
    "SocialIdentityAdmin",
    "UserAdmin",
    "WechatAppAdmin",
]
