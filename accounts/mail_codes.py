"""Makes the codes that go out by mail, so many and no more. It must not know mail servers or pages.

Whoever asks names an account: the same work is done whether it is anybody's or not.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.hashers import is_password_usable
from django.db import transaction

from accounts.code_limits import HOUR, Limit, check_all, is_used_up, limits_of_person, wait_for_turn
from accounts.history import Attempt, event_insert
from accounts.models import MailCode
from accounts.origin import network_of
from accounts.people import LookUp, Person, look_up
from accounts.verifiers.mail import digest_address, digest_code
from tenants.models import Tenant
from tenants.sql import Insert, WritePlan, write

# A mail takes longer than an SMS.
LIFETIME_SECONDS = 600
DIGITS = 8
# Of requests, an hour. People of one office often share an address.
OF_AN_ADDRESS = 30
OF_A_TENANT = 1000


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Who asks for a code for this account, as the login history will tell it.

    `withheld`: why the account's person, if it has one, gets no mail; the caller asks that of every account alike.
    `language` is that of the mail.
    """

    tenant: Tenant
    account: str
    attempt: Attempt
    language: str
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code that was made. `person` is None if nobody may use it: then no mail goes out."""

    request: CodeRequest
    person: Person | None
    code: str = field(repr=False)


def issue_code(request: CodeRequest) -> IssuedCode:
    """Make a code and write it down with its login event: the same work whether the account is anybody's or not.

    Raises:
        CodeLimitError: mail_limited_account, mail_limited_address, mail_limited_tenant.
    """
    now, tenant = request.attempt.time, request.tenant
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    check_all(_limits(request), now)
    with transaction.atomic():
        wait_for_turn()
        check_all(_limits(request), now)
        found = look_up(tenant.pk, request.account)
        mailbox = digest_address(found.person.email if found.person else "")
        # Silently: whose else the mailbox is, here or in another tenant, is nobody's business.
        has_enough = is_used_up(limits_of_mailbox(mailbox), now)
        reason = _why_none_goes_out(request, found) or ("mail_limited_mailbox" if has_enough else "")
        attempt = request.attempt
        told = attempt.refused(reason, found.person) if reason else attempt.allowed(found.person)
        digest = digest_code(tenant.pk, request.account, found.person, code)
        write(WritePlan([row_of(request, mailbox, digest, is_sent=not reason), event_insert(told)]))
    return IssuedCode(request, None if reason else found.person, code)


def _limits(request: CodeRequest) -> Iterator[Limit]:
    """Those that are told of: by what was asked for in this tenant alone."""
    of_tenant = MailCode.objects.filter(tenant=request.tenant)
    yield from limits_of_person("mail_limited_account", of_tenant.filter(account=request.account))
    of_network = of_tenant.filter(network=network_of(request.attempt.origin.address))
    yield Limit("mail_limited_address", of_network, OF_AN_ADDRESS, HOUR)
    yield Limit("mail_limited_tenant", of_tenant, OF_A_TENANT, HOUR)


def limits_of_mailbox(mailbox: str) -> list[Limit]:
    """Of the mails to one mailbox, of all accounts and tenants together."""
    return limits_of_person("mail_limited_mailbox", MailCode.objects.filter(mailbox=mailbox, is_sent=True))


def _why_none_goes_out(request: CodeRequest, found: LookUp) -> str:
    person = found.person
    if person is None:
        return "unknown_user"
    if not person.is_active:
        return "account_disabled"
    if found.is_locked(request.attempt.time):
        return "account_locked"
    if not is_password_usable(person.password):
        return "password_missing"
    return request.withheld if person.email else "mail_address_missing"


def row_of(request: CodeRequest, mailbox: str, digest: str, *, is_sent: bool) -> Insert:
    """The row by which a code is kept and counted."""
    now = request.attempt.time
    return Insert(
        "code",
        "accounts_mailcode",
        {
            "tenant_id": request.tenant.pk,
            "account": request.account,
            "mailbox": mailbox,
            "network": network_of(request.attempt.origin.address),
            "digest": digest,
            "created_at": now,
            "expires_at": now + timedelta(seconds=LIFETIME_SECONDS),
            "tries": 0,
            "is_sent": is_sent,
        },
    )
