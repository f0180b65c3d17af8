"""RFC 9700 sections 2.1, 2.6 and 4.1: where codes may be sent, and where nobody is led."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as HttpClient

from tests.contract.world import World
from tests.pages import form_values
from tests.protocol.code_flow import REDIRECT_URI, Flow, make_flow

FOREIGN = [
    *("https://evil.example/", "//evil.example/", "///evil.example/", "https:evil.example", "javascript:alert(1)"),
    *("\\\\evil.example", "/\\evil.example", "/\t/evil.example", "\t//evil.example", " //evil.example"),
]


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


@pytest.mark.must(
    "RFC 9700", "2.1", "redirect URIs are compared letter by letter, but for the port of a loopback address"
)
@pytest.mark.must(
    "RFC 9700", "4.1.3", "redirect URIs are compared letter by letter, but for the port of a loopback address"
)
@pytest.mark.parametrize(
    ("uri", "status"),
    [
        (REDIRECT_URI, 303),
        (f"{REDIRECT_URI}/", 400),
        (f"{REDIRECT_URI}?", 400),
        (f"{REDIRECT_URI};a=b", 400),
        ("https://App.example/callback", 400),
        ("https://app.example:443/callback", 400),
        ("https://sub.app.example/callback", 400),
        ("https://app.example/../callback", 400),
        ("http://app.example/callback", 400),
        ("http://127.0.0.1:49152/callback", 303),
        ("http://127.0.0.1:49152/callback/", 400),
    ],
)
def test_section_2_1_redirect_uris_are_compared_letter_by_letter(flow: Flow, uri: str, status: int) -> None:
    assert flow.authorize(redirect_uri=uri).status_code == status


@pytest.mark.must("RFC 9700", "2.6", "no redirect URI has the scheme http, but for loopback addresses")
@pytest.mark.parametrize(
    ("uri", "is_fine"),
    [
        ("https://app.example/callback", True),
        ("http://127.0.0.1/callback", True),
        ("http://[::1]:8080/callback", True),
        ("http://localhost:8080/callback", True),
        ("http://app.example/callback", False),
        ("HTTP://app.example/callback", False),
        ("http://192.168.0.1/callback", False),
        ("http://localhost.evil.example/callback", False),
        ("http://127.0.0.1.evil.example/callback", False),
        ("http://127.0.0.1@evil.example/callback", False),
    ],
)
def test_section_2_6_plain_http_is_for_loopback_addresses_alone(flow: Flow, uri: str, is_fine: bool) -> None:
    client = flow.world.of(flow.app)
    client.redirect_uris = uri
    if is_fine:
        client.clean()
    else:
        with pytest.raises(ValidationError):
            client.clean()


@pytest.mark.must("RFC 9700", "2.1", "no address forwards to whatever a parameter names")
@pytest.mark.parametrize("target", FOREIGN)
def test_section_2_1_no_page_forwards_to_a_foreign_address(flow: Flow, target: str) -> None:
    """Sign-in of people and of administrators, the switch of the language, and the pages of a failed request."""
    browser = HttpClient()
    form = {"tenant": "000000", "username": "admin", "password": "admin"}
    answers = [
        browser.post("/account/login/", form, query_params={"next": target}),
        browser.post("/admin/login/", {**form, "next": target}, query_params={"next": target}),
        browser.post("/i18n/setlang/", {"language": "en", "next": target}),
        flow.authorize(redirect_uri=target),
        flow.authorize(client_id="unknown", redirect_uri=target),
    ]
    for response in answers:
        led_to = urlsplit(response.get("Location", ""))
        assert (led_to.scheme, led_to.netloc) == ("", "")
        assert "evil" not in led_to.path


@pytest.mark.must("RFC 9700", "4.12", "no redirect of credentials uses 307; 303 is used")
@pytest.mark.must("OpenID Connect Core", "16.22", "no redirect to the redirect URI uses 307")
def test_section_4_12_every_redirect_of_a_form_is_a_303(flow: Flow) -> None:
    to_sign_in = flow.authorize()
    form = {"tenant": "000000", "username": "admin", "password": "admin"}
    signed_in = flow.browser.post(to_sign_in["Location"], form)
    consent = flow.browser.get(signed_in["Location"])
    agreed = flow.agree(consent)
    again = flow.browser.post("/connect/authorize", flow.request())
    assert [each.status_code for each in (to_sign_in, signed_in, agreed, again, flow.authorize())] == [303] * 5
    assert "admin" not in agreed["Location"]


@pytest.mark.must("RFC 9700", "2.1", "what a person types is never forwarded to the application")
def test_section_2_1_what_a_person_types_is_not_forwarded(flow: Flow) -> None:
    flow.browser.post("/account/login/", {"tenant": "000000", "username": "admin", "password": "admin"})
    sent = flow.agree(flow.authorize(response_mode="form_post"))
    assert set(form_values(sent, "form-post")) <= {"code", "state", "iss", "session_state"}


@pytest.mark.must("RFC 9700", "2.6", "the authorization endpoint does not support CORS")
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_section_2_6_the_authorization_endpoint_has_no_cors(flow: Flow, method: str) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    client = flow.world.of(flow.app)
    client.allowed_origins = "https://app.example"
    client.save()
    response: Any = getattr(flow.browser, method)("/connect/authorize", flow.request(), headers=headers)
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


@pytest.mark.must("RFC 9700", "4.11.2", "the person is signed in before he is led on with a code")
def test_section_4_11_2_nobody_is_led_on_with_a_code_before_he_signed_in(flow: Flow) -> None:
    assert flow.authorize()["Location"].startswith("/account/login/")
    assert "error=login_required" in flow.authorize(prompt="none")["Location"]
