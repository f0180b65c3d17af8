"""Tries the installation's mail server out with one mail, and finds out what is wrong. It must know no pages or people.

No error's own text gets out but what the server said of sender, recipient or mail: others may show what was sent.
"""

import logging
import socket
import ssl
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from typing import Any

from django.conf import settings

from accounts.gateways.lanes import GatewayBusyError, lane
from accounts.gateways.mail import compose, hand_over

logger = logging.getLogger(__name__)

# What a server may say that is repeated.
_LONGEST = 200
# It wants a sign-in, or TLS before that (RFC 4954 section 6, RFC 3207 section 4).
_WANTS_MORE = 530
# The first that fits.
_PROBLEMS: tuple[tuple[type[BaseException], str], ...] = (
    (SMTPAuthenticationError, "credentials_refused"),
    (SMTPSenderRefused, "sender_refused"),
    (SMTPRecipientsRefused, "recipient_refused"),
    (SMTPDataError, "mail_refused"),
    (SMTPConnectError, "server_refused"),
    (SMTPHeloError, "server_refused"),
    (SMTPResponseException, "server_refused"),
    (SMTPServerDisconnected, "hung_up"),
    # Of smtplib alone; the rest is the system's.
    (SMTPException, "no_sign_in"),
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "no_tls"),
    (TimeoutError, "timed_out"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "hung_up"),
    (socket.gaierror, "unknown_host"),
    (OSError, "unreachable"),
)


class MailTrialError(Exception):
    """The test mail did not go out: `code` says why, `detail` what the server said, if it may be repeated."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def try_mail(address: str, subject: str, text: str, request_id: str) -> None:
    """Hand one mail to the server, each step within EMAIL_TIMEOUT; one such trial at a time holds a thread.

    Raises:
        MailTrialError: missing, busy, credentials_refused, sender_refused, … (the catalogue is in `accounts/admin`).
    """
    if not settings.HUFU_MAIL_SERVER:
        raise MailTrialError("missing")
    try:
        with lane("mail-trial", width=1, wait_seconds=0):
            hand_over(compose(address, subject, text))
    except GatewayBusyError:
        raise MailTrialError("busy") from None
    except Exception as error:  # noqa: BLE001 - whose text may show the address, or what was sent
        code, detail = _problem_of(error), _said(error)
        logger.warning("test mail failed problem=%s error=%s request_id=%s", code, type(error).__name__, request_id)
        raise MailTrialError(code, detail) from None
    logger.info("test mail sent request_id=%s", request_id)


def _problem_of(error: Exception) -> str:
    if getattr(error, "smtp_code", None) == _WANTS_MORE:
        return "wants_more"
    if isinstance(error, SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError):
        return "timed_out"
    if isinstance(error, SMTPNotSupportedError) and "STARTTLS" in str(error):
        return "no_starttls"
    return next((code for kind, code in _PROBLEMS if isinstance(error, kind)), "failed")


def _said(error: Any) -> str:
    """What the server said, or what is wrong with its certificate; "" where it could repeat a password."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    answers: list[tuple[int, bytes | str]]
    if isinstance(error, SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, SMTPSenderRefused | SMTPDataError):
        answers = [(error.smtp_code, error.smtp_error)]
    else:
        return str(getattr(error, "smtp_code", ""))
    text = " ".join(f"{code} {_as_text(said)}" for code, said in answers)
    password = settings.EMAIL_HOST_PASSWORD
    return text[:_LONGEST] if not password or password not in text else ""


def _as_text(said: Any) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
