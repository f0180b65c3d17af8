"""RFC 9700 sections 4.2 to 4.16: what leaks through a Referer, a history, a log or a frame."""

import logging
import re
from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import VERIFIER, Flow, answer, make_flow


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


def pages(flow: Flow) -> list[Any]:
    """Every page that a person sees on the way to an application."""
    login = flow.browser.get(flow.authorize()["Location"])
    consent = flow.sign_in(flow.authorize())
    flow.agree(consent)
    return [login, consent, flow.authorize(response_mode="form_post"), flow.authorize(client_id="unknown")]


@pytest.mark.must("RFC 9700", "4.2.4", "no page and no redirect hands its address on in a Referer")
def test_section_4_2_4_no_address_leaks_in_a_referer(flow: Flow) -> None:
    for response in [*pages(flow), flow.authorize()]:
        assert response["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert answer(flow.authorize())["code"]
    assert flow.authorize()["Referrer-Policy"] == "no-referrer"


@pytest.mark.must("RFC 9700", "4.2.4", "no page loads anything from elsewhere")
def test_section_4_2_4_no_page_links_to_another_site(flow: Flow) -> None:
    for response in pages(flow):
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', response.content.decode())


@pytest.mark.must("RFC 9700", "4.2.4", "a code is void after its first use")
def test_section_4_2_4_a_code_is_void_after_its_first_use(flow: Flow) -> None:
    code = flow.code()
    assert flow.redeem(code).status_code == 200
    assert flow.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.must("RFC 9700", "4.3.2", "no access token stands in an address")
@pytest.mark.parametrize("response_type", ["token", "id_token", "code token", "code id_token token", "id_token token"])
def test_section_4_3_2_the_authorization_endpoint_issues_no_token(flow: Flow, response_type: str) -> None:
    sent = answer(flow.authorize(response_type=response_type))
    assert sent["error"] == "unsupported_response_type"
    assert not {"access_token", "id_token", "code"} & set(sent)


@pytest.mark.must("RFC 9700", "4.9.3", "tokens are secrets: none stands in a log, a page or the history")
def test_section_4_9_no_code_token_or_password_is_written_down(flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = flow.code(scope="openid offline_access")
    tokens = flow.redeem(code).json()
    flow.redeem(code)
    secrets = [code, VERIFIER, flow.app[1], *(tokens[name] for name in ("access_token", "refresh_token", "id_token"))]
    history = repr(list(LoginEvent.objects.values()))
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in history


@pytest.mark.must("RFC 9700", "4.16", "pages are safe from clickjacking")
def test_section_4_16_no_page_can_be_framed(flow: Flow) -> None:
    for response in pages(flow):
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


@pytest.mark.must("RFC 9700", "4.5.3.1", "a code that was injected elsewhere fails for want of its verifier")
def test_section_4_5_3_a_code_injected_into_another_sign_in_is_refused(flow: Flow) -> None:
    """The attacker's request had another challenge, so the application presents another verifier."""
    stolen = flow.code()
    assert flow.redeem(stolen, code_verifier="A" * 43).json()["error"] == "invalid_grant"


@pytest.mark.must("RFC 9700", "4.13", "headers that a proxy should set count from trusted proxies alone")
def test_section_4_13_forwarded_headers_of_strangers_count_for_nothing(world: World) -> None:
    stranger = HttpClient(REMOTE_ADDR="203.0.113.9")
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    said = stranger.get("/.well-known/openid-configuration", headers=headers).json()
    assert said["issuer"] == "http://testserver"
    world.sign_in(CONNECT).with_headers(headers).send(stranger)
    assert LoginEvent.objects.get().address == "203.0.113.9"
