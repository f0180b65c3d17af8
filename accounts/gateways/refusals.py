"""Remembers which service accounts a directory refused, so that asking again and again does not lock them there.

Shared by all processes. It must not know LDAP.
"""

from django.core.cache import caches
from django.utils.crypto import salted_hmac

from accounts.caches import CACHE_ERRORS


def refusal_of(directory: str, account: str, password: str) -> str | None:
    """The sub-code with which this directory refused this account with this password of late; None if it did not."""
    try:
        code: str | None = caches["challenges"].get(_key(directory, account, password))
    except CACHE_ERRORS:
        return None
    return code


def remember_refusal(directory: str, account: str, password: str, *, code: str, seconds: int) -> None:
    """Note it, for so long."""
    try:
        caches["challenges"].set(_key(directory, account, password), code, timeout=seconds)
    except CACHE_ERRORS:
        return


def forget_refusal(directory: str, account: str, password: str) -> None:
    """The directory takes it again."""
    try:
        caches["challenges"].delete(_key(directory, account, password))
    except CACHE_ERRORS:
        return


def _key(directory: str, account: str, password: str) -> str:
    """Another account, or another password, is another key. It takes our secret to try passwords against it."""
    digest = salted_hmac("accounts.gateways.refusals", f"{account}\0{password}", algorithm="sha256").hexdigest()
    return f"refused:{directory}:{digest}"
