"""What a browser's session remembers of the sign-in that began it. It must not know who asks."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone


def connect() -> None:
    """Remember every sign-in from now on."""
    user_logged_in.connect(_remember, dispatch_uid="browser-session-sign-in")


def auth_time(request: HttpRequest) -> datetime:
    """When the person of this session proved himself; the beginning of time for one that does not know."""
    return datetime.fromtimestamp(request.session.get("auth_time", 0), UTC)


def amr(request: HttpRequest) -> str:
    """How he did, in the words of RFC 8176."""
    return str(request.session.get("amr", "pwd"))


def _remember(request: HttpRequest | None, **_signal: Any) -> None:
    if request is not None:
        request.session["auth_time"] = timezone.now().timestamp()
        request.session["amr"] = "pwd"
