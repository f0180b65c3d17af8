"""One tenant's gateways and the codes that go through them. It must not know how a vendor answers."""

from typing import Any

from accounts import sms_delivery
from accounts.history import Attempt
from accounts.models import LoginEvent, SmsGateway
from accounts.origin import Origin
from accounts.people import look_up_by_phone
from accounts.sms_codes import CodeRequest, IssuedCode
from tenants.encryption import Secret
from tests.accounts.sms_vendors import KEY_ID, SECRET
from tests.contract.world import World, history

PHONE = "+8613800138000"


def add(world: World, position: int, kind: str, endpoint: str = "", **fields: Any) -> SmsGateway:
    wanted = {"key_id": KEY_ID, "app_id": "1", "sign_name": "虎符", "template": "1", "secret": Secret.of(SECRET)}
    return SmsGateway.objects.create(
        tenant=world.tenant, name=f"{kind} {position}", kind=kind, position=position, endpoint=endpoint,
        **{**wanted, **fields},
    )  # fmt: skip


def issued(world: World, code: str = "042137", phone: str = PHONE) -> IssuedCode:
    origin = Origin("192.0.2.1", "agent", "request-1")
    attempt = Attempt(time=world.clock(), kind=LoginEvent.Kind.SMS_REQUEST, origin=origin, client_id="app")
    request = CodeRequest(world.tenant, "app", phone, attempt)
    return IssuedCode(request, look_up_by_phone(world.tenant.pk, phone).person, code)


def deliver(world: World, code: str = "042137") -> LoginEvent:
    """Send a code, and return the event of how that ended."""
    sms_delivery.deliver(issued(world, code))
    return history()[-1]
