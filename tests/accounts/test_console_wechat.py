"""The console's page for WeChat apps: a write-only secret, and a test that says in plain words what is wrong."""

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as HttpClient

from accounts.models import WechatApp
from tenants.encryption import Secret
from tenants.models import Tenant
from tests.accounts.calling import LOOPBACK
from tests.factories import make_administrator, make_client, make_tenant
from tests.pages import errors_of, send_form
from tests.peers import says
from tests.wechat_api import WechatPlayed, wechat_playing

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/accounts/wechatapp/", "/admin/accounts/wechatapp/add/"
FORM = "wechatapp_form"
NEW = {"name": "Mini", "app_id": "wx1", "kind": "mini_program", "secret": "the-app-secret"}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant) -> HttpClient:
    browser = HttpClient(headers=ENGLISH)
    browser.force_login(make_administrator(tenant, "boss"))
    return browser


@pytest.fixture
def played(settings: Any) -> Iterator[WechatPlayed]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with wechat_playing() as played:
        settings.WECHAT_API_URL = played.url
        played.apps["wx1"] = "the-app-secret"
        yield played


def make_app(tenant: Tenant, **fields: Any) -> WechatApp:
    wanted = {"tenant": tenant, "name": "Mini", "app_id": "wx1", "secret": Secret.of("the-app-secret"), **fields}
    return WechatApp.objects.create(**wanted)


def tried(browser: HttpClient, app: WechatApp) -> str:
    """The page after *Test connection* was pressed."""
    response = browser.post(f"{LIST}{app.pk}/test-connection/")
    assert response.status_code == 200
    return unescape(response.content.decode())


# --- The form --------------------------------------------------------------------------------------------------------


def test_an_app_is_made_and_its_secret_is_never_shown_again(boss: HttpClient, tenant: Tenant) -> None:
    assert send_form(boss, ADD, FORM, **NEW).status_code == 302
    app = WechatApp.objects.get()
    assert (app.tenant, app.app_id, app.secret.reveal()) == (tenant, "wx1", "the-app-secret")
    change = f"{LIST}{app.pk}/change/"
    shown = "".join(boss.get(address).content.decode() for address in (LIST, change, f"{LIST}{app.pk}/history/"))
    assert "the-app-secret" not in shown + str(list(LogEntry.objects.values()))
    assert app.secret.encrypted not in shown
    assert send_form(boss, change, FORM, name="Renamed").status_code == 302
    app.refresh_from_db()
    assert (app.name, app.secret.reveal()) == ("Renamed", "the-app-secret")
    assert send_form(boss, change, FORM, secret="another", app_id="wx2").status_code == 302
    app.refresh_from_db()
    assert (app.app_id, app.secret.reveal()) == ("wx1", "another")


def test_an_app_id_is_once_in_a_tenant(boss: HttpClient, tenant: Tenant) -> None:
    make_app(make_tenant("other", "Other"))
    assert send_form(boss, ADD, FORM, **NEW).status_code == 302
    assert list(errors_of(send_form(boss, ADD, FORM, **NEW))) == ["app_id"]
    assert list(errors_of(send_form(boss, ADD, FORM, **{**NEW, "app_id": "wx 2"}))) == ["app_id"]


def test_an_app_that_a_client_uses_is_not_deleted(boss: HttpClient, tenant: Tenant) -> None:
    app = make_app(tenant)
    make_client("app", None, tenant=tenant, wechat_app=app)
    page = boss.post(f"{LIST}{app.pk}/delete/", {"post": "yes"})
    assert "app" in page.content.decode()
    assert WechatApp.objects.exists()


# --- Test connection -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WechatApp.Kind.values)
def test_says_that_all_is_well(kind: str, boss: HttpClient, tenant: Tenant, played: WechatPlayed) -> None:
    app = make_app(tenant, kind=kind)
    assert "Everything works." in tried(boss, app)
    asked = [request.split(b" ")[1].split(b"?")[0].decode() for request in played.peer.requests]
    exchange = "/sns/jscode2session" if kind == "mini_program" else "/sns/oauth2/access_token"
    assert asked == [exchange, *([] if kind == "open_platform" else ["/cgi-bin/stable_token"])]


def test_takes_no_token_from_other_programs_of_the_tenant(
    boss: HttpClient, tenant: Tenant, played: WechatPlayed
) -> None:
    tried(boss, make_app(tenant))
    asked = json.loads(played.peer.requests[-1].partition(b"\r\n\r\n")[2])
    assert asked == {
        "grant_type": "client_credential", "appid": "wx1", "secret": "the-app-secret", "force_refresh": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"app_id": "wx2"}, "WeChat knows no app of this id."),
        ({"secret": Secret.of("wrong")}, "WeChat says that the app secret is wrong."),
        ({"secret": Secret()}, "No app secret is set."),
        ({"secret": Secret("no cipher")}, "The stored app secret cannot be decrypted any more."),
        ({"is_active": False}, "The app is not active here"),
    ],
)
def test_says_in_plain_words_what_is_set_wrong(
    fields: dict[str, Any], words: str, boss: HttpClient, tenant: Tenant, played: WechatPlayed
) -> None:
    text = tried(boss, make_app(tenant, **fields))
    assert "Something does not work yet:" in text
    assert words in text
    assert "the-app-secret" not in text


@pytest.mark.parametrize(
    ("error_code", "words"),
    [
        (-1, "WeChat is busy."),
        (45011, "WeChat says that it was asked too often."),
        (40164, "WeChat does not give this server's address an access token of the app."),
        (48001, "WeChat refuses with its error code 48001."),
    ],
)
def test_says_in_plain_words_what_wechat_refuses(
    error_code: int, words: str, boss: HttpClient, tenant: Tenant, played: WechatPlayed
) -> None:
    played.tokens_refuse = error_code
    text = tried(boss, make_app(tenant))
    assert words in text
    assert "Signing in by code: works" in text


def test_says_in_plain_words_what_stands_in_the_way(
    boss: HttpClient, tenant: Tenant, played: WechatPlayed, settings: Any
) -> None:
    app = make_app(tenant)
    played.say(says(200, b"<html>", "text/html"))
    assert "What answered is not WeChat" in tried(boss, app)
    played.say(lambda _request: [])
    assert "WeChat cannot be reached." in tried(boss, app)
    settings.OUTBOUND_PRIVATE_NETWORKS = []
    assert "This installation's setting forbids the address" in tried(boss, app)


def test_only_who_may_change_the_app_tries_it(boss: HttpClient, tenant: Tenant, played: WechatPlayed) -> None:
    app = make_app(tenant)
    reader = HttpClient(headers=ENGLISH)
    reader.force_login(make_administrator(tenant, "reader", permissions=["accounts.view_wechatapp"]))
    assert reader.post(f"{LIST}{app.pk}/test-connection/").status_code == 403
    assert boss.get(f"{LIST}{app.pk}/test-connection/").status_code == 200
    assert played.peer.requests == []
