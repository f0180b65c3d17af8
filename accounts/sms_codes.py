"""Makes SMS codes, so many and no more: who asks too often is told when to come back. It must not know vendors.

A request for a code holds the lock of `code_limits.py` for two milliseconds, and a vendor's message costs a hundred
times that. Who has asked too often is told so before it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from accounts.code_limits import DAY, HOUR, Limit, check_all, is_used_up, limits_of_person, wait_for_turn
from accounts.history import Attempt, event_insert
from accounts.models import SmsCode
from accounts.origin import network_of
from accounts.people import LookUp, Person, look_up_by_phone
from accounts.verifiers.sms import digest_code
from tenants.models import Tenant
from tenants.sql import Insert, WritePlan, write

LIFETIME_SECONDS = 300
DIGITS = 6


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Who asks for a code for this phone (E.164), as the login history will tell it.

    `main_account`: what the request says is the tenant's, if it says so. `withheld`: why the phone's person, if it has
    one, gets no message; the caller asks that of every phone alike.
    """

    tenant: Tenant
    audience: str
    phone: str
    attempt: Attempt
    main_account: str | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code that was made. `person` is None if nobody may sign in with it: then no message goes out."""

    request: CodeRequest
    person: Person | None
    code: str = field(repr=False)


def issue_code(request: CodeRequest) -> IssuedCode:
    """Make a code and write it down with its login event: the same work whether the phone is anybody's or not.

    Raises:
        CodeLimitError: sms_limited_phone, sms_limited_address, sms_limited_client, sms_limited_tenant, sms_cap_reached.
    """
    now, tenant = request.attempt.time, request.tenant
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    check_limits(request)
    with transaction.atomic():
        wait_for_turn()
        check_limits(request)
        found = look_up_by_phone(tenant.pk, request.phone)
        # Silently: other tenants' people are nobody's business.
        has_enough = is_used_up(_limits_everywhere(request), now)
        reason = _why_none_goes_out(request, found) or ("sms_limited_phone" if has_enough else "")
        attempt = request.attempt
        told = attempt.refused(reason, found.person) if reason else attempt.allowed(found.person)
        write(WritePlan([_row(request, code, is_sent=not reason), event_insert(told)]))
    return IssuedCode(request, None if reason else found.person, code)


def reserve_trial(request: CodeRequest) -> str:
    """A code for a message that only tries a gateway out: it counts like any other and is good for nothing.

    Other tenants' messages to this phone count openly here: whoever tries a gateway out has to know why it was silent.

    Raises:
        CodeLimitError: as above.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction.atomic():
        wait_for_turn()
        check_limits(request, of_all_tenants=True)
        write(WritePlan([_row(request, secrets.token_hex(8), is_sent=True)]))
    return code


def check_limits(request: CodeRequest, *, of_all_tenants: bool = False) -> None:
    """Return if one more code may be made now. `of_all_tenants`: also by what other tenants have sent to this phone.

    Raises:
        CodeLimitError: one of the limits is used up; with several, the one that lasts longest says when to come back.
    """
    everywhere = _limits_everywhere(request) if of_all_tenants else []
    check_all([*_limits(request), *everywhere], request.attempt.time)


def _limits_everywhere(request: CodeRequest) -> list[Limit]:
    """Of the messages to this phone, in every tenant together: it is one person's phone that rings."""
    return limits_of_person("sms_limited_phone", SmsCode.objects.filter(phone=request.phone, is_sent=True))


def _limits(request: CodeRequest) -> Iterator[Limit]:
    """Those that a client is told of: by what was asked for in its own tenant alone."""
    tenant = request.tenant
    of_tenant = SmsCode.objects.filter(tenant=tenant)
    yield from limits_of_person("sms_limited_phone", of_tenant.filter(phone=request.phone))
    of_network = of_tenant.filter(network=network_of(request.attempt.origin.address))
    yield Limit("sms_limited_address", of_network, tenant.sms_per_hour_of_address, HOUR)
    of_client = of_tenant.filter(audience=request.audience)
    yield Limit("sms_limited_client", of_client, tenant.sms_per_hour_of_client, HOUR)
    yield Limit("sms_limited_tenant", of_tenant, tenant.sms_per_hour, HOUR)
    yield Limit("sms_cap_reached", of_tenant.filter(is_sent=True), tenant.sms_per_day, DAY)


def _why_none_goes_out(request: CodeRequest, found: LookUp) -> str:
    if request.main_account not in {None, found.main_account}:
        return "main_account_mismatch"
    if found.person is None:
        return "phone_unknown"
    if not found.person.is_active:
        return "account_disabled"
    return "account_locked" if found.is_locked(request.attempt.time) else request.withheld


def _row(request: CodeRequest, code: str, *, is_sent: bool) -> Insert:
    now, tenant_id = request.attempt.time, request.tenant.pk
    return Insert(
        "code",
        "accounts_smscode",
        {
            "tenant_id": tenant_id,
            "audience": request.audience,
            "phone": request.phone,
            "network": network_of(request.attempt.origin.address),
            "digest": digest_code(tenant_id, request.audience, request.phone, code),
            "created_at": now,
            "expires_at": now + timedelta(seconds=LIFETIME_SECONDS),
            "tries": 0,
            "is_sent": is_sent,
        },
    )
