"""A page of another origin calls Hufu by script, in a real browser: it reads the answers of its own client alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from oauthx.models import TokenFamily
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.application import Application, running_application
from tests.browser.driver import BrowserThread
from tests.contract.wire import md5
from tests.factories import make_client, make_tenant, make_user

# Asks for a token with a form, then for userinfo with its header; says what a page is given to see.
SIGN_IN_AND_ASK = """
async ([server, client]) => {
  const form = new URLSearchParams({client_id: client, grant_type: "password", username: "zhang",
    password: "a good password", scope: "openid profile"});
  const answer = await fetch(server + "/connect/token", {method: "POST", body: form});
  const tokens = await answer.json();
  const headers = {Authorization: "Bearer " + tokens.access_token};
  const userinfo = await fetch(server + "/connect/userinfo", {headers});
  const refused = await fetch(server + "/connect/userinfo", {headers: {Authorization: "Bearer nonsense"}});
  return {status: answer.status, name: (await userinfo.json()).name, refused: refused.status,
    challenge: refused.headers.get("WWW-Authenticate")};
}
"""
# The same with what existing apps of the other endpoints send.
SIGN_IN_LIKE_AN_EXISTING_APP = """
async ([server, client, password]) => {
  const captcha = await fetch(server + "/cams-auth/oauth/captcha", {headers: {"Tenant-Id": "acme"}});
  const headers = {Authorization: "Basic " + btoa(client + ":a secret"), "Tenant-Id": "acme",
    "Blade-Requested-With": "BladeHttpRequest", "Content-Type": "application/x-www-form-urlencoded"};
  const body = new URLSearchParams({grant_type: "password", scope: "all", username: "zhang", password});
  const tokens = await (await fetch(server + "/cams-auth/oauth/token", {method: "POST", body, headers})).json();
  const info = await fetch(server + "/cams-auth/oauth/user-info", {
    headers: {"Blade-Auth": "bearer " + tokens.access_token}});
  return {captcha: (await captcha.json()).key.length > 0, account: (await info.json()).data.account};
}
"""
FAILED = """
async ([server, client]) => {
  try { await fetch(server + "/connect/token", {method: "POST", body: new URLSearchParams({client_id: client})}); }
  catch (error) { return error.name; }
  return "read";
}
"""
# With a header that makes the browser ask first.
FAILED_BEFORE_ASKING = """
async ([server, client]) => {
  try { await fetch(server + "/connect/token", {method: "POST", headers: {Authorization: "Basic " + btoa(client)}}); }
  catch (error) { return error.name; }
  return "read";
}
"""


@pytest.fixture
def app() -> Iterator[Application]:
    with running_application() as application:
        yield application


@pytest.fixture
def tenant(browser: BrowserThread) -> Tenant:
    ensure_keys()
    tenant = make_tenant("acme", "Acme")
    make_user(tenant, "zhang", "a good password", real_name="张三")
    return tenant


def make_spa(tenant: Tenant, origins: str, client_id: str = "spa", **fields: Any) -> None:
    wanted: dict[str, Any] = {
        "tenant": tenant,
        "client_type": "public",
        "dialects": ["connect"],
        "grant_types": ["password"],
        "scopes": ["openid", "profile"],
        "allowed_origins": origins,
        **fields,
    }
    make_client(client_id, wanted.pop("secret", None), **wanted)


def run(
    browser: BrowserThread, app: Application, server: str, script: str, *values: str, is_blocked: bool = False
) -> Any:
    """What the script returns on a page of the application."""

    def scenario(page: Page) -> Any:
        page.goto(f"{app.origin}/")
        return page.evaluate(script, [server, *values])

    return browser.run(scenario, refusals={400, 401}, is_blocked=is_blocked)


def test_a_page_of_a_registered_origin_gets_tokens_and_userinfo(
    browser: BrowserThread, tenant: Tenant, app: Application, live_server: Any
) -> None:
    make_spa(tenant, f"https://elsewhere.example {app.origin}")
    assert run(browser, app, live_server.url, SIGN_IN_AND_ASK, "spa") == {
        "status": 200,
        "name": "张三",
        "refused": 401,
        "challenge": 'Bearer realm="hufu", error="invalid_token"',
    }


def test_an_existing_app_signs_in_with_its_own_headers(
    browser: BrowserThread, tenant: Tenant, app: Application, live_server: Any
) -> None:
    make_spa(tenant, app.origin, client_type="confidential", secret="a secret", dialects=["cams-auth"], scopes=["all"])
    password = md5("a good password")
    said = run(browser, app, live_server.url, SIGN_IN_LIKE_AN_EXISTING_APP, "spa", password)
    assert said == {"captcha": True, "account": "zhang"}


@pytest.mark.parametrize("script", [FAILED, FAILED_BEFORE_ASKING])
def test_a_page_of_an_unregistered_origin_is_blocked(
    script: str, browser: BrowserThread, tenant: Tenant, app: Application, live_server: Any
) -> None:
    make_spa(tenant, "https://elsewhere.example")
    assert run(browser, app, live_server.url, script, "spa", is_blocked=True) == "TypeError"


def test_a_page_of_another_clients_origin_reads_nothing(
    browser: BrowserThread, tenant: Tenant, app: Application, live_server: Any
) -> None:
    make_spa(tenant, "https://elsewhere.example")
    make_spa(tenant, app.origin, "other")
    assert run(browser, app, live_server.url, FAILED, "spa", is_blocked=True) == "TypeError"
    assert run(browser, app, live_server.url, FAILED, "other") == "read"
    assert not TokenFamily.objects.exists()
