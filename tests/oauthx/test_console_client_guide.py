"""The guided way to a client: its kind, what cannot work, how to call it, and test calls that are like any other."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from oauthx.admin.client_calls import TRIALS_A_MINUTE
from oauthx.guide.kinds import KINDS
from oauthx.models import AccessToken, Client, TokenFamily
from oauthx.signing import create_key, ensure_keys
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

ADD, CHECK = "/admin/oauthx/client/add/", "/admin/oauthx/client/check/"
SECRET, PASSWORD = "portal's secret", "zhang's password"
WAY = {"password": "connect/password", "service": "connect/client_credentials", "ams": "ams-auth/password"}


@pytest.fixture(autouse=True)
def _no_trials_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant) -> HttpClient:
    return _browser(make_administrator(tenant, "boss"))


@pytest.fixture
def portal(tenant: Tenant) -> Client:
    ensure_keys()
    make_user(tenant, "zhang", PASSWORD, real_name="张三")
    return make_client(
        "portal",
        SECRET,
        tenant=tenant,
        dialects=["connect", "ams-auth"],
        grant_types=["password", "client_credentials", "refresh_token"],
        scopes=["openid", "profile", "offline_access"],
    )


def _browser(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser


def page_of(client: Client, name: str, way: str = "") -> str:
    return f"/admin/oauthx/client/{client.pk}/{name}/" + (f"?way={way}" if way else "")


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


# --- A new client -----------------------------------------------------------------------------------------------------


def test_adding_begins_with_the_kind(boss: HttpClient) -> None:
    page = text_of(boss.get(ADD))
    assert re.findall(r'href="\?kind=(\w+)"', page) == [kind.name for kind in KINDS]
    assert "client_form" not in page


def test_the_form_begins_with_what_the_kind_needs(boss: HttpClient) -> None:
    create_key("RS256")
    values = form_values(boss.get(f"{ADD}?kind=mobile"), "client_form")
    assert values["client_type"] == ["public"]
    assert values["grant_types"] == ["refresh_token", "authorization_code"]
    assert values["scopes"] == ["openid", "profile", "offline_access"]
    # With what only its maker knows, it is saved as it stands.
    changes = {"name": "App", "client_id": "app", "redirect_uris": "com.example.app:/callback"}
    assert send_form(boss, f"{ADD}?kind=mobile", "client_form", **changes).status_code == 302
    made = Client.objects.get(client_id="app")
    assert made.is_public
    assert made.requires_pkce


def test_what_a_kind_does_not_need_is_folded_until_an_error_stands_in_it(boss: HttpClient) -> None:
    folded = r'<fieldset class="module relative[^"]* collapse[^"]*"'
    assert len(re.findall(folded, text_of(boss.get(f"{ADD}?kind=service")))) == 4
    changes = {"name": "App", "client_id": "app", "redirect_uris": "javascript:alert(1)"}
    response = send_form(boss, f"{ADD}?kind=service", "client_form", **changes)
    assert set(errors_of(response)) == {"redirect_uris"}
    assert response.content.decode().count("<details") < 5


@pytest.mark.parametrize(
    ("kind", "unused", "used"),
    [
        (
            "bladex",
            "authenticates_by algorithm userinfo_algorithm redirect_uris",
            "imported_secret refresh_reuse_seconds",
        ),
        ("web", "wechat_app jwks refresh_token_lifetime_seconds", "redirect_uris requires_pkce algorithm"),
        ("spa", "imported_secret authenticates_by requires_pkce is_resource_server", "allowed_origins algorithm"),
        ("mobile", "imported_secret jwks", "refresh_token_lifetime_seconds frontchannel_logout_uri"),
        ("device", "imported_secret redirect_uris", "refresh_reuse_seconds userinfo_algorithm"),
        ("service", "allowed_origins userinfo_algorithm refresh_token_lifetime_seconds", "imported_secret algorithm"),
        ("custom", "jwks jwks_uri", "redirect_uris wechat_app algorithm"),
    ],
    ids=lambda value: value.split()[0],
)
def test_says_which_fields_a_kind_has_no_use_for(boss: HttpClient, kind: str, unused: str, used: str) -> None:
    page = text_of(boss.get(f"{ADD}?kind={kind}"))
    found = re.search(r'data-unused="(.*?)" data-kept=""', page)
    assert found
    said = set(found[1].split())
    assert set(unused.split()) <= said
    assert not set(used.split()) & said
    # Where no scripts run, they are there all the same.
    assert all(f'name="{name}"' in page for name in said - {"served_tenants", "exempt_from_second_factor"})


def test_what_somebody_set_stays_in_sight_though_nothing_reads_it(boss: HttpClient, portal: Client) -> None:
    Client.objects.filter(pk=portal.pk).update(redirect_uris="https://app.example/callback", requires_pkce=False)
    page = text_of(boss.get(page_of(portal, "change")))
    assert 'data-kept="redirect_uris requires_pkce"' in page
    response = send_form(boss, page_of(portal, "change"), "client_form", jwks_uri="http://[", redirect_uris="")
    assert 'data-kept="jwks_uri requires_pkce"' in response.content.decode()
    chosen = {"dialects": ["connect"], "grant_types": ["device_code"], "client_type": "public"}
    assert "imported_secret" in boss.post(CHECK, chosen).json()["unused"]


def test_a_kind_that_nobody_knows_is_asked_for_again(boss: HttpClient) -> None:
    assert "?kind=web" in text_of(boss.get(f"{ADD}?kind=made-up"))


def test_the_page_asks_what_works_while_one_chooses(boss: HttpClient) -> None:
    chosen = {"dialects": ["ams-auth"], "grant_types": ["password"], "scopes": ["all"], "client_type": "confidential"}
    chosen["authenticates_by"] = "secret"
    assert boss.post(CHECK, chosen).json()["errors"] == {}
    errors = boss.post(CHECK, {**chosen, "grant_types": ["password", "client_credentials"]}).json()["errors"]
    assert list(errors) == ["grant_types"]
    assert "/connect/token" in errors["grant_types"][0]
    assert boss.get(CHECK).status_code == 405
    nonsense = {"dialects": ["\x00", "x" * 5000], "redirect_uris": "http://[", "tenant": "9" * 400}
    assert boss.post(CHECK, nonsense).status_code == 200
    assert not Client.objects.exists()


def test_only_who_makes_or_changes_clients_may_ask(tenant: Tenant) -> None:
    auditor = _browser(make_administrator(tenant, "auditor", permissions=["oauthx.view_client"]))
    assert auditor.post(CHECK, {}).status_code == 403
    assert auditor.get(ADD).status_code == 403


# --- How to call it ---------------------------------------------------------------------------------------------------


def test_the_programs_name_the_client_and_no_secret(boss: HttpClient, portal: Client) -> None:
    page = text_of(boss.get(page_of(portal, "how-to-call", WAY["password"])))
    assert "http://testserver/connect/token" in page
    assert "client_id=portal" in page
    assert "your-client-secret" in page
    assert SECRET not in page
    assert portal.client_secret not in page
    assert {"curl", "Python", "Java", "JavaScript"} <= set(re.findall(r"<summary[^>]*>(.*?)</summary>", page))


def test_right_after_it_was_made_the_secret_stands_in_the_programs_once(boss: HttpClient) -> None:
    changes = {"name": "Job", "client_id": "job"}
    page = text_of(send_form(boss, f"{ADD}?kind=service", "client_form", **changes))
    found = re.search(r'id="client-secret"[^>]* value="([^"]+)"', page)
    assert found
    assert page.count(found[1]) == 5
    job = Client.objects.get(client_id="job")
    assert found[1] not in text_of(boss.get(page_of(job, "how-to-call")))


def test_the_address_for_the_browser_leads_to_the_sign_in(boss: HttpClient, portal: Client) -> None:
    Client.objects.filter(pk=portal.pk).update(
        grant_types=["authorization_code"], redirect_uris="https://app.example/callback"
    )
    page = text_of(boss.get(page_of(portal, "how-to-call", "connect/authorization_code")))
    found = re.search(r'id="program-0-address"[^>]*>http://testserver([^<]+)<', page)
    assert found
    visitor = HttpClient()
    answer = visitor.get(html.unescape(found[1]))
    assert answer.status_code == 303
    assert 'name="username"' in text_of(visitor.get(answer["Location"]))


def test_a_way_that_the_client_has_not_leads_to_one_that_it_has(boss: HttpClient, portal: Client) -> None:
    page = text_of(boss.get(page_of(portal, "how-to-call", "cams-auth/captcha")))
    assert "/ams-auth/oauth/token" in page
    lost = make_client("lost", None, tenant=portal.tenant, dialects=[], grant_types=[])
    for name in ("how-to-call", "test-call"):
        assert "<pre" not in text_of(boss.get(page_of(lost, name)))
        assert boss.get(page_of(lost, name, "connect/password")).status_code == 404


# --- A test call ------------------------------------------------------------------------------------------------------


def try_it(browser: HttpClient, client: Client, way: str, **values: str) -> str:
    return text_of(browser.post(page_of(client, "test-call", way), {"CLIENT_SECRET": SECRET, **values}))


def test_shows_request_and_answer_without_secrets_and_whole_tokens(boss: HttpClient, portal: Client) -> None:
    page = try_it(boss, portal, WAY["password"], ACCOUNT="zhang", PASSWORD=PASSWORD)
    assert "200 OK" in page
    assert "username=zhang" in page
    assert "&quot;preferred_username&quot;" in page or "&quot;sub&quot;" in page
    assert not re.search(r"[\w-]{60,}\.[\w-]{60,}\.[\w-]{20,}", page)
    assert SECRET not in page
    assert PASSWORD not in page


def test_stands_in_the_history_and_its_tokens_are_ended(boss: HttpClient, portal: Client) -> None:
    try_it(boss, portal, WAY["password"], ACCOUNT="zhang", PASSWORD=PASSWORD)
    token, logout = LoginEvent.objects.filter(client_id="portal").order_by("id")
    assert (token.kind, token.outcome, token.account) == ("token", "allowed", "zhang")
    assert (token.user_agent, token.actor) == ("Hufu test call", "boss")
    assert (logout.kind, logout.actor) == ("logout", "boss")
    assert TokenFamily.objects.get().ended_at is not None
    try_it(boss, portal, WAY["service"])
    assert not AccessToken.objects.filter(token_family=None).exists()


def test_a_test_call_of_the_platform_names_nobody_to_the_tenant(boss: HttpClient, portal: Client) -> None:
    root = make_user(make_tenant("host", "Host"), "root-of-host", None, is_staff=True, is_superuser=True)
    platform = _browser(root)
    platform.defaults["REMOTE_ADDR"] = "203.0.113.77"
    try_it(platform, portal, WAY["password"], ACCOUNT="zhang", PASSWORD=PASSWORD)
    event, family = LoginEvent.objects.get(kind="token"), TokenFamily.objects.get()
    assert (event.actor, event.actor_tenant_id, event.address) == ("root-of-host", root.tenant_id, "203.0.113.77")
    for page in (f"accounts/loginevent/{event.pk}", f"oauthx/tokenfamily/{family.pk}"):
        told = text_of(boss.get(f"/admin/{page}/change/"))
        assert "root-of-host" not in told
        assert "203.0.113.77" not in told


def test_a_call_in_bladex_style_digests_the_password(boss: HttpClient, portal: Client) -> None:
    Client.objects.filter(pk=portal.pk).update(scopes=["all"])
    page = try_it(boss, portal, WAY["ams"], ACCOUNT="zhang", PASSWORD=PASSWORD)
    assert "Tenant-Id: acme" in page
    assert "张三" in page


def test_wrong_passwords_count_towards_the_same_lock(boss: HttpClient, portal: Client) -> None:
    assert portal.tenant is not None
    for _try in range(portal.tenant.lockout_threshold):
        assert "400 Bad Request" in try_it(boss, portal, WAY["password"], ACCOUNT="zhang", PASSWORD="wrong")
    assert "400 Bad Request" in try_it(boss, portal, WAY["password"], ACCOUNT="zhang", PASSWORD=PASSWORD)
    assert LoginEvent.objects.filter(kind="lockout", account="zhang").count() == 1


def test_a_page_is_no_machine_for_guessing(boss: HttpClient, portal: Client) -> None:
    for _try in range(TRIALS_A_MINUTE):
        assert "401 Unauthorized" in try_it(boss, portal, WAY["service"], CLIENT_SECRET="wrong")
    events = LoginEvent.objects.count()
    page = try_it(boss, portal, WAY["service"])
    assert "200 OK" not in page
    assert LoginEvent.objects.count() == events


def test_what_is_left_empty_is_asked_for_and_nothing_is_sent(boss: HttpClient, portal: Client) -> None:
    response = boss.post(page_of(portal, "test-call", WAY["password"]), {"ACCOUNT": "zhang"})
    assert set(response.context["form"].errors) == {"CLIENT_SECRET", "PASSWORD"}
    assert 'aria-invalid="true"' in text_of(response)
    assert "trial" not in response.context
    assert not LoginEvent.objects.filter(client_id="portal").exists()


def test_has_a_permission_of_its_own(tenant: Tenant, portal: Client) -> None:
    reader = _browser(make_administrator(tenant, "reader", permissions=["oauthx.view_client"]))
    assert reader.get(page_of(portal, "how-to-call")).status_code == 200
    assert reader.get(page_of(portal, "test-call")).status_code == 403
    assert "test-call" not in text_of(reader.get(page_of(portal, "change")))
    tester = make_administrator(tenant, "tester", permissions=["oauthx.view_client", "oauthx.try_client"])
    assert "test-call" in text_of(_browser(tester).get(page_of(portal, "change")))
    assert "200 OK" in try_it(_browser(tester), portal, WAY["service"])


def test_nonsense_is_answered_by_the_endpoint(boss: HttpClient, portal: Client) -> None:
    for value in ("", "a\r\nX: y", "密" * 300, "x" * 8000):
        page = try_it(boss, portal, WAY["password"], ACCOUNT=value, PASSWORD=value, CLIENT_SECRET=value)
        assert "40" in page
    assert boss.post(page_of(portal, "test-call") + "?call=99", {"CLIENT_SECRET": "\x00"}).status_code == 200


def test_what_comes_before_a_token_and_a_refresh_work_too(boss: HttpClient, portal: Client) -> None:
    device = "urn:ietf:params:oauth:grant-type:device_code"
    grants = ["password", "captcha", "sms", "refresh_token", device]
    Client.objects.filter(pk=portal.pk).update(grant_types=grants)
    page = try_it_at(boss, page_of(portal, "test-call", f"connect/{device}") + "&call=0")
    assert "200 OK" in page
    assert "user_code" in page
    page = try_it_at(boss, page_of(portal, "test-call", "ams-auth/captcha") + "&call=0")
    assert '<img src="data:image/png;base64,' in page
    asked = {"CLIENT_SECRET": SECRET, "PHONE": "13800138000"}
    for way in ("connect/sms", "ams-auth/sms"):
        page = text_of(boss.post(page_of(portal, "test-call", way) + "&call=0", asked))
        assert re.search(r'<pre id="answered"[^>]*>(200|429)', page)
    person = {"grant_type": "password", "username": "zhang", "password": PASSWORD}
    tokens = ask_connect("portal", SECRET, **person).json()
    page = try_it(boss, portal, "connect/refresh_token", REFRESH_TOKEN=tokens["refresh_token"])
    assert "200 OK" in page
    assert tokens["refresh_token"] not in page


def test_every_call_of_a_way_can_be_tried(boss: HttpClient, portal: Client) -> None:
    """Each of its steps, with nonsense filled in: an answer of the endpoint, never a fault."""
    grants = ["captcha", "sms", "authorization_code", "wechat", "urn:ietf:params:oauth:grant-type:device_code"]
    Client.objects.filter(pk=portal.pk).update(
        grant_types=grants, redirect_uris="https://app.example/callback", is_resource_server=True
    )
    ways = re.findall(r'href="\?way=([^"&]+)"', text_of(boss.get(page_of(portal, "test-call"))))
    assert len(ways) == 7
    tried = 0
    for way in ways:
        address = page_of(portal, "test-call", way)
        for call in set(re.findall(r"&amp;call=(\d)", text_of(boss.get(address)))):
            cache.clear()
            page = try_it_at(boss, f"{address}&call={call}")
            assert re.search(r'<pre id="answered"[^>]*>(200|400|401|429)', page), (way, call)
            tried += 1
    assert tried > 15


def try_it_at(browser: HttpClient, address: str) -> str:
    filled = dict.fromkeys(browser.get(address).context["form"].fields, "nonsense")
    return text_of(browser.post(address, {**filled, "CLIENT_SECRET": SECRET}))
