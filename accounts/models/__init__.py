"""The people of a tenant, their organisation, and what is remembered of their sign-ins."""

from accounts.models.directory import Directory, DirectoryDept, DirectoryGroup, DirectorySync
from accounts.models.factor import AuthenticatorApp, Passkey, RecoveryCode
from accounts.models.history import LoginEvent
from accounts.models.identity import SocialIdentity
from accounts.models.lockout import Lockout
from accounts.models.mail import MailCode
from accounts.models.organisation import Dept, Post, Role
from accounts.models.past_password import PastPassword
from accounts.models.session import BrowserSession
from accounts.models.sms import SmsCode, SmsGateway
from accounts.models.user import User, UserDept, UserPost, UserRole
from accounts.models.wechat import BindTicket, WechatApp

__all__ = [
    "AuthenticatorApp",
    "BindTicket",
    "BrowserSession",
    "Dept",
    "Directory",
    "DirectoryDept",
    "DirectoryGroup",
    "DirectorySync",
    "Lockout",
    "LoginEvent",
    "MailCode",
    "Passkey",
    "PastPassword",
    "Post",
    "RecoveryCode",
    "Role",
    "SmsCode",
    "SmsGateway",
    "SocialIdentity",
    "User",
    "UserDept",
    "UserPost",
    "UserRole",
    "WechatApp",
]
