"""Begins a device's authorization (RFC 8628 section 3.1). It must not know who decides about it, or how."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.urls import reverse

from oauthx.admission import settle_tenant
from oauthx.choices import DEVICE_CODE
from oauthx.claims import digest
from oauthx.device.user_codes import make_user_code, show_user_code
from oauthx.dialects.base import json_response
from oauthx.dialects.connect import CONNECT
from oauthx.errors import GRANT_NOT_ALLOWED, TEMPORARILY_UNAVAILABLE, OAuthError
from oauthx.issuing import asked_scope
from oauthx.models import Client, DeviceGrant
from oauthx.requests import WireRequest
from oauthx.views import ClientView

LIFETIME_SECONDS = 600
INTERVAL_SECONDS = 5
_TRIES = 5


class DeviceAuthorizationView(ClientView):
    """`POST /connect/deviceauthorization`: a code for the device to ask with, and one for a person to type."""

    dialect = CONNECT
    of_any_dialect = False

    def answer(self, wire: WireRequest, client: Client) -> HttpResponse:
        if DEVICE_CODE not in client.grant_types:
            raise OAuthError(GRANT_NOT_ALLOWED)
        named = self.dialect.tenant_code(wire)
        is_known = named is not None or client.tenant is not None
        device_code = secrets.token_urlsafe(32)
        grant = DeviceGrant(
            device_code=digest(device_code),
            client_id=client.client_id,
            tenant=settle_tenant(named, client, wire.received_at) if is_known else None,
            scope=" ".join(asked_scope(wire.value("scope"), client)),
            interval=INTERVAL_SECONDS,
            expires=wire.received_at + timedelta(seconds=LIFETIME_SECONDS),
        )
        save_with_user_code(grant)
        address = f"{wire.issuer}{reverse('oauthx:device')}"
        shown = show_user_code(grant.user_code)
        answer = {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?user_code={shown}",
            "expires_in": LIFETIME_SECONDS,
            "interval": INTERVAL_SECONDS,
        }
        return json_response(answer, 200)


def save_with_user_code(grant: DeviceGrant, make_code: Callable[[], str] = make_user_code) -> None:
    """Store it under a user code that no other one has.

    Raises:
        OAuthError: temporarily_unavailable; none was free.
    """
    for _try in range(_TRIES):
        grant.user_code = make_code()
        try:
            with transaction.atomic():
                grant.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise OAuthError(TEMPORARILY_UNAVAILABLE)
