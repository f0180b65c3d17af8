"""Bound identities in the console and on the account page: who may bind and unbind them, and what is remembered."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.identities import Identity, binding, binding_at_sign_in, draw_id
from accounts.models import LoginEvent, SocialIdentity, User, WechatApp
from accounts.people import look_up
from tenants.models import Tenant
from tenants.sql import WritePlan, write
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, send_form

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/accounts/socialidentity/", "/admin/accounts/socialidentity/add/"
FORM = "socialidentity_form"
PAGE, UNBIND = "/account/", "/account/identities/unbind/"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def app(tenant: Tenant) -> WechatApp:
    return WechatApp.objects.create(tenant=tenant, name="The mini program", app_id="wx1")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", None, real_name="张三")


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers=ENGLISH)
    browser.force_login(user)
    return browser


@pytest.fixture
def boss(tenant: Tenant) -> HttpClient:
    return browser_of(make_administrator(tenant, "boss"))


def make_identity(user: User, openid: str = "openid-1", **fields: Any) -> SocialIdentity:
    wanted = {"tenant": user.tenant, "user": user, "provider": "wechat", "app": "wx1", "openid": openid, **fields}
    return SocialIdentity.objects.create(**wanted)


def bind(browser: HttpClient, app: WechatApp, user: User, **changes: Any) -> Any:
    wanted = {"wechat_app": app.pk, "user": user.pk, "openid": "openid-1", "unionid": "", **changes}
    return send_form(browser, ADD, FORM, **wanted)


def told() -> list[tuple[str, str, str, str, str]]:
    """What the history says of bindings, oldest first."""
    events = LoginEvent.objects.filter(kind__in=["bind", "unbind"]).order_by("id")
    return [(event.kind, event.account, event.actor, event.reason, event.grant) for event in events]


# --- The console -----------------------------------------------------------------------------------------------------


def test_an_identity_is_bound_by_hand_and_the_history_says_by_whom(
    boss: HttpClient, app: WechatApp, zhang: User
) -> None:
    assert bind(boss, app, zhang, unionid="union-1").status_code == 302
    bound = SocialIdentity.objects.get()
    assert (bound.tenant, bound.user, bound.provider, bound.app) == (zhang.tenant, zhang, "wechat", "wx1")
    assert (bound.openid, bound.unionid, bound.used_at) == ("openid-1", "union-1", None)
    assert told() == [("bind", "zhang", "boss", "console", "wechat")]
    event = LoginEvent.objects.get(kind="bind")
    assert (event.real_name, event.tenant_code, event.outcome) == ("张三", "acme", "allowed")
    page = boss.get(f"{LIST}{bound.pk}/change/").content.decode()
    assert "The mini program" in page
    assert 'name="_save"' not in page


def test_a_platform_administrator_binds_in_the_tenant_of_the_app(app: WechatApp, zhang: User) -> None:
    home = make_tenant("platform", "Platform")
    platform = browser_of(make_user(home, "root", is_staff=True, is_superuser=True))
    assert bind(platform, app, zhang).status_code == 302
    assert SocialIdentity.objects.get().tenant == zhang.tenant
    stranger = make_user(home, "stranger", None)
    assert list(errors_of(bind(platform, app, stranger, openid="openid-2"))) == ["user"]


def test_refuses_what_is_bound_or_can_be_no_identity(boss: HttpClient, app: WechatApp, zhang: User) -> None:
    li = make_user(zhang.tenant, "li", None)
    assert bind(boss, app, zhang, unionid="union-1").status_code == 302
    for user in (zhang, li):
        assert list(errors_of(bind(boss, app, user))) == ["openid"]
    assert list(errors_of(bind(boss, app, li, openid="openid-2", unionid="union-1"))) == ["openid"]
    for openid in ("", "a b", "身份", "o" * 129, "a\0"):
        assert list(errors_of(bind(boss, app, li, openid=openid))) == ["openid"]
    assert bind(boss, app, zhang, openid="openid-2", unionid="union-1").status_code == 302
    assert SocialIdentity.objects.count() == 2


def test_what_somebody_bound_since_the_form_was_looked_at_is_not_taken_from_him(zhang: User) -> None:
    """The union id is looked for by the statement itself: of several at once, one binds."""
    li = make_user(zhang.tenant, "li", None)
    make_identity(li, "openid-of-li", unionid="union-1")
    person = look_up(zhang.tenant_id, "zhang").person
    assert person is not None
    now = timezone.now()
    for openid, unionid in (("openid-2", "union-1"), ("openid-of-li", "")):
        guard = binding(Identity(zhang.tenant_id, "wx1", openid, unionid), person, now)
        assert not write(WritePlan([], guard=guard))
    assert write(WritePlan([], guard=binding(Identity(zhang.tenant_id, "wx1", "openid-3", "union-3"), person, now)))
    bound = SocialIdentity.objects.get(user=zhang)
    assert (bound.openid, bound.unionid, bound.used_at) == ("openid-3", "union-3", None)


def test_an_identitys_id_can_be_drawn_before_it_is_bound(zhang: User) -> None:
    person = look_up(zhang.tenant_id, "zhang").person
    assert person is not None
    first, second = draw_id(), draw_id()
    assert first < second
    later = make_identity(zhang, "openid-2")
    assert later.pk > second
    identity = Identity(zhang.tenant_id, "wx1", "openid-1")
    assert write(WritePlan([], guard=binding(identity, person, timezone.now(), row_id=second)))
    assert SocialIdentity.objects.get(openid="openid-1").pk == second
    assert draw_id() > later.pk


def test_nobody_lets_himself_in_as_somebody_who_may_do_more(app: WechatApp, zhang: User) -> None:
    desk = ["accounts.view_socialidentity", "accounts.add_socialidentity", "accounts.delete_socialidentity"]
    helper = make_administrator(zhang.tenant, "helper", permissions=[*desk, "accounts.view_user"])
    superior = make_administrator(zhang.tenant, "superior")
    browser = browser_of(helper)
    assert bind(browser, app, zhang).status_code == 302
    assert list(errors_of(bind(browser, app, superior, openid="openid-2"))) == ["user"]
    theirs = make_identity(superior, "openid-3")
    assert browser.post(f"{LIST}{theirs.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(LIST, {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes", "index": "0"})
    assert SocialIdentity.objects.filter(pk=theirs.pk).exists()


def test_another_tenants_app_and_people_are_not_offered(boss: HttpClient, app: WechatApp, zhang: User) -> None:
    other = make_tenant("other", "Other")
    foreign = WechatApp.objects.create(tenant=other, name="FOREIGN", app_id="wx1")
    stranger = make_user(other, "stranger", None)
    assert "FOREIGN" not in boss.get(ADD).content.decode()
    assert list(errors_of(bind(boss, foreign, zhang))) == ["wechat_app"]
    assert list(errors_of(bind(boss, app, stranger))) == ["user"]
    assert not SocialIdentity.objects.exists()


def test_unbinding_stands_in_the_history(boss: HttpClient, zhang: User) -> None:
    first, second, third = (make_identity(zhang, f"openid-{number}") for number in range(3))
    assert boss.post(f"{LIST}{first.pk}/delete/", {"post": "yes"}).status_code == 302
    boss.post(
        LIST,
        {"action": "delete_selected", "_selected_action": [second.pk, third.pk], "post": "yes", "index": "0"},
    )
    assert not SocialIdentity.objects.exists()
    assert told() == [("unbind", "zhang", "boss", "console", "wechat")] * 3


def test_a_row_is_never_changed_here(zhang: User) -> None:
    identity = make_identity(zhang)
    platform = browser_of(make_user(zhang.tenant, "root", is_staff=True, is_superuser=True))
    answer = platform.post(f"{LIST}{identity.pk}/change/", {"openid": "another", "user": zhang.pk})
    assert answer.status_code == 403
    identity.refresh_from_db()
    assert identity.openid == "openid-1"


def test_rows_of_a_directory_are_shown_and_unbound_too(boss: HttpClient, zhang: User) -> None:
    identity = make_identity(zhang, "a-guid", provider="directory", app="7")
    assert "a-guid" in boss.get(LIST).content.decode()
    assert boss.get(f"{LIST}{identity.pk}/change/").status_code == 200
    assert boss.post(f"{LIST}{identity.pk}/delete/", {"post": "yes"}).status_code == 302
    assert told() == [("unbind", "zhang", "boss", "console", "directory")]


# --- The account page ------------------------------------------------------------------------------------------------


def text_of(browser: HttpClient) -> str:
    response = browser.get(PAGE)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_person_sees_his_own_identities_alone(app: WechatApp, zhang: User) -> None:
    browser = browser_of(zhang)
    assert "None. You sign in with what this service knows of you." in text_of(browser)
    make_identity(make_user(zhang.tenant, "li", None))
    assert "The mini program" not in text_of(browser)
    make_identity(zhang, "openid-2")
    text = text_of(browser)
    assert "WeChat · The mini program" in text
    assert "openid-2" not in text


def test_a_person_unbinds_his_own_identity(app: WechatApp, zhang: User) -> None:
    identity, browser = make_identity(zhang), browser_of(zhang)
    answer = browser.post(UNBIND, {"id": identity.pk})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    text = text_of(browser)
    assert "WeChat no longer signs you in with this app." in text
    assert "Identity unbound" in text
    assert not SocialIdentity.objects.exists()
    assert told() == [("unbind", "zhang", "", "account_page", "wechat")]
    assert browser.post(UNBIND, {"id": identity.pk}).status_code == 404


def test_what_bears_the_same_union_id_goes_with_it(app: WechatApp, zhang: User) -> None:
    """By one that stayed, the next sign-in of the same WeChat account would bind the other anew."""
    row = make_identity(zhang, unionid="union-1")
    make_identity(zhang, "openid-on-the-web", app="wx-web", unionid="union-1")
    elsewhere = make_user(make_tenant("other", "Other"), "zhang", None)
    kept = [
        make_identity(zhang, "another-account", unionid="union-2"),
        make_identity(zhang, "unknown"),
        make_identity(zhang, "a-guid", provider="directory", unionid="union-1"),
        make_identity(make_user(zhang.tenant, "li", None), "openid-of-li", unionid="union-1"),
        make_identity(elsewhere, unionid="union-1"),
    ]
    browser = browser_of(zhang)
    assert browser.post(UNBIND, {"id": row.pk}).status_code == 303
    assert "nor with others of its owner" in text_of(browser)
    assert list(SocialIdentity.objects.order_by("id")) == kept
    assert told() == [("unbind", "zhang", "", "account_page", "wechat")] * 2


def test_a_sign_in_by_a_union_id_is_lost_once_it_is_unbound(zhang: User) -> None:
    """It looked the person up before; the guard looks again."""
    person = look_up(zhang.tenant_id, "zhang").person
    assert person is not None
    new = Identity(zhang.tenant_id, "wx-web", "openid-on-the-web", "union-1")
    make_identity(make_user(zhang.tenant, "li", None), "openid-of-li", unionid="union-1")
    guard = binding_at_sign_in(new, person, timezone.now())
    assert not write(WritePlan([], guard=guard))
    assert not SocialIdentity.objects.filter(user=zhang).exists()
    make_identity(zhang, unionid="union-1")
    assert write(WritePlan([], guard=guard))
    bound = SocialIdentity.objects.get(app="wx-web")
    assert (bound.user, bound.openid, bound.unionid) == (zhang, "openid-on-the-web", "union-1")
    assert (bound.used_at is not None, write(WritePlan([], guard=guard))) == (True, True)


def test_nobody_unbinds_what_is_another_persons_or_the_directorys(zhang: User) -> None:
    theirs = make_identity(make_user(zhang.tenant, "li", None))
    kept = make_identity(zhang, "a-guid", provider="directory", app="7")
    browser = browser_of(zhang)
    assert "kept by your organisation" in text_of(browser)
    for key in (theirs.pk, kept.pk, 0, -1, "x", "", 10**30, "\0"):
        assert browser.post(UNBIND, {"id": key}).status_code == 404
    assert SocialIdentity.objects.count() == 2
    assert HttpClient().post(UNBIND, {"id": theirs.pk}).status_code == 303
    assert SocialIdentity.objects.count() == 2


def test_the_section_takes_as_many_queries_for_many_as_for_one(app: WechatApp, zhang: User) -> None:
    browser = browser_of(zhang)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text_of(browser)
        return len(captured)

    text_of(browser)
    make_identity(zhang)
    one = queries()
    for number in range(20):
        make_identity(zhang, f"more-{number}")
    assert queries() == one
