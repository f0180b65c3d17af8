"""The provider as applications of others meet it: their registration, and the moves of the person at its pages."""

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from oauthx.models import Client
from tenants.models import Tenant
from tests.browser.driver import BrowserThread
from tests.clients.application import Registration

PASSWORD = "a good password"


@dataclass(frozen=True, slots=True)
class Provider:
    """`issuer` is all that an application needs to know of it."""

    issuer: str
    tenant: Tenant
    browser: BrowserThread

    def register(self, redirect_path: str, signed_out_path: str, port: int, **fields: Any) -> Registration:
        """Register an application at this port of localhost; what the console would refuse is refused."""
        client = Client(
            **{
                "client_id": "portal",
                "name": "Portal",
                "tenant": self.tenant,
                "dialects": ["connect"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": ["openid", "profile", "offline_access"],
                "redirect_uris": f"http://localhost:{port}{redirect_path}",
                "post_logout_redirect_uris": f"http://localhost:{port}{signed_out_path}",
                **fields,
            }
        )
        secret = client.set_generated_secret()
        client.full_clean()
        client.save()
        return Registration(self.issuer, client.client_id, secret, port)


def sign_in(page: Page) -> None:
    """Fill in the provider's sign-in page."""
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()


def sign_in_and_agree(page: Page, origin: str) -> None:
    """Do both at the provider's pages, and come back to the application."""
    sign_in(page)
    page.locator("[name=allow]").click()
    page.wait_for_url(f"{origin}/**")


def told(page: Page, address: str = "") -> Any:
    """What the application tells on its page, or on this one."""
    if address:
        page.goto(address)
    return json.loads(page.locator("pre").inner_text())
