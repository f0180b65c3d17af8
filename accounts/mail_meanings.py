"""What the reasons mean that tell of codes by mail, and what to do. It must not know how they arise."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_NEW_CODE = _("Let the person ask for a new code.")
_GUESSING = _("Nothing, if it stays at a few. In numbers somebody is guessing: look at the address.")
_SERVER = _("Look into the log, and whether the mail server of EMAIL_URL is up.")
_ANNOYANCE = _("Let the person wait. Many accounts: somebody annoys people.")

MAIL_MEANINGS: Mapping[str, tuple[Any, Any]] = {
    "mail_code_missing": (_("No code by mail was asked for this account."), _GUESSING),
    "mail_code_mismatch": (
        _("It was another code than the one of the newest mail, or password or mail address had changed since."),
        _GUESSING,
    ),
    "mail_code_expired": (
        _("The code of the mail was older than ten minutes."),
        _("Let the person ask for a new one. If it happens always, mails arrive late: look at the mail server."),
    ),
    "mail_code_spent": (_("The code of the mail had been used before."), _NEW_CODE),
    "mail_code_exhausted": (_("Five wrong codes came for this mail."), _NEW_CODE),
    "mail_limited_account": (_("Too many codes were asked for this account."), _ANNOYANCE),
    "mail_limited_address": (
        _("Too many codes were asked for from this address."),
        _("An office, or somebody probing: look at the accounts."),
    ),
    "mail_limited_tenant": (
        _("Too many codes were asked for in this tenant."),
        _("Somebody annoys people: look at accounts and addresses."),
    ),
    "mail_limited_mailbox": (_("Too many mails went to this mailbox, which may be that of several."), _ANNOYANCE),
    "mail_address_missing": (
        _("The person has no e-mail address."),
        _("Enter it on the user's page, or set a new password there."),
    ),
    "mail_address_rejected": (
        _("The person's e-mail address is none, or the mail server knows it not."),
        _("Correct it on the user's page."),
    ),
    "mail_server_missing": (_("No mail server was set up when the mail should go out."), _("Set EMAIL_URL.")),
    "mail_server_failed": (_("The mail server could not be reached, or did not take the mail."), _SERVER),
    "mail_server_busy": (_("The mail server was too slow, and too many mails waited."), _SERVER),
}
