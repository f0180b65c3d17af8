"""Nobody is led to a place that somebody else has chosen: not by authorize, not by the sign-in page."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import REDIRECT_URI, Flow, make_flow
from tests.protocol.pushing import push, visit

ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "http:evil.example", "\\\\evil.example"),
    *("/\\evil.example", "/\t/evil.example", "\thttps://evil.example", "https:///evil.example", "javascript:alert(1)"),
    *("data:text/html,x", "/%0d%0aLocation:https://evil.example", "https://app.example@evil.example/callback"),
    *("https://app.example.evil.example/callback", "https://app.example/callback/../../evil", "https://app.example"),
    *(f"{REDIRECT_URI}#x", f"{REDIRECT_URI}%2f..", f"{REDIRECT_URI}?next=https://evil.example", REDIRECT_URI.upper()),
]


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("RFC 9700", "2.1", "redirect URIs are compared letter by letter")
@pytest.mark.must("RFC 9700", "4.11", "the authorization server is no open redirector")
@pytest.mark.parametrize("target", ELSEWHERE)
def test_an_address_that_is_not_registered_is_never_called(flow: Flow, target: str) -> None:
    """Whether the request is in order otherwise or not, and whoever is signed in."""
    for is_signed_in in (False, True):
        if is_signed_in:
            flow.sign_in(flow.authorize())
        for rest in ({}, {"response_type": "token"}, {"prompt": "none"}, {"response_mode": "form_post"}):
            response = flow.authorize(redirect_uri=target, **rest)
            assert response.status_code == 400
            assert "Location" not in response
            links = re.findall(r'(?:href|action|src)="([^"]*)"', response.content.decode())
            assert {urlsplit(unescape(link)).netloc for link in links} == {""}, links


def test_without_a_redirect_uri_nobody_is_led_anywhere(flow: Flow) -> None:
    """Not even to the only one that is registered."""
    for rest in ({}, {"response_type": "token"}, {"prompt": "none"}):
        response = flow.authorize(redirect_uri=None, **rest)
        assert (response.status_code, "Location" in response) == (400, False)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_sign_in_leads_to_this_host_alone(flow: Flow, target: str) -> None:
    form = {"tenant": "000000", "username": "admin", "password": "admin"}
    done = flow.browser.post("/account/login/", form, query_params={"next": target})
    location = done["Location"]
    assert done.status_code == 303
    assert (urlsplit(location).scheme, urlsplit(location).netloc) == ("", "")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location
    assert "\r" not in location


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_change_of_language_leads_to_this_host_alone(flow: Flow, target: str) -> None:
    location = flow.browser.post("/i18n/setlang/", {"language": "en", "next": target})["Location"]
    assert (urlsplit(location).scheme, urlsplit(location).netloc) == ("", "")
    assert not location.startswith(("//", "/\\"))


def test_what_stands_beside_a_pushed_request_leads_nowhere(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    done = visit(flow, push(flow), redirect_uri="https://evil.example/")
    assert done["Location"].startswith(f"{REDIRECT_URI}?")
