"""Decides about a device: who may, and what is written. It must not know pages."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts.browser_session import amr, auth_time, hold_session
from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, User
from accounts.origin import origin_of
from accounts.people import look_up
from oauthx.choices import DEVICE_CODE
from oauthx.client_auth import find_client
from oauthx.dialects.connect import CONNECT
from oauthx.errors import ACCESS_DENIED
from oauthx.models import Client, Consent, DeviceGrant
from tenants.sql import WritePlan, write


def find_device_client(grant: DeviceGrant | None) -> Client | None:
    """The client of the grant, if it may still be let in this way."""
    client = None if grant is None else find_client(grant.client_id)
    if client is None or not client.is_active:
        return None
    return client if DEVICE_CODE in client.grant_types and CONNECT.name in client.dialects else None


def may_decide(user: User, grant: DeviceGrant, client: Client) -> bool:
    """Whether he belongs to the tenant that was named, or where none was, to one that the client serves."""
    served = client.served_tenant_ids() if client.tenant_id is None else {client.tenant_id}
    return user.tenant_id in served and grant.tenant_id in {None, user.tenant_id}


def decide(
    request: HttpRequest, user: User, grant: DeviceGrant, client: Client, now: datetime, *, is_allowed: bool
) -> bool:
    """Write the decision with its event, all or nothing; False if somebody was first, or the time is over."""
    decision: dict[str, Any] = {"status": DeviceGrant.DENIED}
    if is_allowed:
        # Not the browser session: the device is another one, and stays signed in when this browser signs out.
        decision = {"status": DeviceGrant.AUTHORIZED, "auth_time": auth_time(request), "amr": amr(request)}
    attempt = Attempt(
        time=now,
        kind=LoginEvent.Kind.LOGIN,
        origin=origin_of(request),
        account=user.account,
        tenant=user.tenant,
        client_id=client.client_id,
        client_name=client.name,
        dialect=CONNECT.name,
        grant=DEVICE_CODE,
    )
    person = look_up(user.tenant_id, user.account).person
    event = attempt.allowed(person) if is_allowed else attempt.refused(ACCESS_DENIED.reason, person)
    with transaction.atomic():
        if hold_session(request) is None:
            return False  # It has ended meanwhile, maybe by a new password.
        waiting = DeviceGrant.objects.filter(pk=grant.pk, status=DeviceGrant.AUTHORIZATION_PENDING, expires__gt=now)
        if not waiting.update(user=user, tenant=user.tenant, **decision):
            return False
        write(WritePlan([event_insert(event)]))
        if is_allowed:
            Consent.allow(user, client, grant.scope.split())
    return True
