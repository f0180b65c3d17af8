"""RFC 8252 sections 7 and 8.4: the three kinds of redirect URIs of apps on a device, and what is no redirect URI."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError

from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow

PRIVATE_USE = "com.example.app:/oauth2redirect"
CLAIMED = "https://app.example.com/oauth2redirect"
LOOPBACK = "http://127.0.0.1/oauth2redirect"
LOOPBACK_6 = "http://[::1]/oauth2redirect"


def make_app(world: World, *redirect_uris: str) -> Flow:
    """A native app: a public client, registered as the console does it."""
    flow = make_flow(world, client_type="public", redirect_uris=" ".join(redirect_uris))
    client = world.of(flow.app)
    client.client_secret = ""
    client.save()
    client.clean()
    return flow


def sign_in(flow: Flow, redirect_uri: str) -> Any:
    """The answer at the redirect URI, after sign-in and consent."""
    return flow.agree(flow.sign_in(flow.authorize(redirect_uri=redirect_uri)))


def redeem(flow: Flow, response: Any, redirect_uri: str) -> Any:
    code = parse_qs(urlsplit(response["Location"]).query)["code"][0]
    return flow.redeem(code, client=(flow.app[0], ""), redirect_uri=redirect_uri)


@pytest.mark.must("RFC 8252", "7", "private-use schemes, claimed https addresses and loopback addresses are offered")
@pytest.mark.parametrize("redirect_uri", [PRIVATE_USE, CLAIMED, LOOPBACK, LOOPBACK_6])
def test_section_7_three_kinds_of_redirect_uris_lead_to_tokens(redirect_uri: str, world: World) -> None:
    flow = make_app(world, redirect_uri)
    response = sign_in(flow, redirect_uri)
    assert response["Location"].startswith(f"{redirect_uri}?")
    assert redeem(flow, response, redirect_uri).status_code == 200


@pytest.mark.must("RFC 8252", "7.3", "a loopback address may have any port")
@pytest.mark.parametrize("registered", [LOOPBACK, "http://127.0.0.1:8080/oauth2redirect", LOOPBACK_6])
@pytest.mark.parametrize("port", ["", ":1", ":49152", ":65535"])
def test_section_7_3_a_loopback_address_may_have_any_port(registered: str, port: str, world: World) -> None:
    host = "[::1]" if "::1" in registered else "127.0.0.1"
    asked = f"http://{host}{port}/oauth2redirect"
    flow = make_app(world, registered)
    response = sign_in(flow, asked)
    assert response["Location"].startswith(f"{asked}?")
    assert redeem(flow, response, asked).status_code == 200


@pytest.mark.must("RFC 8252", "8.4", "a redirect URI matches exactly, but for the port of a loopback address")
@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        (LOOPBACK, "http://127.0.0.1:5000/other"),
        (LOOPBACK, "http://127.0.0.1:5000/oauth2redirect?more=1"),
        (LOOPBACK, "https://127.0.0.1:5000/oauth2redirect"),
        (LOOPBACK, "http://localhost:5000/oauth2redirect"),
        (LOOPBACK, "http://127.0.0.2:5000/oauth2redirect"),
        (LOOPBACK, LOOPBACK_6),
        (LOOPBACK, "http://127.0.0.1:80@evil.example/oauth2redirect"),
        (LOOPBACK, "http://127.0.0.1:5000.evil.example/oauth2redirect"),
        (LOOPBACK, "http://127.0.0.1:port/oauth2redirect"),
        (LOOPBACK, "http://127.0.0.1:/oauth2redirect"),
        ("http://localhost:8080/oauth2redirect", "http://localhost:5000/oauth2redirect"),
        (CLAIMED, "https://app.example.com:8443/oauth2redirect"),
        (PRIVATE_USE, "com.example.app:/other"),
        (PRIVATE_USE, "com.example.app://oauth2redirect"),
        (PRIVATE_USE, "com.example.other:/oauth2redirect"),
    ],
)
def test_section_8_4_anything_else_is_no_redirect_uri(registered: str, asked: str, world: World) -> None:
    response = make_app(world, registered).authorize(redirect_uri=asked)
    assert response.status_code == 400
    assert "Location" not in response


@pytest.mark.must("RFC 8252", "7.1", "a private-use scheme is a domain name turned round")
@pytest.mark.parametrize("uri", ["myapp:/callback", "javascript:alert(1)", "data:text/html,x", "com.example.app:"])
def test_section_7_1_a_scheme_without_a_dot_is_not_registered(uri: str, world: World) -> None:
    with pytest.raises(ValidationError):
        make_app(world, uri)


@pytest.mark.must("RFC 8252", "8.4", "the complete redirect URI is registered")
@pytest.mark.parametrize("uri", ["", "com.example.app:", "https://", "http://app.example/callback"])
def test_section_8_4_registration_wants_complete_addresses(uri: str, world: World) -> None:
    with pytest.raises(ValidationError):
        make_app(world, uri)


def test_the_consent_page_names_an_app_by_its_scheme(world: World) -> None:
    flow = make_app(world, PRIVATE_USE)
    page = flow.sign_in(flow.authorize(redirect_uri=PRIVATE_USE))
    assert "com.example.app:" in page.content.decode()
