"""Writes the mail that brings a code, and sends it once the request for it is answered. It must not know pages.

The code itself is nowhere but in the mail: should this process end first, the person asks for another one.
"""

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from accounts.gateways.mail import Mail, MailError, send_mail
from accounts.history import event_insert
from accounts.mail_codes import IssuedCode
from accounts.models import LoginEvent
from accounts.outbox import Outbox
from accounts.people import Person
from tenants.sql import WritePlan, write

_outbox = Outbox("mail")


def send_after_answer(issued: IssuedCode) -> None:
    """See to it that the mail goes out, and return at once. Tests set HUFU_MAIL_DELIVERY to `deliver` itself."""
    deliver_somehow = import_string(getattr(settings, "HUFU_MAIL_DELIVERY", "accounts.mail_delivery.deliver_in_thread"))
    deliver_somehow(issued)


def deliver_in_thread(issued: IssuedCode) -> None:
    """Deliver in a thread of its own, so that a mail server that hangs holds up no request."""
    request = issued.request
    begun = _outbox.put(request.tenant.pk, request.attempt.origin.request_id, partial(deliver, issued))
    if not begun and issued.person is not None:
        _record(issued, "mail_server_busy", 0.0)


def deliver(issued: IssuedCode) -> None:
    """Send the mail; how it ended stands in the login history. For a code that nobody may use, nothing is done."""
    if issued.person is None:
        return
    started, reason = time.monotonic(), ""
    mail = _write_mail(issued, issued.person)
    if not connection.in_atomic_block:
        # Many mails that wait for their server must not use the database's connections up.
        connection.close()
    try:
        send_mail(mail, issued.request.attempt.origin.request_id)
    except MailError as error:
        reason = error.reason
    _record(issued, reason, time.monotonic() - started)


def _write_mail(issued: IssuedCode, person: Person) -> Mail:
    """In the language of the page on which it was asked for."""
    half = len(issued.code) // 2
    tenant = issued.request.tenant
    context = {"account": person.account, "tenant": tenant, "code": f"{issued.code[:half]} {issued.code[half:]}"}
    with translation.override(issued.request.language):
        return Mail(
            address=person.email,
            # Without the code: subjects stand on locked screens and in the logs of mail servers.
            subject=gettext("%(tenant)s: a code for a new password") % {"tenant": tenant.name},
            code=issued.code,
            text=render_to_string("account/mail/code.txt", context),
            html=render_to_string("account/mail/code.html", context),
        )


def _record(issued: IssuedCode, reason: str, elapsed_seconds: float) -> None:
    asked = issued.request.attempt
    attempt = replace(asked, kind=LoginEvent.Kind.MAIL_SENT, time=asked.time + timedelta(seconds=elapsed_seconds))
    told = attempt.refused(reason, issued.person) if reason else attempt.allowed(issued.person)
    write(WritePlan([event_insert(told)]))
