"""Binding WeChat on the account page: by a page of WeChat that the person himself went to from this browser, now."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, LoginEvent, SocialIdentity, User, WechatApp
from tenants.encryption import Secret
from tests.accounts.calling import LOOPBACK
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, send_form
from tests.wechat_api import WechatPlayed, wechat_playing

pytestmark = pytest.mark.django_db

PAGE, BACK = "/account/", "/account/wechat/"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def zhang() -> User:
    return make_user(make_tenant("acme", "Acme"), "zhang")


@pytest.fixture
def played(settings: Any) -> Iterator[WechatPlayed]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with wechat_playing() as played:
        settings.WECHAT_API_URL = played.url
        played.apps["wx-web"] = "the-app-secret"
        yield played


@pytest.fixture
def app(zhang: User, played: WechatPlayed) -> WechatApp:
    fields: dict[str, Any] = {"name": "The website", "app_id": "wx-web", "secret": Secret.of("the-app-secret")}
    return WechatApp.objects.create(tenant=zhang.tenant, kind="open_platform", binds_on_account_page=True, **fields)


def browser_of(user: User) -> HttpClient:
    """A browser in which the person signed in a moment ago."""
    browser = HttpClient(headers=ENGLISH)
    browser.force_login(user)
    browser.get(PAGE)
    return browser


def begin(browser: HttpClient, app: WechatApp) -> dict[str, str]:
    """Follow the link; returns what WeChat's page is asked."""
    response = browser.get(f"{BACK}{app.pk}/")
    assert response.status_code == 303
    address = urlsplit(response["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://open.weixin.qq.com/connect/qrconnect"
    assert address.fragment == "wechat_redirect"
    return {name: value for name, [value] in parse_qs(address.query).items()}


def come_back(browser: HttpClient, **query: str) -> str:
    """What the account page says, after WeChat has led back with this."""
    response = browser.get(BACK, query)
    assert (response.status_code, response["Location"]) == (303, PAGE)
    return str(browser.get(PAGE).content.decode())


def test_a_person_binds_his_wechat_and_the_history_tells_it(zhang: User, app: WechatApp, played: WechatPlayed) -> None:
    browser = browser_of(zhang)
    assert f'href="{BACK}{app.pk}/">Bind WeChat (The website)</a>' in browser.get(PAGE).content.decode()
    asked = begin(browser, app)
    assert asked == {
        "appid": "wx-web", "redirect_uri": "http://testserver/account/wechat/", "response_type": "code",
        "scope": "snsapi_login", "state": asked["state"],
    }  # fmt: skip
    code = played.give_code("wx-web", "code-1", "openid-1", "union-1")
    assert "WeChat signs you in from now on." in come_back(browser, code=code, state=asked["state"])
    bound = SocialIdentity.objects.get()
    assert (bound.user, bound.tenant, bound.app, bound.openid, bound.unionid) == (
        zhang, zhang.tenant, "wx-web", "openid-1", "union-1",
    )  # fmt: skip
    event = LoginEvent.objects.get(kind="bind")
    assert (event.account, event.actor, event.reason, event.outcome) == ("zhang", "", "account_page", "allowed")
    # Once.
    assert "Nothing was bound." in come_back(browser, code="code-2", state=asked["state"])


@pytest.mark.parametrize("state", ["", "another", "ä"])
def test_an_address_that_somebody_else_sends_binds_nothing(
    state: str, zhang: User, app: WechatApp, played: WechatPlayed
) -> None:
    """Else a stranger's WeChat would sign in as whoever opens the stranger's address."""
    browser, code = browser_of(zhang), played.give_code("wx-web", "code-1", "openid-of-a-stranger")
    assert "Nothing was bound." in come_back(browser, code=code, state=state)
    begin(browser, app)
    assert "Nothing was bound." in come_back(browser, code=code, state=state)
    stranger = begin(browser_of(make_user(zhang.tenant, "stranger", None)), app)
    begin(browser, app)
    assert "Nothing was bound." in come_back(browser, code=code, state=stranger["state"])
    assert not SocialIdentity.objects.exists()
    assert played.peer.requests == []


def test_who_signed_in_a_while_ago_does_so_again_first(zhang: User, app: WechatApp) -> None:
    browser = browser_of(zhang)
    BrowserSession.objects.update(auth_time=timezone.now() - timedelta(minutes=11))
    response = browser.get(f"{BACK}{app.pk}/")
    leads_to = f"/account/login/?next=%2Faccount%2Fwechat%2F{app.pk}%2F"
    assert (response.status_code, response["Location"]) == (303, leads_to)
    assert HttpClient().get(f"{BACK}{app.pk}/")["Location"] == leads_to
    assert HttpClient().get(BACK)["Location"] == "/account/login/?next=%2Faccount%2F"
    form = {"tenant": "acme", "username": "zhang", "password": "admin"}
    assert browser.post(leads_to, form)["Location"] == f"{BACK}{app.pk}/"
    begin(browser, app)


def test_what_somebody_has_is_not_taken_from_him(zhang: User, app: WechatApp, played: WechatPlayed) -> None:
    li = make_user(zhang.tenant, "li", None)
    SocialIdentity.objects.create(
        tenant=zhang.tenant, user=li, provider="wechat", app="wx-mini", openid="openid-of-li", unionid="union-1"
    )
    browser = browser_of(zhang)
    code = played.give_code("wx-web", "code-1", "openid-1", "union-1")
    assert "bound already" in come_back(browser, code=code, state=begin(browser, app)["state"])
    assert SocialIdentity.objects.get().user == li


@pytest.mark.parametrize(
    ("refuses", "code", "text"),
    [
        (None, "invented", "did not say who you are"),
        (None, "a\0b", "did not say who you are"),
        (None, "", "Nothing was bound."),
        (-1, "code-1", "please try again later"),
        (40125, "code-1", "did not say who you are"),
    ],
)
def test_what_wechat_does_not_say_binds_nothing(
    refuses: int | None, code: str, text: str, zhang: User, app: WechatApp, played: WechatPlayed
) -> None:
    browser = browser_of(zhang)
    state = begin(browser, app)["state"]
    played.give_code("wx-web", "code-1", "openid-1")
    played.refuses = refuses
    assert text in come_back(browser, code=code, state=state)
    assert not SocialIdentity.objects.exists()


@pytest.mark.parametrize("fields", [{"is_active": False}, {"binds_on_account_page": False}, {"kind": "mini_program"}])
def test_an_app_that_is_not_offered_leads_nowhere(fields: dict[str, Any], zhang: User, app: WechatApp) -> None:
    browser = browser_of(zhang)
    state = begin(browser, app)["state"]
    WechatApp.objects.update(**fields)
    assert "Bind WeChat" not in browser.get(PAGE).content.decode()
    assert browser.get(f"{BACK}{app.pk}/").status_code == 404
    assert "Nothing was bound." in come_back(browser, code="code-1", state=state)


def test_another_tenants_app_leads_nowhere(zhang: User, app: WechatApp) -> None:
    stranger = browser_of(make_user(make_tenant("other", "Other"), "stranger", None))
    assert "Bind WeChat" not in stranger.get(PAGE).content.decode()
    for key in (app.pk, 0, 10**30):
        assert stranger.get(f"{BACK}{key}/").status_code == 404


def test_only_a_website_app_can_be_offered(zhang: User, app: WechatApp) -> None:
    browser = HttpClient()
    browser.force_login(make_administrator(zhang.tenant))
    page = f"/admin/accounts/wechatapp/{app.pk}/change/"
    assert errors_of(send_form(browser, page, "wechatapp_form", kind="mini_program")).keys() == {
        "binds_on_account_page"
    }
    assert send_form(browser, page, "wechatapp_form").status_code == 302
