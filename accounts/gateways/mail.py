"""Hands a mail to the installation's mail server. It must not know people, or what its mails are for."""

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import make_msgid, parseaddr
from ipaddress import ip_address
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email

from accounts.gateways.lanes import GatewayBusyError, lane

logger = logging.getLogger(__name__)

# How many mails are under way at once in this process, and how long another one waits for its turn.
AT_ONCE = 4
WAIT_SECONDS = 10.0

# Codes of a server that go on refusing (RFC 5321 section 4.2.1).
_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """One code for one address, as text and as HTML."""

    address: str
    subject: str
    code: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


class MailError(Exception):
    """The mail did not go out. `reason` is for the history: mail_server_missing, mail_server_busy, …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_set_up() -> bool:
    """Whether mails can go out: through a server, or in development onto the console."""
    return bool(settings.HUFU_MAIL_SERVER or settings.HUFU_DEVELOPMENT)


def is_loopback(host: str) -> bool:
    """Whether what goes to this mail server stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def send_mail(mail: Mail, request_id: str) -> None:
    """Hand the mail over, in one of the server's lanes. Neither address nor code gets into the log.

    Raises:
        MailError: mail_address_rejected, mail_server_missing, mail_server_busy, mail_server_failed.
    """
    try:
        # One address, and nothing that could be another header or a second recipient.
        validate_email(mail.address)
    except ValidationError:
        raise MailError("mail_address_rejected") from None
    if not settings.HUFU_MAIL_SERVER:
        _print(mail)
        return
    try:
        with lane("mail", width=AT_ONCE, wait_seconds=WAIT_SECONDS):
            hand_over(compose(mail.address, mail.subject, mail.text, mail.html))
    except GatewayBusyError:
        raise MailError("mail_server_busy") from None
    except SMTPRecipientsRefused as error:
        statuses = [status for status, _text in error.recipients.values()]
        logger.warning("mail rejected status=%s request_id=%s", statuses, request_id)
        is_for_good = all(status >= _FOR_GOOD for status in statuses)
        raise MailError("mail_address_rejected" if is_for_good else "mail_server_failed") from None
    except Exception as error:  # noqa: BLE001 - whose text may show the address, or what was sent
        status = getattr(error, "smtp_code", "")
        logger.warning("mail failed error=%s status=%s request_id=%s", type(error).__name__, status, request_id)
        raise MailError("mail_server_failed") from None
    logger.info("mail sent request_id=%s", request_id)


def hand_over(message: EmailMultiAlternatives) -> None:
    """Send it, and leave no connection open, as Django does where one came about and STARTTLS or the sign-in failed."""
    message.connection = get_connection()
    try:
        message.send()
    except Exception:
        with suppress(Exception):
            message.connection.close()
        raise


def _print(mail: Mail) -> None:
    """One line a mail, in development."""
    if not settings.HUFU_DEVELOPMENT:
        raise MailError("mail_server_missing")
    print(f"mail to={mail.address} code={mail.code}", flush=True)  # noqa: T201 - the console is the server


def compose(address: str, subject: str, text: str, html: str = "") -> EmailMultiAlternatives:
    """A mail of this installation to one address."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {
        # Django would tell this machine's own name.
        "Message-ID": make_msgid(domain=domain or None),
        # So that no absence is announced to us (RFC 3834).
        "Auto-Submitted": "auto-generated",
    }
    # A subject of several lines is refused by Django, as a header that was smuggled in.
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[address], headers=headers)
    if html:
        message.attach_alternative(html, "text/html")
    return message
