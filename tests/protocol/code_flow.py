"""The moves of an application and a person in the authorization code flow, on Django's test client."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from django.test import Client as HttpClient

from tests.contract.wire import CONNECT, Credentials
from tests.contract.world import World

REDIRECT_URI = "https://app.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Flow:
    """One application, one browser. `request` is a good authorization request; a None takes a parameter out."""

    world: World
    app: Credentials
    browser: HttpClient = field(default_factory=HttpClient)

    def request(self, **changes: str | None) -> dict[str, str]:
        wanted: dict[str, str | None] = {
            "client_id": self.app[0],
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": "openid",
            "state": "xyz",
            "nonce": "n-0S6",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def authorize(self, **changes: str | None) -> Any:
        """The answer to the request; not followed."""
        return self.browser.get("/connect/authorize", self.request(**changes))

    def sign_in(self, response: Any, account: str = "admin", password: str = "admin", **form: str) -> Any:
        """Fill in the sign-in page that this answer leads to; returns the answer of the page that follows it."""
        assert response.status_code == 303, response.content
        location = response["Location"]
        assert location.startswith("/account/login/"), location
        page = self.browser.get(location)
        assert page.status_code == 200
        known = dict(parse_qsl(urlsplit(location).query))
        wanted = {"tenant": known.get("tenant", "000000"), "username": account, "password": password, **form}
        done = self.browser.post(location, wanted)
        return self.browser.get(done["Location"]) if done.status_code == 303 else done

    def agree(self, response: Any, button: str = "allow") -> Any:
        """Press a button of the consent page."""
        assert response.status_code == 200, response.content
        carried = re.search(r'name="request" value="([^"]+)"', response.content.decode())
        assert carried is not None, "this is no consent page"
        return self.browser.post("/connect/consent", {"request": unescape(carried.group(1)), button: button})

    def code(self, **changes: str | None) -> str:
        """The code of a whole flow, with a sign-in and consent where they are asked for."""
        response = self.authorize(**changes)
        if response.status_code == 303 and response["Location"].startswith("/account/"):
            response = self.sign_in(response)
        if response.status_code == 200:
            response = self.agree(response)
        return answer(response)["code"]

    def redeem(self, code: str, client: Credentials | None = None, **changes: str | None) -> Any:
        wanted: dict[str, str | None] = {"redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER, **changes}
        params = {name: value for name, value in wanted.items() if value is not None}
        wire = CONNECT.request(client or self.app, grant_type="authorization_code", code=code, **params)
        return wire.send(self.world.http)


def make_flow(world: World, **fields: Any) -> Flow:
    """A flow of an application that may use the code grant."""
    wanted = {
        "grant_types": ["authorization_code", "refresh_token"],
        "dialects": ["connect"],
        "redirect_uris": f"{REDIRECT_URI} http://127.0.0.1/callback",
        **fields,
    }
    return Flow(world, world.make_client("webapp", **wanted))


def answer(response: Any) -> dict[str, str]:
    """What was sent to the redirect URI."""
    assert response.status_code == 303, response.content
    location = urlsplit(response["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == REDIRECT_URI, response["Location"]
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def query(**parameters: str) -> str:
    return urlencode(parameters)
