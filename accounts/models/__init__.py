"""The people of a tenant, their organisation, and what is remembered of their sign-ins."""

from accounts.models.history import LoginEvent
from accounts.models.lockout import Lockout
from accounts.models.organisation import Dept, Post, Role
from accounts.models.session import BrowserSession
from accounts.models.user import User, UserDept, UserPost, UserRole

__all__ = [
    "BrowserSession",
    "Dept",
    "Lockout",
    "LoginEvent",
    "Post",
    "Role",
    "User",
    "UserDept",
    "UserPost",
    "UserRole",
]
