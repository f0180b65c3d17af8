"""What a browser's session remembers of the sign-in that began it. It must not know who asks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from accounts.factors import MFA
from accounts.models import BrowserSession, User
from accounts.origin import origin_of
from accounts.signals import password_changed

_SID = "sid"
# How long after his password a person may change what it protects.
FRESH = timedelta(minutes=5)


def connect() -> None:
    """Remember every sign-in, and end what was remembered at every logout, from now on."""
    user_logged_in.connect(_remember, dispatch_uid="browser-session-sign-in")
    user_logged_out.connect(_end, dispatch_uid="browser-session-logout")
    password_changed.connect(BrowserSession.end_on_new_password, dispatch_uid="browser-session-new-password")


def auth_time(request: HttpRequest) -> datetime:
    """When the person of this session proved himself; the beginning of time for one that does not know."""
    return datetime.fromtimestamp(request.session.get("auth_time", 0), UTC)


def amr(request: HttpRequest) -> str:
    """How he did, in the words of RFC 8176."""
    return str(request.session.get("amr", "pwd"))


def current_session(request: HttpRequest) -> BrowserSession | None:
    """The session of this browser's signed-in person; None if nobody is, or it was ended a moment ago."""
    user = request.user
    if not isinstance(user, User):
        return None
    session = _stored(request)
    if session is None or session.user_id != user.pk:
        return _begin(request, user)
    return session if session.ended_at is None else None


def person_of_session(request: HttpRequest) -> User | None:
    """Whose session this browser keeps, also where he is taken for nobody now; None if it was ended, or never was."""
    session = _stored(request)
    return session.user if session is not None and session.ended_at is None else None


def hold_session(request: HttpRequest) -> BrowserSession | None:
    """The same, locked until the transaction ends: what is made of it comes before its end, or not at all."""
    session = current_session(request)
    if session is None:
        return None
    return BrowserSession.objects.select_for_update().filter(pk=session.pk, ended_at=None).first()


def begin_anew(request: HttpRequest) -> None:
    """Go on in this browser after a new password of one's own, which has ended the session."""
    if isinstance(request.user, User):
        _begin(request, request.user)


def add_proof(request: HttpRequest, proof: str) -> None:
    """The person of this session has shown a second factor after he signed in, so it is one of two factors now."""
    request.session["amr"] = with_factor(amr(request), proof)
    renew_key(request)
    session = _stored(request)
    if session is not None:
        BrowserSession.objects.filter(pk=session.pk).update(amr=request.session["amr"])


def with_factor(proved_by: str, proof: str) -> str:
    """These proofs and a second factor, in the words of RFC 8176."""
    return " ".join(dict.fromkeys([*proved_by.split(), proof, MFA]))


def has_shown_factor(request: HttpRequest) -> bool:
    """Whether the sign-in that began this session was one by two factors."""
    return MFA in amr(request).split()


def confirm(request: HttpRequest) -> None:
    """The person of this session has given his password anew."""
    request.session["confirmed_at"] = timezone.now().timestamp()
    renew_key(request)


def is_fresh(request: HttpRequest) -> bool:
    """Whether he gave his password in the last minutes, by signing in or since."""
    last = max(request.session.get("auth_time", 0), request.session.get("confirmed_at", 0))
    return timezone.now() - datetime.fromtimestamp(last, UTC) < FRESH


def renew_key(request: HttpRequest) -> None:
    """Go on under a new key, with whoever is signed in: a copy of the cookie that was made before is good for nothing.

    To be called wherever the session comes to be about more than it was.
    """
    session = _stored(request)
    request.session.cycle_key()
    if session is not None and session.ended_at is None:
        # Also of a person who is taken for nobody now: the end of this one must find the session.
        BrowserSession.objects.filter(pk=session.pk).update(session_key=request.session.session_key or "")


def leave_for(request: HttpRequest, user: User) -> None:
    """End this browser's session if it is another person's than the one who now proved himself."""
    session = _stored(request)
    if session is not None and session.user_id != user.pk:
        session.end("logout")


def _stored(request: HttpRequest) -> BrowserSession | None:
    text = request.session.get(_SID) if hasattr(request, "session") else None
    return BrowserSession.objects.filter(pk=UUID(text)).first() if text else None


def _begin(request: HttpRequest, user: User) -> BrowserSession:
    if not request.session.session_key:
        request.session.save()
    origin = origin_of(request)
    session = BrowserSession.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        auth_time=auth_time(request),
        amr=amr(request),
        address=origin.address,
        user_agent=origin.user_agent,
        expires_at=request.session.get_expiry_date(),
    )
    request.session[_SID] = str(session.pk)
    return session


def _remember(request: HttpRequest | None, user: Any, **_signal: Any) -> None:
    if request is None or not isinstance(user, User):
        return
    now = timezone.now()
    request.session["auth_time"] = now.timestamp()
    request.session["amr"] = user.proved_by
    # An end that no later save puts off: Django's session must not outlive ours.
    request.session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    # Django has given it a new key by now, against fixation.
    renewed = {
        "session_key": request.session.session_key or "",
        "auth_time": now,
        "amr": user.proved_by,
        "expires_at": request.session.get_expiry_date(),
    }
    sid = request.session.get(_SID)
    same = (
        BrowserSession.objects.filter(pk=UUID(sid), user=user, ended_at=None) if sid else BrowserSession.objects.none()
    )
    if not same.update(**renewed):
        _begin(request, user)


def _end(request: HttpRequest | None, **_signal: Any) -> None:
    session = _stored(request) if request is not None else None
    if session is not None:
        session.end("logout")
