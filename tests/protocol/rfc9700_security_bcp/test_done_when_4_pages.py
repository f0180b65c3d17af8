"""Every page that people see sends a strict policy, is framed by nobody, and gives no address away."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.urls import urlpatterns as account_urls
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


def _after_sign_in(flow: Flow, answer: Callable[[], Any]) -> Any:
    flow.sign_in(flow.authorize())
    return answer()


# Each page as a person meets it.
PAGES: dict[str, Callable[[Flow], Any]] = {
    "sign-in": lambda flow: flow.browser.get(flow.authorize()["Location"]),
    "wrong password": lambda flow: flow.sign_in(flow.authorize(), password="wrong"),
    "error": lambda flow: flow.authorize(client_id="unknown"),
    "expired": lambda flow: flow.browser.get("/connect/consent"),
    "not found": lambda flow: flow.browser.get("/connect/nothing"),
    "unreadable": lambda flow: flow.browser.get("/healthz", headers={"Host": "evil.example"}),
    "forged form": lambda _flow: HttpClient(enforce_csrf_checks=True).post("/account/login/"),
    "consent": lambda flow: flow.sign_in(flow.authorize()),
    "chooser": lambda flow: _after_sign_in(flow, lambda: flow.authorize(prompt="select_account")),
    "account": lambda flow: _after_sign_in(flow, lambda: flow.browser.get("/account/")),
    "sent as a form": lambda flow: flow.authorize(response_mode="form_post", scope="more"),
}
each_page = pytest.mark.parametrize("page", PAGES)


@pytest.mark.must("RFC 9700", "4.16", "the pages cannot be framed by another site")
@each_page
def test_a_page_sends_a_strict_policy_and_is_framed_by_nobody(flow: Flow, page: str) -> None:
    response = PAGES[page](flow)
    assert response["Content-Type"].startswith("text/html"), response
    policy = {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy_of(response).split(";"))}
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy_of(response)
    assert "*" not in policy_of(response)
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"


@each_page
def test_only_pages_on_which_no_application_waits_cut_themselves_off(flow: Flow, page: str) -> None:
    """An application that opened a popup loses it to `same-origin`, and the popup its opener, for good."""
    expected = "same-origin" if page == "account" else None
    assert PAGES[page](flow).headers.get("Cross-Origin-Opener-Policy") == expected


@pytest.mark.django_db
def test_so_do_all_pages_of_a_person_but_those_of_a_sign_in() -> None:
    browser = HttpClient()
    for pattern in account_urls:
        address = re.sub("<[^>]+>", "1", f"/account/{pattern.pattern}")
        expected = None if address.startswith("/account/login/") else "same-origin"
        assert browser.get(address).headers.get("Cross-Origin-Opener-Policy") == expected, address


@each_page
def test_a_page_holds_no_script_handler_or_style_that_the_policy_forbids(flow: Flow, page: str) -> None:
    text = PAGES[page](flow).content.decode()
    assert "<script>" not in text
    assert " style=" not in text
    assert "javascript:" not in text
    assert not [name for name in ("onclick", "onload", "onsubmit", "onerror") if f" {name}=" in text]
    assert text.count("<style") == text.count("<style nonce=")


@each_page
def test_a_form_leads_to_us_or_to_the_proven_application_alone(flow: Flow, page: str) -> None:
    targets = set(re.findall(r'<form[^>]* action="([^"]*)"', PAGES[page](flow).content.decode()))
    theirs = {"https://app.example/callback"} if page == "sent as a form" else set()
    assert {target for target in targets if not re.match(r"/[a-z]", target)} == theirs


@pytest.mark.parametrize("page", ["error", "expired", "not found", "unreadable", "forged form", "account"])
def test_a_page_on_which_nothing_leads_to_an_application_lets_no_form_leave(flow: Flow, page: str) -> None:
    assert "form-action 'self';" in policy_of(PAGES[page](flow))


def policy_of(response: Any) -> str:
    policy: str = response["Content-Security-Policy"]
    return policy
