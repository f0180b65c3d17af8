"""Says in plain words what a login event means: why it was refused, and what to do. It must not know oauthx's reasons.

That app offers its own; a test finds a reason without an explanation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.event_names import names_of
from accounts.factor_meanings import FACTOR_MEANINGS
from accounts.mail_meanings import MAIL_MEANINGS
from accounts.models import LoginEvent
from accounts.signing_in import CONSOLE_NOT_ALLOWED

# What a reason means, and what to do about it.
Meaning = tuple[Any, Any]
Meanings = Mapping[str, Meaning]
_offered: list[Callable[[], Meanings]] = []

NOTHING = _("Nothing.")

_MEANINGS: Meanings = {
    "unknown_user": (
        _("There is no such account in this tenant."),
        _("Let the person check account and tenant. Many accounts from one address: somebody is guessing names."),
    ),
    "credentials_rejected": (
        _("The account exists, but the password was wrong. It counts towards a lock."),
        _("Let the person try again, or set a new password. In numbers somebody is guessing: look at the address."),
    ),
    "account_locked": (
        _("Too many wrong passwords had locked the account before; this one was not looked at."),
        _("Wait until the lock ends by itself, or lift it under Lockouts."),
    ),
    "account_disabled": (
        _("The proof was right, but the user is not active."),
        _("Activate the user, if he should be able to sign in."),
    ),
    "captcha_unknown": (
        _("The captcha's key is not known: it was invented, or forgotten long ago."),
        _("If it happens always: several processes run without a shared cache (CACHE_URL)."),
    ),
    "captcha_used": (
        _("The captcha was used by an earlier attempt."),
        _("Tell the app's programmers: after each refusal the app fetches a new captcha."),
    ),
    "captcha_expired": (_("The captcha was older than five minutes."), NOTHING),
    "captcha_mismatch": (
        _("The captcha's answer was wrong, or it was drawn for another endpoint or tenant."),
        _("Let the person try again. If it happens always, the app mixes endpoints: tell its programmers."),
    ),
    CONSOLE_NOT_ALLOWED: (
        _("The password was right, but this person may not use the console."),
        _("Tick “may use the console” on the user's page and give him a role with permissions, if he should."),
    ),
    "password_changed": (
        _("The person got a new password, which ended all that he was signed in to. “Done by” says who set it."),
        NOTHING,
    ),
    **FACTOR_MEANINGS,
    **MAIL_MEANINGS,
    "signed_out_everywhere": (
        _("Somebody ended all that the person was signed in to, from the console: “done by” says who."),
        NOTHING,
    ),
    "account_page": (_("The person ended it himself, on his account page."), NOTHING),
}

_ALLOWED: Mapping[str, Any] = {
    LoginEvent.Kind.TOKEN: _("The client got what it asked for: a token, or an answer."),
    LoginEvent.Kind.LOGIN: _("The person signed in with a browser."),
    LoginEvent.Kind.LOGOUT: _("The session ended."),
    LoginEvent.Kind.LOCKOUT: _("This wrong password was one too many: the account is locked for a while."),
    LoginEvent.Kind.UNLOCK: _("Somebody lifted the account's lock: “done by” says who."),
    LoginEvent.Kind.SMS_REQUEST: _("An SMS code was asked for."),
    LoginEvent.Kind.SMS_SENT: _("An SMS code went out."),
    LoginEvent.Kind.MAIL_REQUEST: _("A code by mail was asked for."),
    LoginEvent.Kind.MAIL_SENT: _(
        "A mail went out: with a code, or by a platform administrator who tried the mail server out."
    ),
    LoginEvent.Kind.BIND: _("An identity elsewhere was bound to this user."),
    LoginEvent.Kind.UNBIND: _("An identity elsewhere was taken from this user."),
    LoginEvent.Kind.PASSWORD_RESET: _("The person got a new password from the console: “done by” says from whom."),
    LoginEvent.Kind.DISABLED: _("The account was disabled: “done by” says by whom."),
    LoginEvent.Kind.ENABLED: _("The account was enabled: “done by” says by whom."),
    LoginEvent.Kind.PASSWORD_CHANGED: _("The person set a new password himself."),
    LoginEvent.Kind.FACTOR_USED: _("The person showed what was asked of him besides the password."),
    LoginEvent.Kind.FACTOR_ADDED: _("The person added a second factor, or made new recovery codes."),
    LoginEvent.Kind.FACTOR_REMOVED: _("The person removed a second factor."),
    LoginEvent.Kind.FACTOR_RESET: _("Somebody took the person's second factors away: “done by” says who."),
    LoginEvent.Kind.EXPORT: _("Somebody exported the login history: the details say which part of it."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, for people. `advice` is empty where nothing went wrong."""

    title: str
    what: str
    advice: str = ""


def offer(meanings: Callable[[], Meanings]) -> None:
    """Let an app say what its reasons mean."""
    _offered.append(meanings)


def meanings() -> dict[str, Meaning]:
    """Every known reason, with what it means and what to do."""
    return {reason: meaning for offered in _offered for reason, meaning in offered().items()}


def explain(event: LoginEvent) -> Explanation:
    """The event in plain words, in the language of the request."""
    refused = event.outcome == LoginEvent.Outcome.REFUSED
    # A reason may end in a code of somebody else's: `directory_denied:52f`.
    reason, _colon, code = event.reason.partition(":")
    known = meanings().get(reason)
    if not refused and event.kind == LoginEvent.Kind.LOCKOUT:
        known = None
    if known is None and not refused:
        return Explanation(capfirst(str(event.get_kind_display())), str(_ALLOWED.get(event.kind, "")))
    if known is None:
        what = gettext("It was refused for the reason “%(reason)s”, which this release does not explain.")
        return Explanation(
            gettext("Why was this refused?"), what % {"reason": event.reason}, gettext("Look into the log.")
        )
    what, advice = (str(text) % {"code": code} if code else str(text) for text in known)
    title = gettext("Why was this refused?") if refused else capfirst(str(names_of("reason").get(reason, event.reason)))
    return Explanation(title, what, advice)


offer(lambda: _MEANINGS)
