"""Makes SMS codes, so many and no more: who asks too often is told when to come back. It must not know vendors.

What was asked for before stands in the table of codes, whether a message went out or not; so the limits hold over all
processes, outlive a restart, and say nothing of whose number it is. One lock makes those who ask at once come one by
one: a request for a code takes it for two milliseconds, and a vendor's message costs a hundred times that. Who has
asked too often is told so before it.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.history import Attempt, event_insert
from accounts.models import SmsCode
from accounts.origin import network_of
from accounts.people import LookUp, Person, look_up_by_phone
from accounts.verifiers.sms import digest_code
from tenants.models import Tenant
from tenants.sql import Insert, WritePlan, database, write

LIFETIME_SECONDS = 300
DIGITS = 6
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Of a phone, in a tenant; and of messages to it, in every tenant together: it is one person's phone that rings.
OF_A_PHONE = ((1, MINUTE), (5, HOUR), (10, DAY))
# How long a code's row is needed after it was made.
MEMORY = DAY

# Any number that nothing else locks.
_ADVISORY_LOCK = 0x536D73


class SmsLimitError(Exception):
    """So many codes were asked for that none is made before `retry_after_seconds` have passed."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


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
        SmsLimitError: sms_limited_phone, sms_limited_address, sms_limited_client, sms_limited_tenant, sms_cap_reached.
    """
    now, tenant = request.attempt.time, request.tenant
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    check_limits(request)
    with transaction.atomic():
        _wait_for_turn()
        check_limits(request)
        found = look_up_by_phone(tenant.pk, request.phone)
        # Silently: other tenants' people are nobody's business.
        has_enough = _soonest(_limits_of_phone(SmsCode.objects.filter(phone=request.phone, is_sent=True)), now)
        reason = _why_none_goes_out(request, found) or ("sms_limited_phone" if has_enough else "")
        attempt = request.attempt
        told = attempt.refused(reason, found.person) if reason else attempt.allowed(found.person)
        write(WritePlan([_row(request, code, is_sent=not reason), event_insert(told)]))
    return IssuedCode(request, None if reason else found.person, code)


def reserve_trial(request: CodeRequest) -> str:
    """A code for a message that only tries a gateway out: it counts like any other and is good for nothing.

    Other tenants' messages to this phone count openly here: whoever tries a gateway out has to know why it was silent.

    Raises:
        SmsLimitError: as above.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction.atomic():
        _wait_for_turn()
        check_limits(request, of_all_tenants=True)
        write(WritePlan([_row(request, secrets.token_hex(8), is_sent=True)]))
    return code


def check_limits(request: CodeRequest, *, of_all_tenants: bool = False) -> None:
    """Return if one more code may be made now. `of_all_tenants`: also by what other tenants have sent to this phone.

    Raises:
        SmsLimitError: one of the limits is used up; with several, the one that lasts longest says when to come back.
    """
    now = request.attempt.time
    everywhere = _limits_of_phone(SmsCode.objects.filter(phone=request.phone, is_sent=True)) if of_all_tenants else []
    last = _soonest([*_limits(request), *everywhere], now)
    if last is not None:
        free_at, reason = last
        seconds = (free_at - now).total_seconds()
        raise SmsLimitError(reason, max(1, int(seconds) + (seconds % 1 > 0)))


# A limit: its reason, what counts for it, how many, within how long.
_Limit = tuple[str, QuerySet[Any], int, timedelta]


def _soonest(limits: Iterable[_Limit], now: datetime) -> tuple[datetime, str] | None:
    """When all of them leave room for one more, and which is the last to do so; None if they do now."""
    waits = [
        (free_at, reason)
        for reason, rows, limit, span in limits
        if limit and (free_at := _free_at(rows, limit, span, now)) is not None
    ]
    return max(waits, default=None)


def _limits_of_phone(rows: QuerySet[Any]) -> list[_Limit]:
    return [("sms_limited_phone", rows, limit, span) for limit, span in OF_A_PHONE]


def _limits(request: CodeRequest) -> Iterator[_Limit]:
    """Those that a client is told of: by what was asked for in its own tenant alone."""
    tenant = request.tenant
    of_tenant = SmsCode.objects.filter(tenant=tenant)
    yield from _limits_of_phone(of_tenant.filter(phone=request.phone))
    of_network = of_tenant.filter(network=network_of(request.attempt.origin.address))
    yield "sms_limited_address", of_network, tenant.sms_per_hour_of_address, HOUR
    of_client = of_tenant.filter(audience=request.audience)
    yield "sms_limited_client", of_client, tenant.sms_per_hour_of_client, HOUR
    yield "sms_limited_tenant", of_tenant, tenant.sms_per_hour, HOUR
    yield "sms_cap_reached", of_tenant.filter(is_sent=True), tenant.sms_per_day, DAY


def _free_at(rows: QuerySet[Any], limit: int, span: timedelta, now: datetime) -> datetime | None:
    """When one more fits in; None if it does now. At most `limit` entries of an index are read."""
    within = rows.filter(created_at__gt=now - span).order_by("-created_at")
    moments: list[datetime] = list(within.values_list("created_at", flat=True)[limit - 1 : limit])
    # Another request may have arrived later and been written first.
    return min(moments[0], now) + span if moments else None


def _wait_for_turn() -> None:
    """Hold the one lock until the transaction ends. SQLite's transactions come one by one anyway."""
    connection = database()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


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
