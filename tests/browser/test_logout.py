"""A person signs out, asked or not; the applications that he used hear of it in his browser, and he goes on."""

import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from accounts.models import BrowserSession
from oauthx.models import Client
from oauthx.signing import ensure_keys
from tenants.models import Tenant
from tests.browser.application import Application, running_application
from tests.browser.driver import NARROW, WIDE, BrowserThread
from tests.browser.words import LOOK_IDS
from tests.factories import make_client, make_tenant, make_user
from tests.peers import Peer, listening, says
from tests.protocol.code_flow import CHALLENGE, VERIFIER

PASSWORD = "a good password"
# The question, its two buttons, and what the answers bring.
CHINESE = ("确定要退出登录吗？", "退出登录", "保持登录", "您已退出登录", "您仍处于登录状态")
ENGLISH = ("Do you want to sign out?", "Sign out", "Stay signed in", "You are signed out", "You are still signed in")
each_look = pytest.mark.parametrize(
    ("locale", "texts", "viewport"), [("zh-CN", CHINESE, WIDE), ("en-US", ENGLISH, NARROW)], ids=LOOK_IDS
)
QUIET = says(200, b"<!doctype html><title>out</title><link rel=icon href=data:,>", "text/html")


@pytest.fixture
def app() -> Iterator[Application]:
    with running_application() as application:
        yield application


@pytest.fixture
def frame() -> Iterator[Peer]:
    """The server of another application, whose page is opened at a logout."""
    with listening(QUIET) as peer:
        yield peer


@pytest.fixture
def tenant(browser: BrowserThread) -> Tenant:
    ensure_keys()
    tenant = make_tenant("acme", "Acme 制造", primary_color="#facc15")
    make_user(tenant, "zhang", PASSWORD, real_name="张三")
    return tenant


@pytest.fixture
def portal(tenant: Tenant) -> Client:
    return make_client(
        "portal",
        None,
        tenant=tenant,
        client_type="public",
        dialects=["connect"],
        grant_types=["authorization_code"],
        scopes=["openid"],
        skip_authorization=True,
        redirect_uris="http://127.0.0.1/callback",
        post_logout_redirect_uris="http://127.0.0.1/bye",
    )


def _authorize(app: Application, **changes: str) -> str:
    wanted = {"client_id": "portal", "redirect_uri": app.redirect_uri, "response_type": "code", "scope": "openid"}
    wanted |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    return f"/connect/authorize?{urlencode({**wanted, **changes})}"


def _enter(page: Page, app: Application, server: str) -> str:
    """Sign in to the application; returns its ID token."""
    page.goto(_authorize(app))
    page.locator("[name=username]").fill("zhang")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.wait_for_url(f"{app.origin}/**")
    form = {"grant_type": "authorization_code", "client_id": "portal", "code": app.received[-1][1]["code"]}
    form |= {"redirect_uri": app.redirect_uri, "code_verifier": VERIFIER}
    token: str = requests.post(f"{server}/connect/token", form, timeout=10).json()["id_token"]
    return token


def _leave(page: Page, app: Application, hint: str, **changes: str) -> None:
    """Go to the logout as the application sends people there."""
    wanted = {"id_token_hint": hint, "post_logout_redirect_uri": f"{app.origin}/bye", "state": "xyz", **changes}
    page.goto(f"/connect/endsession?{urlencode(wanted)}")


def _frames_called(peer: Peer) -> list[dict[str, str]]:
    """The parameters of each call of the frame's page; browsers may ask for other things beside it."""
    addresses = [urlsplit(request.split(b" ")[1].decode()) for request in peer.requests if request]
    return [dict(parse_qsl(address.query)) for address in addresses if address.path == "/out"]


@each_look
def test_who_is_asked_decides(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any, viewport: Any, locale: str, texts: Any
) -> None:
    widths: list[int] = []

    def scenario(page: Page) -> str:
        _enter(page, app, live_server.url)
        page.goto("/connect/endsession")
        expect(page.locator("h1")).to_have_text(texts[0])
        expect(page.locator(".tenant")).to_have_text("Acme 制造")
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        page.get_by_role("button", name=texts[2]).click()
        expect(page.locator("h1")).to_have_text(texts[4])
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        page.goto("/connect/endsession")
        page.get_by_role("button", name=texts[1]).click()
        expect(page.locator("h1")).to_have_text(texts[3])
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
        page.goto(_authorize(app, prompt="none"))
        page.wait_for_url(f"{app.origin}/**")
        return page.url

    assert "error=login_required" in browser.run(scenario, locale=locale, viewport=viewport)
    assert max(widths) <= viewport["width"]
    assert BrowserSession.objects.get().end_reason == "logout"


