"""What the values in the login history are called, for the console and for the people whom it tells of.

It must not know dialects, grants or reasons of oauthx: that app offers their names.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.signing_in import CONSOLE_NOT_ALLOWED

Names = Iterable[tuple[str, Any]]
_offered: dict[str, list[Callable[[], Names]]] = {"dialect": [], "grant": [], "reason": []}

_REASONS: Names = (
    ("unknown_user", _("no such account")),
    ("credentials_rejected", _("wrong password")),
    ("account_locked", _("account locked")),
    ("account_disabled", _("account disabled")),
    ("captcha_unknown", _("captcha unknown")),
    ("captcha_used", _("captcha used before")),
    ("captcha_expired", _("captcha expired")),
    ("captcha_mismatch", _("wrong captcha")),
    (CONSOLE_NOT_ALLOWED, _("may not use the console")),
    ("password_changed", _("new password")),
    ("account_page", _("ended on the account page")),
    ("password", _("by password")),
    ("totp", _("by authenticator app")),
    ("passkey", _("by passkey")),
    ("recovery_code", _("by recovery code")),
    ("totp_rejected", _("wrong code of the authenticator app")),
    ("totp_used", _("code of the authenticator app used before")),
    ("totp_wait", _("too many wrong codes of the authenticator app")),
    ("recovery_code_rejected", _("wrong recovery code")),
    ("recovery_code_used", _("recovery code used before")),
    ("password_missing", _("has no password here")),
    ("second_factor_missing", _("must have a second factor and has none")),
    ("mail_code_missing", _("no mail code was requested")),
    ("mail_code_mismatch", _("wrong mail code")),
    ("mail_code_expired", _("mail code expired")),
    ("mail_code_spent", _("mail code used before")),
    ("mail_code_exhausted", _("too many wrong mail codes")),
    ("mail_limited_account", _("too many mail codes for the account")),
    ("mail_limited_address", _("too many mail codes from the address")),
    ("mail_limited_tenant", _("too many mail codes for the tenant")),
    ("mail_limited_mailbox", _("too many mail codes to the mailbox")),
    ("mail_address_missing", _("has no e-mail address")),
    ("mail_address_rejected", _("e-mail address refused by the mail server")),
    ("mail_server_missing", _("no mail server is set up")),
    ("mail_server_failed", _("the mail server did not take the mail")),
    ("mail_server_busy", _("mail server too slow")),
    ("passkey_rejected", _("passkey refused")),
    ("passkey_cloned", _("passkey may have been copied")),
    ("signed_out_everywhere", _("signed out everywhere in the console")),
)


def offer(field: str, names: Callable[[], Names]) -> None:
    """Let an app say what values of `dialect`, `grant` or `reason` it writes, and what they are called."""
    _offered[field].append(names)


def names_of(field: str) -> dict[str, Any]:
    """Every known value of the field, with its name."""
    return {value: name for names in _offered[field] for value, name in names()}


def name_of(field: str, value: str) -> Any:
    """What people call this value; one that no app knows is shown as it is."""
    return names_of(field).get(value, value)


def name_and_value(field: str, value: str) -> str:
    """Both, for those who look for the value in their own programs."""
    name = str(name_of(field, value))
    return name if name == value else f"{name} ({value})"


offer("reason", lambda: _REASONS)
