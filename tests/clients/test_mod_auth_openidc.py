"""Apache's mod_auth_openidc, told issuer, client id and secret, guards a page that knows nothing of signing in."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import User
from tests.clients.application import ROOT
from tests.clients.provider import Provider, sign_in_and_agree
from tests.servers import apache, free_port

CALLBACK = "/oidc/callback"
# What a guarded application gets of the module: variables of its environment, or headers.
PAGE = """<!doctype html><title>guarded</title><link rel=icon href=data:,><h1><!--#echo var="OIDC_CLAIM_name" --></h1>
<p><!--#echo var="OIDC_CLAIM_sub" --></p><pre><!--#echo var="OIDC_access_token" --></pre>"""
SIGNED_OUT = "<!doctype html><title>signed out</title><link rel=icon href=data:,><h1>Signed out</h1>"
# The module itself, and the one page that is for everyone.
AROUND = """
LoadModule auth_openidc_module ${MODULES}/mod_auth_openidc.so
<Location /signed-out.html>
    AuthType None
    Require all granted
</Location>
"""


def documented() -> str:
    """The configuration that docs/connecting-apps.md tells people to write."""
    found = re.search(r"```apache\n(.*?)```", (ROOT / "docs/connecting-apps.md").read_text(), re.DOTALL)
    assert found is not None
    return found.group(1)


def least() -> str:
    """Of that only what says who the provider is, who the application is, and what the module always needs."""
    more = ("OIDCScope", "OIDCPKCEMethod", "OIDCRefreshAccessTokenBeforeExpiry")
    return "\n".join(line for line in documented().splitlines() if not line.startswith(more))


@contextmanager
def guarded_page(provider: Provider, configuration: str, port: int = 0, **fields: Any) -> Iterator[str]:
    """The origin of a site whose every page but /signed-out.html is for people who are signed in."""
    registration = provider.register(CALLBACK, "/signed-out.html", port or free_port(), **fields)
    examples = {
        "https://id.example.com": provider.issuer,
        "the-secret": registration.client_secret,
        "some-random-characters-of-your-own": secrets.token_urlsafe(),
    }
    for example, real in examples.items():
        assert example in configuration
        configuration = configuration.replace(example, real)
    # The later section counts.
    lines = f"{configuration}\n{AROUND}"
    with apache(lines, {"index.shtml": PAGE, "signed-out.html": SIGNED_OUT}, registration.port):
        yield registration.origin


def open_guarded(page: Page, origin: str) -> None:
    page.goto(f"{origin}/")
    sign_in_and_agree(page, origin)


def test_a_guarded_page_learns_who_signed_in(provider: Provider) -> None:
    def scenario(page: Page) -> str:
        open_guarded(page, origin)
        return page.locator("h1").inner_text()

    with guarded_page(provider, documented()) as origin:
        assert provider.browser.run(scenario) == "张三"


def test_nothing_but_issuer_id_and_secret_is_needed_where_pkce_is_relaxed(provider: Provider) -> None:
    def scenario(page: Page) -> str:
        open_guarded(page, origin)
        return page.locator("p").inner_text()

    with guarded_page(provider, least(), requires_pkce=False) as origin:
        assert provider.browser.run(scenario) == str(User.objects.get().pk)


def test_a_token_is_refreshed_before_its_time_is_over(provider: Provider) -> None:
    def scenario(page: Page) -> list[str]:
        open_guarded(page, origin)
        seen = []
        for _ in range(3):
            seen.append(page.locator("pre").inner_text())
            page.goto(f"{origin}/")
        return seen

    # So long before that it is refreshed at every request.
    configuration = documented().replace("BeforeExpiry 60 ", "BeforeExpiry 3600 ")
    with guarded_page(provider, configuration) as origin:
        access_tokens = provider.browser.run(scenario)
    assert len(set(access_tokens)) == 3


def test_who_signs_out_is_asked_to_sign_in_again(provider: Provider) -> None:
    def scenario(page: Page) -> None:
        open_guarded(page, origin)
        page.goto(f"{origin}{CALLBACK}?logout={origin}/signed-out.html")
        page.wait_for_url(f"{origin}/signed-out.html*")
        page.goto(f"{origin}/")
        page.locator("[name=password]").wait_for()

    with guarded_page(provider, documented()) as origin:
        provider.browser.run(scenario)


def open_until_he_must_sign_in(page: Page, origin: str) -> None:
    """The application may hear a moment later that the session has ended."""
    for _ in range(100):
        page.goto(f"{origin}/")
        if page.locator("[name=password]").is_visible():
            return
        page.wait_for_timeout(100)
    pytest.fail("The guarded page is still open to him.")


def test_who_signs_out_of_the_provider_has_signed_out_of_the_guarded_page(provider: Provider) -> None:
    def scenario(page: Page) -> None:
        open_guarded(page, origin)
        page.goto("/connect/endsession")
        page.locator("main button").first.click()
        page.wait_for_load_state("networkidle")
        open_until_he_must_sign_in(page, origin)

    port = free_port()
    # By the address that the provider may call here.
    channel = f"http://127.0.0.1:{port}{CALLBACK}?logout=backchannel"
    with guarded_page(provider, documented(), port, backchannel_logout_uri=channel) as origin:
        provider.browser.run(scenario)