def test_who_was_asked_goes_on_to_the_application(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any
) -> None:
    """The page's policy holds the redirect after its form, so it must name the application."""

    def scenario(page: Page) -> str:
        _enter(page, app, live_server.url)
        target = {"client_id": "portal", "post_logout_redirect_uri": f"{app.origin}/bye", "state": "xyz"}
        page.goto(f"/connect/endsession?{urlencode(target)}")
        page.locator("[name=sign_out]").click()
        page.wait_for_url(f"{app.origin}/**")
        return page.url

    assert browser.run(scenario) == f"{app.origin}/bye?state=xyz"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_other_application_is_told_in_a_frame_and_then_the_person_goes_on(
    browser: BrowserThread, portal: Client, app: Application, frame: Peer, live_server: Any, scripts: bool
) -> None:
    Client.objects.update(frontchannel_logout_uri=frame.url("/out?a=b"))

    def scenario(page: Page) -> str:
        _leave(page, app, _enter(page, app, live_server.url))
        page.wait_for_url(f"{app.origin}/**")
        return page.url

    assert browser.run(scenario, scripts=scripts) == f"{app.origin}/bye?state=xyz"
    session = BrowserSession.objects.get()
    assert _frames_called(frame) == [{"a": "b", "iss": live_server.url, "sid": str(session.pk)}]
    assert not [request for request in frame.requests if b"referer:" in request.lower()]


def test_a_slow_application_holds_nobody_up(
    browser: BrowserThread, portal: Client, app: Application, frame: Peer, live_server: Any
) -> None:
    def slowly(_request: bytes) -> Iterable[bytes]:
        time.sleep(15)
        return QUIET(_request)

    frame.answer = slowly
    Client.objects.update(frontchannel_logout_uri=frame.url("/out"))

    def scenario(page: Page) -> float:
        hint = _enter(page, app, live_server.url)
        started = time.monotonic()
        address = {"id_token_hint": hint, "post_logout_redirect_uri": f"{app.origin}/bye"}
        page.goto(f"/connect/endsession?{urlencode(address)}", wait_until="commit")
        page.wait_for_url(f"{app.origin}/**")
        return time.monotonic() - started

    assert browser.run(scenario) < 8
    assert len(_frames_called(frame)) == 1


@each_look
def test_the_page_with_frames_says_what_is_so(
    browser: BrowserThread,
    portal: Client,
    app: Application,
    frame: Peer,
    live_server: Any,
    viewport: Any,
    locale: str,
    texts: Any,
) -> None:
    Client.objects.update(frontchannel_logout_uri=frame.url("/out"))

    def scenario(page: Page) -> int:
        hint = _enter(page, app, live_server.url)
        page.goto(f"/connect/endsession?{urlencode({'id_token_hint': hint})}")
        expect(page.locator("h1")).to_have_text(texts[3])
        expect(page.locator("iframe")).to_be_hidden()
        width: int = page.evaluate("document.documentElement.scrollWidth")
        return width

    assert browser.run(scenario, locale=locale, viewport=viewport) <= viewport["width"]
    assert len(_frames_called(frame)) == 1


@each_look
def test_a_refusal_tells_that_he_is_still_signed_in_and_how_to_sign_out(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any, viewport: Any, locale: str, texts: Any
) -> None:
    def scenario(page: Page) -> int:
        hint = _enter(page, app, live_server.url)
        _leave(page, app, hint, post_logout_redirect_uri="https://evil.example/")
        expect(page.locator("main")).to_contain_text(texts[4])
        width: int = page.evaluate("document.documentElement.scrollWidth")
        page.get_by_role("link", name=texts[1]).click()
        expect(page.locator("h1")).to_have_text(texts[0])
        return width

    assert browser.run(scenario, locale=locale, viewport=viewport, refusals=[400]) <= viewport["width"]


def test_the_language_can_be_changed_on_the_way(
    browser: BrowserThread, portal: Client, app: Application, live_server: Any
) -> None:
    def scenario(page: Page) -> None:
        _enter(page, app, live_server.url)
        page.goto("/connect/endsession")
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text(ENGLISH[0])
        page.get_by_role("button", name=ENGLISH[1]).click()
        expect(page.locator("h1")).to_have_text(ENGLISH[3])
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

    browser.run(scenario)
    assert BrowserSession.objects.get().ended_at is not None
