"""The moves of a device and of the person who lets it in, on Django's test client."""

import re
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client as HttpClient

from oauthx.choices import DEVICE_CODE
from tests.contract.wire import CONNECT, Credentials, Wire
from tests.contract.world import World

AUTHORIZATION = replace(CONNECT, path="/connect/deviceauthorization")
PAGE = "/connect/device"


@dataclass
class DeviceFlow:
    """One application on a device, and one browser elsewhere."""

    world: World
    app: Credentials
    browser: HttpClient = field(default_factory=HttpClient)

    def request(self, **params: object) -> Wire:
        """A request for a device code that has not been sent yet."""
        return AUTHORIZATION.request(self.app, **params)

    def start(self, **params: object) -> Any:
        """The answer to a good request."""
        response = self.request(**params).send(self.world.http)
        assert response.status_code == 200, response.content
        return response.json()

    def poll(self, device_code: str, client: Credentials | None = None, **params: object) -> Any:
        """The token endpoint's answer."""
        wire = CONNECT.request(client or self.app, grant_type=DEVICE_CODE, device_code=device_code, **params)
        return wire.send(self.world.http)

    def open_page(self, user_code: str = "", address: str = "192.0.2.7") -> Any:
        """The page for this code; not followed."""
        parameters = {"user_code": user_code} if user_code else {}
        return self.browser.get(PAGE, parameters, REMOTE_ADDR=address)

    def sign_in(self, response: Any, account: str = "admin", password: str = "admin", tenant: str = "000000") -> Any:
        """Sign in where this answer leads to; returns the page that follows."""
        assert response.status_code == 303, response.content
        location = response["Location"]
        assert location.startswith("/account/login/"), location
        known = dict(parse_qsl(urlsplit(location).query))
        form = {"tenant": known.get("tenant", tenant), "username": account, "password": password}
        done = self.browser.post(location, form)
        assert done.status_code == 303, done.content
        return self.browser.get(done["Location"])

    def decide(self, page: Any, button: str = "allow") -> Any:
        """Press a button of the confirmation page; returns the page that follows."""
        done = self.press(page, button)
        assert done.status_code == 303, done.content
        return self.browser.get(done["Location"])

    def press(self, page: Any, button: str = "allow") -> Any:
        """The answer to the button; not followed."""
        assert page.status_code == 200, page.content
        carried = re.search(r'name="request" value="([^"]+)"', page.content.decode())
        assert carried is not None, "this is no confirmation page"
        return self.browser.post(PAGE, {"request": unescape(carried.group(1)), button: button})

    def confirmation(self, user_code: str, account: str = "admin") -> Any:
        """The confirmation page, after a sign-in if there was none yet."""
        page = self.open_page(user_code)
        return self.sign_in(page, account) if page.status_code == 303 else page

    def allowed_code(self, **params: object) -> str:
        """A device code that the person has allowed."""
        started = self.start(**params)
        self.decide(self.confirmation(started["user_code"]))
        code: str = started["device_code"]
        return code


def make_device_flow(world: World, **fields: Any) -> DeviceFlow:
    """A flow of an application that may use this grant."""
    wanted = {"grant_types": [DEVICE_CODE, "refresh_token"], "dialects": ["connect"], **fields}
    return DeviceFlow(world, world.make_client("tv", **wanted))
