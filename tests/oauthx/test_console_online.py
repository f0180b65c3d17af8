"""The console's page of who is online: what it shows; what ends when one says yes, in whose name, and no further."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.admin import session_list
from accounts.models import BrowserSession, LoginEvent, User
from oauthx.models import AccessToken, Client, RefreshToken, TokenFamily
from tenants.models import Tenant
from tests.contract.world import make_keys
from tests.factories import make_administrator, make_client, make_connect_client, make_tenant, make_user
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

LIST = "/admin/oauthx/tokenfamily/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"
PASSWORD = "a good password"


@pytest.fixture
def tenant() -> Tenant:
    make_keys()
    tenant = make_tenant("acme", "Acme")
    make_connect_client(tenant)
    make_client("second", "secret", tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["profile"])
    for account, name in (("zhang", "张三"), ("li", "李四")):
        make_user(tenant, account, PASSWORD, real_name=name)
    return tenant


@pytest.fixture
def boss(tenant: Tenant) -> HttpClient:
    return browser_of(make_administrator(tenant, "boss"))


def browser_of(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser


def sign_in(account: str, client_id: str = "client1") -> TokenFamily:
    """A session of this person through this client."""
    known = set(TokenFamily.objects.values_list("pk", flat=True))
    answer = ask_connect(client_id, "secret", grant_type="password", username=account, password=PASSWORD)
    assert answer.status_code == 200, answer.content
    return TokenFamily.objects.exclude(pk__in=known).get()


def browse(account: str) -> HttpClient:
    browser = HttpClient(headers={"User-Agent": PHONE})
    form = {"tenant": "acme", "username": account, "password": PASSWORD}
    assert browser.post("/account/login/", form).status_code == 303
    return browser


def press(browser: HttpClient, action: str, *families: TokenFamily, **more: str) -> Any:
    form = {"action": action, "_selected_action": [str(family.pk) for family in families], "index": "0", **more}
    return browser.post(LIST, form)


def open_ones() -> set[TokenFamily]:
    return set(TokenFamily.objects.filter(ended_at=None))


# --- Who is online ----------------------------------------------------------------------------------------------------


def test_shows_who_where_since_when_and_through_which_client(boss: HttpClient) -> None:
    family = sign_in("zhang")
    TokenFamily.objects.update(user_agent=PHONE, address="203.0.113.7", auth_time=timezone.now() - timedelta(days=3))
    used = timezone.localtime(AccessToken.objects.get().created).strftime("%Y-%m-%d %H:%M:%S")
    page = boss.get(LIST).content.decode()
    for text in ("张三 (zhang)", "client1", "iPhone", "203.0.113.7", used):
        assert text in page
    family.refresh_from_db()
    assert timezone.localtime(family.auth_time).strftime("%Y-%m-%d %H:%M:%S") in page
    family.end("password_changed")
    page = boss.get(f"{LIST}{family.pk}/change/").content.decode()
    for text in ("密码 (password)", "新密码", f"{family.user.real_name} · {family.client} · "):
        assert text in page


def test_who_can_do_nothing_more_with_his_tokens_is_not_online(boss: HttpClient) -> None:
    online, ended, expired = sign_in("zhang"), sign_in("zhang"), sign_in("li")
    ended.end("test")
    past = timezone.now() - timedelta(minutes=1)
    for model in (AccessToken, RefreshToken):
        model._default_manager.filter(token_family=expired).update(expires=past)
    # A refresh token that still works keeps its session open.
    AccessToken.objects.filter(token_family=online).update(expires=past)

    def shown(**query: str) -> set[TokenFamily]:
        return set(boss.get(LIST, query).context["cl"].queryset)

    assert shown() == shown(state="open") == shown(state="made-up") == {online}
    assert shown(state="over") == {ended, expired}
    assert shown(state="all") == {online, ended, expired}


def test_a_page_of_many_takes_as_many_statements_as_one_of_few(
    boss: HttpClient, django_assert_max_num_queries: Any
) -> None:
    for _one in range(4):
        sign_in("zhang")
    with django_assert_max_num_queries(14):
        assert boss.get(LIST).content.decode().count("张三 (zhang)") >= 4


# --- Ending -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["end_selected", "end_of_people", "end_of_clients", "end_of_tenants"])
def test_nothing_ends_before_one_says_yes_and_the_question_says_what_will(boss: HttpClient, action: str) -> None:
    family = sign_in("zhang")
    sign_in("li", "second")
    page = press(boss, action, family)
    assert page.status_code == 200
    assert len(open_ones()) == 2
    text = page.content.decode()
    named = {"end_of_clients": "client1", "end_of_tenants": "Acme"}.get(action, "zhang")
    assert named in text
    number = {"end_of_tenants": 2}.get(action, 1)
    assert re.search(rf"<li>\s*{number} ", text)
    # The form of the question is what says yes.
    assert press(boss, action, family, post="yes").status_code == 302
    assert len(open_ones()) == 2 - number
    assert not LoginEvent.objects.filter(kind="logout").exclude(actor="boss").exists()


def test_all_of_a_person_end_in_applications_and_browsers(boss: HttpClient) -> None:
    first, _second, other = sign_in("zhang"), sign_in("zhang", "second"), sign_in("li")
    phone, strangers = browse("zhang"), browse("li")
    press(boss, "end_of_people", first, post="yes")
    assert open_ones() == {other}
    assert phone.get("/account/").status_code != 200
    assert strangers.get("/account/").status_code == 200
    events = LoginEvent.objects.filter(kind="logout")
    assert set(events.values_list("account", "actor", "reason")) == {("zhang", "boss", "console")}
    assert events.count() == 3


def test_all_of_a_client_end_there_alone(boss: HttpClient) -> None:
    first, _third, second = sign_in("zhang"), sign_in("li"), sign_in("zhang", "second")
    press(boss, "end_of_clients", first, post="yes")
    assert open_ones() == {second}


def test_all_of_a_tenant_end_but_for_the_browser_one_works_in(boss: HttpClient) -> None:
    family = sign_in("zhang")
    phone = browse("li")
    boss.get("/account/")
    press(boss, "end_of_tenants", family, post="yes")
    assert not open_ones()
    assert phone.get("/account/").status_code != 200
    assert boss.get(LIST).status_code == 200
    assert BrowserSession.objects.get(ended_at=None).user.account == "boss"


def test_of_a_shared_client_only_what_is_in_ones_own_tenant_ends(boss: HttpClient, tenant: Tenant) -> None:
    other = make_tenant("other", "Other")
    make_user(other, "zhang", PASSWORD)
    shared = make_client(
        "shared", "secret", serves=[tenant, other], dialects=["connect"], grant_types=["password"], scopes=["profile"]
    )
    person = {"grant_type": "password", "username": "zhang", "password": PASSWORD}
    for code in ("acme", "other"):
        assert ask_connect("shared", "secret", acr_values=f"tenant:{code}", **person).status_code == 200
    own = TokenFamily.objects.get(tenant=tenant, client=shared)
    for action in ("end_of_clients", "end_of_people", "end_of_tenants"):
        press(boss, action, own, post="yes")
    assert {family.tenant for family in open_ones()} == {other}


def test_who_may_not_end_browsers_ends_sessions_in_applications_alone(tenant: Tenant) -> None:
    allowed = ["oauthx.view_tokenfamily", "oauthx.change_tokenfamily"]
    clerk = browser_of(make_administrator(tenant, "clerk", permissions=allowed))
    family = sign_in("zhang")
    phone = browse("zhang")
    press(clerk, "end_of_people", family, post="yes")
    assert not open_ones()
    assert phone.get("/account/").status_code == 200


@pytest.mark.parametrize("button", ["end", "end-of-person", "end-of-client"])
def test_one_session_has_the_same_buttons(boss: HttpClient, tenant: Tenant, button: str) -> None:
    family, same = sign_in("zhang"), sign_in("zhang")
    address = f"{LIST}{family.pk}/{button}/"
    assert address in boss.get(f"{LIST}{family.pk}/change/").content.decode()
    assert boss.get(address).status_code == 200
    assert open_ones() == {family, same}
    assert boss.post(address, {"post": "yes"}).status_code == 302
    assert open_ones() == ({same} if button == "end" else set())
    # Once more: nothing is left, and nothing more is recorded.
    events = LoginEvent.objects.count()
    assert boss.post(address, {"post": "yes"}).status_code in {200, 302}
    assert LoginEvent.objects.count() == events
    reader = browser_of(make_administrator(tenant, "reader", permissions=["oauthx.view_tokenfamily"]))
    assert reader.get(address).status_code == 403
    assert address not in reader.get(f"{LIST}{family.pk}/change/").content.decode()


# TODO: once, in a whole run on PostgreSQL, the second press left the last session open; the cause is not found yet.
@pytest.mark.once
def test_many_end_in_portions_and_the_page_asks_whether_to_go_on(boss: HttpClient) -> None:
    family = sign_in("zhang")
    row = TokenFamily.objects.values().get()
    TokenFamily.objects.bulk_create(TokenFamily(**{**row, "id": uuid4()}) for _copy in range(session_list.BATCH))
    page = press(boss, "end_of_people", family, post="yes")
    assert page.status_code == 200
    assert len(open_ones()) == 1
    # Going on means the same person, whose chosen session has ended by now.
    named = re.search(r'name="of" value="(\d+)"', page.content.decode())
    assert named
    done = press(boss, "end_of_people", family, post="yes", of=named[1])
    assert (done.status_code, done["Location"]) == (302, LIST)
    assert not open_ones()


def test_whom_a_browser_names_is_looked_for_in_ones_own_tenant(boss: HttpClient) -> None:
    other = make_tenant("other", "Other")
    stranger = make_user(other, "stranger", PASSWORD, real_name="FOREIGN")
    client = Client.objects.get(client_id="client1")
    family = sign_in("zhang")
    TokenFamily.objects.filter(pk=family.pk).update(user=stranger, tenant=other, client=client)
    for action, key in (("end_of_people", stranger.pk), ("end_of_tenants", other.pk), ("end_of_clients", client.pk)):
        for post in ("", "yes"):
            page = press(boss, action, family, of=str(key), post=post)
            assert "FOREIGN" not in page.content.decode()
            assert "Other" not in page.content.decode()
    assert open_ones() == {family}
    assert press(boss, "end_of_people", family, of="9" * 400, post="yes").status_code in {200, 302}


def test_the_clients_stay(boss: HttpClient) -> None:
    press(boss, "end_of_clients", sign_in("zhang"), post="yes")
    assert Client.objects.filter(is_active=True).count() == 2
    sign_in("zhang")
