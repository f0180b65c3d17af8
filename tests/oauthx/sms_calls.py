"""How an app signs a person in by SMS, at /connect and at its twins. It must not know how codes are kept."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.wire import BLADE, CONNECT, Credentials, Endpoint, Wire, assert_refused, basic
from tests.contract.world import World, reasons

FORM = "application/x-www-form-urlencoded"
PHONE = "13800138000"
E164 = "+8613800138000"
# One of each kind: they answer alike.
PLACES = (CONNECT, BLADE[0])
in_both_forms = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)


def prints_codes(world: World) -> None:
    """Send codes at once, to the console of a development set-up."""
    world.settings.HUFU_SMS_DELIVERY = "accounts.sms_delivery.deliver"
    world.settings.HUFU_DEVELOPMENT = True


def ask(
    world: World, place: Endpoint = CONNECT, phone: str | None = PHONE, app: Credentials | None = None, **more: str
) -> Any:
    """Ask for a code, as the place's apps do."""
    client_id, secret = app or world.app
    params = {**({} if phone is None else {"phone": phone}), **more}
    if place.standard:
        body = urlencode({"client_id": client_id, "client_secret": secret, **params})
        return world.http.post("/connect/sms", body, content_type=FORM)
    # Parameters in the address, as they do.
    query = urlencode({"tenantId": world.tenant.code, **params})
    headers = {"Authorization": basic(client_id, secret)}
    return world.http.post(f"{place.prefix}/oauth/sms/send-validate?{query}", headers=headers)


def printed(world: World) -> list[tuple[str, str]]:
    """The phone and code of each line that was printed since the last look."""
    lines = [line for line in world.capsys.readouterr().out.splitlines() if line.startswith("sms ")]
    return [
        (words[1].removeprefix("phone="), words[2].removeprefix("code="))
        for line in lines
        for words in [line.split(" ")]
    ]


def code_for(world: World, place: Endpoint = CONNECT, phone: str = PHONE, app: Credentials | None = None) -> str:
    """The code of a new message."""
    printed(world)
    assert ask(world, place, phone, app).status_code == 200
    [(_phone, code)] = printed(world)
    return code


def sign_in(
    world: World, code: str, place: Endpoint = CONNECT, phone: str = PHONE, app: Credentials | None = None, **more: str
) -> Wire:
    """A token request with this code."""
    wire = place.request(app or world.app, grant_type="sms", scope="all", phone=phone, sms=code, **more)
    return wire.in_tenant(world.tenant.code) if place.tenant_header else wire


def another(code: str) -> str:
    """A code that it is not."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def claims_of(token: str) -> dict[str, Any]:
    """What the JWT says; whether its signature holds is for other tests."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def limit(world: World, **fields: int | bool) -> None:
    for name, value in fields.items():
        setattr(world.tenant, name, value)
    world.tenant.save()


def assert_limited(place: Endpoint, response: Any, reason: str, seconds: int) -> None:
    assert_refused(place, response, 429, "temporarily_unavailable")
    assert (response["Retry-After"], reasons()[-1]) == (str(seconds), reason)
