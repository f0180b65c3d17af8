"""Hands a code's message to the tenant's gateways, one after the other, once the request for it is answered.

It must not know vendors or clients. The code itself is nowhere but in the message: should this process end first, the
person asks for another one.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from accounts.authority import is_trusted
from accounts.gateways.lanes import GatewayBusyError, lane
from accounts.gateways.sms import GatewayError, NumberRejectedError, SmsMessage, open_gateway
from accounts.history import event_insert
from accounts.models import LoginEvent, SmsGateway
from accounts.outbox import Outbox
from accounts.sms_codes import LIFETIME_SECONDS, IssuedCode
from tenants.models import Tenant
from tenants.sql import WritePlan, write

logger = logging.getLogger(__name__)

# How many messages of one gateway are under way at once in this process, and how long another one waits for its turn.
AT_ONCE = 8
WAIT_SECONDS = 10.0
# One that hung is tried after the others for so long.
REST_SECONDS = 30.0
_HANGS = frozenset({"timed_out", "unreachable"})

_outbox = Outbox("sms")
# Until when, on the monotonic clock, by the gateway's key.
resting: dict[int, float] = {}


def send_after_answer(issued: IssuedCode) -> None:
    """See to it that the message goes out, and return at once. Tests set HUFU_SMS_DELIVERY to `deliver` itself."""
    deliver_somehow = import_string(getattr(settings, "HUFU_SMS_DELIVERY", "accounts.sms_delivery.deliver_in_thread"))
    deliver_somehow(issued)


def deliver_in_thread(issued: IssuedCode) -> None:
    """Deliver in a thread of its own, so that no tenant's vendor holds up anyone else's message."""
    request = issued.request
    begun = _outbox.put(request.tenant.pk, request.attempt.origin.request_id, partial(deliver, issued))
    if not begun and issued.person is not None:
        _record(issued, "sms_gateway_busy", 0.0)


def deliver(issued: IssuedCode) -> None:
    """Try the gateways in their order until one takes the message; how it ended stands in the login history.

    Nothing goes out, and nothing is written, for a code that nobody may use.
    """
    if issued.person is None:
        return
    started = time.monotonic()
    message = SmsMessage(issued.request.phone, issued.code, minutes=LIFETIME_SECONDS // 60)
    gateways = gateways_of(issued.request.tenant)
    # Whoever set a gateway up can read what goes through it, and so sign in as whom a code is for.
    trusted = [row for row in gateways if row._state.adding or is_trusted(row.set_up_by_id, issued.person.user_id)]
    if trusted:
        reason = _try_all(trusted, message, issued.request.attempt.origin.request_id)
    else:
        reason = "sms_gateway_untrusted" if gateways else "sms_gateway_missing"
    _record(issued, reason, time.monotonic() - started)


def _try_all(gateways: Sequence[SmsGateway], message: SmsMessage, request_id: str) -> str:
    """The reason why no gateway took it; "" if one did."""
    if not connection.in_atomic_block:
        # Vendors take their time: many messages that wait for them must not use the database's connections up.
        connection.close()
    for gateway in gateways:
        try:
            name = send_by(gateway, message)
        except GatewayError as error:
            logger.warning(
                "sms failed gateway=%s kind=%s code=%s request_id=%s", gateway.pk, gateway.kind, error.code, request_id
            )
            if isinstance(error, NumberRejectedError):
                return "sms_number_rejected"
        else:
            logger.info("sms sent gateway=%s kind=%s id=%s request_id=%s", gateway.pk, gateway.kind, name, request_id)
            return ""
    return "sms_gateway_failed"


def gateways_of(tenant: Tenant) -> list[SmsGateway]:
    """The tenant's in their order, those that hung a moment ago last. In development, without any: the console."""
    rows = list(SmsGateway.objects.filter(tenant=tenant, is_active=True).order_by("position", "pk"))
    if not rows and settings.HUFU_DEVELOPMENT:
        return [SmsGateway(tenant=tenant, kind=SmsGateway.Kind.CONSOLE)]
    now = time.monotonic()
    return sorted(rows, key=lambda row: resting.get(row.pk, 0.0) > now)


def send_by(gateway: SmsGateway, message: SmsMessage, *, wait_seconds: float = WAIT_SECONDS) -> str:
    """Hand the message to this gateway, in one of its lanes; returns the vendor's name for it.

    `wait_seconds`: how long to wait for a lane.

    Raises:
        NumberRejectedError: no other gateway shall be asked. GatewayError: another one may do it.
    """
    try:
        with lane(f"sms:{gateway.pk}", width=AT_ONCE, wait_seconds=wait_seconds):
            name = open_gateway(gateway).send(message)
    except GatewayBusyError:
        raise GatewayError("busy") from None
    except GatewayError as error:
        if error.code in _HANGS and gateway.pk is not None:
            resting[gateway.pk] = time.monotonic() + REST_SECONDS
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # A row that no form would have taken, or a fault in a vendor's library, whose text may show what was sent.
        logger.error("sms gateway broke gateway=%s error=%s", gateway.pk, type(error).__name__)  # noqa: TRY400
        raise GatewayError("broken", type(error).__name__) from None
    resting.pop(gateway.pk, None)
    return name


def _record(issued: IssuedCode, reason: str, elapsed_seconds: float) -> None:
    asked = issued.request.attempt
    attempt = replace(
        asked, kind=LoginEvent.Kind.SMS_SENT, time=asked.time + timedelta(seconds=elapsed_seconds), grant=""
    )
    told = attempt.refused(reason, issued.person) if reason else attempt.allowed(issued.person)
    write(WritePlan([event_insert(told)]))
