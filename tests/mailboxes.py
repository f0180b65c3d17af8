"""A real mail server on loopback, which keeps what it is given; tests say what it refuses."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port

SENDER = "Hufu <id@hufu.example>"


@dataclass(slots=True)
class Post:
    """What the server has taken: whom each mail was for, and the mail.

    `refusal` is its answer to every recipient, `sender_refusal` to every sender, `mail_refusal` to every mail.
    """

    port: int = 0
    refusal: str = ""
    sender_refusal: str = ""
    mail_refusal: str = ""
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def take_sender(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender_refusal or "250 OK"

    async def take_recipient(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def take_mail(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.mail_refusal:
            return self.mail_refusal
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(([str(address) for address in envelope.rcpt_tos], message))
        return "250 OK"

    def last(self) -> EmailMessage:
        """The mail that came last."""
        return self.mails[-1][1]


def part(mail: EmailMessage, kind: str) -> str:
    """The mail's text ("plain") or page ("html")."""
    body = mail.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text


def code_of(post: Post) -> str:
    """The code of the last mail, as it stands there."""
    code = re.search(r"\d{4} \d{4}", part(post.last(), "plain"))
    assert code is not None
    return code.group()


def use(settings: Any, port: int) -> None:
    """Send mails to the server at this port of loopback."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 0.5
    settings.HUFU_MAIL_SERVER, settings.DEFAULT_FROM_EMAIL = True, SENDER


@contextmanager
def receiving(**options: Any) -> Iterator[Post]:
    """A server that takes mails until the block ends; `options` are aiosmtpd's: TLS, who may sign in."""
    post = Post()
    handler = SimpleNamespace(handle_MAIL=post.take_sender, handle_RCPT=post.take_recipient, handle_DATA=post.take_mail)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    post.port = controller.port
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
