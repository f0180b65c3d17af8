"""openid-client in a Node application, told issuer, client id and secret: everything that it offers to an app."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from oauthx.models import TokenFamily
from tests.browser.application import Application, running_application
from tests.clients.application import running
from tests.clients.provider import PASSWORD, Provider, sign_in, sign_in_and_agree, told
from tests.servers import free_port

FOLDER = Path(__file__).parent / "openid_client"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@contextmanager
def application(provider: Provider, home_uri: str = "/", **fields: Any) -> Iterator[str]:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules").is_dir():
        pytest.fail("Node.js or its packages are not installed: run scripts/install-test-packages.")
    registration = provider.register("/callback", "/signed-out", free_port(), **fields)
    with running([node, str(FOLDER / "application.mjs")], registration, HOME_URI=home_uri) as origin:
        yield origin


@pytest.fixture
def app() -> Iterator[Application]:
    """Another site."""
    with running_application() as application:
        yield application


def sign_in_at(page: Page, origin: str, address: str = "/login") -> None:
    page.goto(f"{origin}{address}")
    sign_in_and_agree(page, origin)


def test_a_person_signs_in_and_the_application_learns_who_he_is(provider: Provider) -> None:
    def scenario(page: Page) -> tuple[Any, Any]:
        sign_in_at(page, origin)
        return told(page), told(page, f"{origin}/userinfo")

    with application(provider) as origin:
        home, userinfo = provider.browser.run(scenario)
    assert home == {"name": "张三"}
    assert (userinfo["name"], bool(userinfo["sub"])) == ("张三", True)


def test_tokens_are_refreshed_asked_about_and_revoked(provider: Provider) -> None:
    def scenario(page: Page) -> dict[str, Any]:
        sign_in_at(page, origin)
        names = ("refresh", "introspect", "revoke", "introspect", "refresh", "userinfo")
        return {f"{number} {name}": told(page, f"{origin}/{name}") for number, name in enumerate(names)}

    with application(provider) as origin:
        answers = provider.browser.run(scenario)
    assert answers["0 refresh"] == {"access_token": True, "refresh_token": True}
    assert (answers["1 introspect"]["active"], answers["1 introspect"]["client_id"]) == (True, "portal")
    assert answers["2 revoke"] == {}
    assert answers["3 introspect"] == {"active": False}
    assert answers["4 refresh"] == {"error": "invalid_grant"}
    assert answers["5 userinfo"] == {"error": "OAUTH_WWW_AUTHENTICATE_CHALLENGE"}
    assert TokenFamily.objects.get().end_reason == "revoked"


@pytest.mark.parametrize("required", [False, True], ids=["of its own will", "because it must"])
def test_a_request_is_pushed_and_the_browser_carries_a_reference_alone(provider: Provider, required: bool) -> None:
    def scenario(page: Page) -> tuple[Any, Any]:
        sign_in_at(page, origin, "/login-pushed")
        return told(page), told(page, f"{origin}/request")

    with application(provider, requires_pushed_requests=required) as origin:
        home, request = provider.browser.run(scenario)
    assert home == {"name": "张三"}
    assert "request_uri=urn" in request["sentTo"]
    assert not [name for name in ("scope", "nonce", "redirect_uri") if f"{name}=" in request["sentTo"]]


@pytest.mark.parametrize(
    ("button", "outcome"),
    [("allow", {"has_refresh_token": True, "name": "张三"}), ("deny", {"error": "access_denied"})],
    ids=["allowed", "not allowed"],
)
def test_a_device_hears_what_the_person_has_decided(provider: Provider, button: str, outcome: dict[str, Any]) -> None:
    def scenario(page: Page) -> Any:
        shown = told(page, f"{origin}/device")
        page.goto(shown["verification_uri"])
        page.locator("[name=tenant]").fill("acme")
        page.locator("[name=username]").fill("zhang")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main button").click()
        page.locator("[name=user_code]").fill(shown["user_code"].lower())
        page.locator("main button").click()
        page.locator(f"[name={button}]").click()
        page.wait_for_url("**/device/done?*")
        return told(page, f"{origin}/device/outcome")

    with application(provider, grant_types=["refresh_token", DEVICE_CODE], redirect_uris="") as origin:
        assert provider.browser.run(scenario) == outcome


def test_who_signs_out_of_the_application_has_signed_out_of_the_provider(provider: Provider) -> None:
    def scenario(page: Page) -> tuple[Any, Any]:
        sign_in_at(page, origin)
        page.goto(f"{origin}/logout")
        page.wait_for_url(f"{origin}/signed-out?*")
        signed_out = told(page)
        page.goto(f"{origin}/login")
        sign_in(page)
        # He has agreed before: from the sign-in page he comes straight back.
        page.wait_for_url(f"{origin}/**")
        return signed_out, told(page)

    with application(provider) as origin:
        assert provider.browser.run(scenario) == ({"stateIsMine": True}, {"name": "张三"})


def test_an_application_may_lead_the_person_on_to_another_site(provider: Provider, app: Application) -> None:
    """Chromium holds a form's whole chain of redirects to the policy of the page that it stands in."""

    def scenario(page: Page) -> None:
        page.goto(f"{origin}/login")
        sign_in(page)
        page.locator("[name=allow]").click()
        page.wait_for_url(f"{app.origin}/**")

    with application(provider, home_uri=f"{app.origin}/home") as origin:
        provider.browser.run(scenario)
