"""What a help desk does to people by buttons: each asks first, is a right of its own, and leaves an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.admin.person_search import FOUND_AT_MOST, matching
from accounts.models import BrowserSession, Lockout, LoginEvent, User
from oauthx.models import TokenFamily
from tenants.models import Tenant
from tests.factories import make_administrator, make_connect_client, make_tenant, make_user
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
PASSWORD = "long enough 1"
# What each button needs, beside the right to look at people.
RIGHTS = {
    "reset-password": "reset_password",
    "unlock": "unlock",
    "sign-out": "sign_out",
    "disable": "disable",
    "enable": "disable",
}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", password_min_length=20)


@pytest.fixture
def worker(tenant: Tenant) -> User:
    return make_user(tenant, "worker", PASSWORD, real_name="工人")


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return make_administrator(tenant, "boss")


def browser_of(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser


@pytest.fixture
def desk(tenant: Tenant) -> HttpClient:
    rights = {f"accounts.{right}_user" for right in ("view", *RIGHTS.values())}
    return browser_of(make_administrator(tenant, "desk", permissions=rights))


def lock(user: User) -> None:
    now = timezone.now()
    Lockout.objects.create(
        tenant=user.tenant, account=user.account, failures=5, failed_at=now, locked_until=now + timedelta(minutes=5)
    )


def press(browser: HttpClient, user: User, button: str) -> Any:
    """Open the page that asks, and confirm."""
    address = f"{USERS}{user.pk}/{button}/"
    asked = browser.get(address)
    return browser.post(address, {"post": "yes"}) if asked.status_code == 200 else asked


def state_of(user: User) -> Any:
    stored = User.objects.filter(pk=user.pk).values("password", "is_active", "must_change_password").get()
    return stored, Lockout.objects.filter(account=user.account).exists()


def test_a_reset_password_is_shown_once_and_must_be_changed(desk: HttpClient, worker: User) -> None:
    answer = press(desk, worker, "reset-password")
    [(person, password)] = answer.context["passwords"]
    assert person == worker
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    after = User.objects.get(pk=worker.pk)
    assert after.check_password(password)
    assert len(password) >= 20
    assert after.must_change_password
    assert password not in desk.get(f"{USERS}{worker.pk}/change/").content.decode()
    event = LoginEvent.objects.get(kind="password_reset")
    assert (event.account, event.actor, event.tenant_id) == ("worker", "desk", worker.tenant_id)
    assert password not in str(LoginEvent.objects.values_list())


def test_asking_changes_nothing_and_says_what_will_happen(desk: HttpClient, worker: User) -> None:
    lock(worker)
    before = state_of(worker)
    for button in RIGHTS:
        page = desk.get(f"{USERS}{worker.pk}/{button}/").content.decode()
        assert "worker" in page
        assert "工人" in page
    assert state_of(worker) == before
    assert not LoginEvent.objects.exclude(kind="login").exists()


@pytest.mark.parametrize("button", RIGHTS)
def test_each_button_is_a_right_of_its_own(tenant: Tenant, worker: User, button: str) -> None:
    """Whoever has all rights but this one sees no such button, and its address refuses him."""
    lock(worker)
    others = {f"accounts.{right}_user" for right in ("view", *RIGHTS.values()) if right != RIGHTS[button]}
    other = browser_of(make_administrator(tenant, "other", permissions=others))
    only = browser_of(
        make_administrator(tenant, "only", permissions={"accounts.view_user", f"accounts.{RIGHTS[button]}_user"})
    )
    before, address = state_of(worker), f"{USERS}{worker.pk}/{button}/"
    assert other.get(address).status_code == 403
    assert other.post(address, {"post": "yes"}).status_code == 403
    assert address not in other.get(f"{USERS}{worker.pk}/change/").content.decode()
    assert state_of(worker) == before
    if button == "enable":
        User.objects.filter(pk=worker.pk).update(is_active=False)
    assert address in only.get(f"{USERS}{worker.pk}/change/").content.decode()
    assert press(only, worker, button).status_code in {200, 302}
    assert only.post(f"{USERS}{worker.pk}/change/", {"account": "mine"}).status_code == 403


@pytest.mark.parametrize("rank", ["platform", "boss"])
def test_nobody_does_it_to_somebody_who_may_do_more(desk: HttpClient, tenant: Tenant, boss: User, rank: str) -> None:
    superior = boss if rank == "boss" else make_user(tenant, "platform", None, is_superuser=True, is_staff=True)
    lock(superior)
    before = state_of(superior)
    page = desk.get(f"{USERS}{superior.pk}/change/").content.decode()
    for button in RIGHTS:
        address = f"{USERS}{superior.pk}/{button}/"
        assert address not in page
        assert desk.get(address).status_code == 403
        assert desk.post(address, {"post": "yes"}).status_code == 403
    for action in ("reset_password", "unlock", "sign_out", "disable", "enable"):
        form = {"action": f"{action}_selected", "_selected_action": [superior.pk], "post": "yes", "index": "0"}
        desk.post(USERS, form)
    assert state_of(superior) == before
    assert LoginEvent.objects.filter(account=superior.account).exclude(kind="login").count() == 0


def test_another_page_does_not_unlock_a_superior_either(tenant: Tenant, boss: User) -> None:
    lock(boss)
    rights = {"accounts.view_lockout", "accounts.delete_lockout"}
    browser, row = browser_of(make_administrator(tenant, "desk", permissions=rights)), Lockout.objects.get()
    assert browser.post(f"/admin/accounts/lockout/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    form = {"action": "unlock_selected", "_selected_action": [row.pk], "index": "0"}
    browser.post("/admin/accounts/lockout/", form)
    assert Lockout.objects.exists()


def test_unlocking_disabling_and_enabling_leave_events(desk: HttpClient, worker: User) -> None:
    lock(worker)
    for button in ("unlock", "disable", "enable"):
        assert press(desk, worker, button).status_code == 302
    events = LoginEvent.objects.filter(account="worker").order_by("id").values_list("kind", "actor")
    assert list(events) == [("unlock", "desk"), ("disabled", "desk"), ("enabled", "desk")]
    assert not Lockout.objects.exists()
    # What is so already is not done again.
    assert press(desk, worker, "enable").status_code == 302
    assert LoginEvent.objects.filter(kind="enabled").count() == 1


def test_signing_out_everywhere_ends_browsers_and_applications(desk: HttpClient, tenant: Tenant) -> None:
    worker = make_user(tenant, "signed in", PASSWORD)
    his = browser_of(worker)
    client = make_connect_client(tenant)
    scope = "openid offline_access"
    answer = ask_connect(
        client.client_id, "secret", grant_type="password", username="signed in", password=PASSWORD, scope=scope
    )
    refresh_token = answer.json()["refresh_token"]
    assert press(desk, worker, "sign-out").status_code == 302
    assert not BrowserSession.objects.filter(user=worker, ended_at=None).exists()
    assert set(TokenFamily.objects.values_list("end_reason", flat=True)) == {"signed_out_everywhere"}
    assert "/account/login/" in his.get("/account/")["Location"]
    again = ask_connect(client.client_id, "secret", grant_type="refresh_token", refresh_token=refresh_token)
    assert again.status_code == 400
    event = LoginEvent.objects.get(kind="logout")
    assert (event.account, event.actor, event.reason) == ("signed in", "desk", "signed_out_everywhere")
    # His password stays as it is.
    assert User.objects.get(pk=worker.pk).check_password(PASSWORD)


def test_the_list_asks_names_all_and_leaves_superiors_alone(
    desk: HttpClient, tenant: Tenant, worker: User, boss: User
) -> None:
    other = make_user(tenant, "other", None)
    oneself = User.objects.get(account="desk")
    chosen = [worker.pk, other.pk, boss.pk, oneself.pk]
    form = {"action": "reset_password_selected", "_selected_action": chosen, "index": "0"}
    asked = desk.post(USERS, form)
    assert {person.account for person in asked.context["people"]} == {"worker", "other"}
    assert {person.account for person in asked.context["refused"]} == {"boss", "desk"}
    assert not LoginEvent.objects.filter(kind="password_reset").exists()
    done = desk.post(USERS, form | {"post": "yes"})
    assert {person.account for person, _ in done.context["passwords"]} == {"worker", "other"}
    assert LoginEvent.objects.filter(kind="password_reset").count() == 2


def test_too_many_at_once_are_refused(desk: HttpClient, tenant: Tenant) -> None:
    User.objects.bulk_create(User(tenant=tenant, account=f"person {number}", password="!") for number in range(101))
    form = {"action": "disable_selected", "_selected_action": ["1"], "select_across": "1", "index": "0", "post": "yes"}
    assert "100" in desk.post(USERS, form, follow=True).content.decode()
    assert not User.objects.filter(is_active=False).exists()


def test_nobody_does_it_to_himself_but_unlocking(desk: HttpClient) -> None:
    oneself = User.objects.get(account="desk")
    lock(oneself)
    for button in ("reset-password", "sign-out", "disable", "enable"):
        assert desk.post(f"{USERS}{oneself.pk}/{button}/", {"post": "yes"}).status_code == 403
    assert press(desk, oneself, "unlock").status_code == 302


def test_a_typed_password_must_be_changed_by_its_owner(boss: User, worker: User) -> None:
    browser, password = browser_of(boss), "a very long password 1"
    form = {"password1": password, "password2": password}
    assert browser.post(f"{USERS}{worker.pk}/password/", form).status_code == 302
    assert User.objects.get(pk=worker.pk).must_change_password
    assert browser.post(f"{USERS}{boss.pk}/password/", form).status_code == 302
    assert not User.objects.get(pk=boss.pk).must_change_password


# --- At a glance ------------------------------------------------------------------------------------------------------


def test_a_persons_page_shows_his_state_and_only_what_the_viewer_may_see(
    desk: HttpClient, tenant: Tenant, boss: User, worker: User
) -> None:
    lock(worker)
    browser_of(worker)
    ask_connect(make_connect_client(tenant).client_id, "secret", grant_type="password", username="worker", password="x")
    address = f"{USERS}{worker.pk}/change/"
    shown = browser_of(boss).get(address)
    listings = {str(listing.title): listing for listing in shown.context["overview"].listings}
    assert [len(listing.lines) for listing in listings.values()] == [1, 1, 0, 0]
    assert "锁定" in shown.content.decode()
    # The help desk may look at people alone.
    assert desk.get(address).context["overview"].listings == []
    assert "loginevent" not in desk.get(address).content.decode()


@pytest.mark.parametrize(
    ("term", "accounts"),
    [
        ("三丰", {"zhang"}),
        ("张", {"zhang", "li"}),
        ("anfeng", {"zhang"}),
        ("138-0013 8000", {"zhang"}),
        ("zhang 张三丰", {"zhang"}),
        ("00", {"zhang"}),
        ("g", set()),
        ("zhang li", set()),
    ],
)
def test_people_are_found_by_parts(boss: User, tenant: Tenant, term: str, accounts: set[str]) -> None:
    make_user(tenant, "zhang", None, real_name="张三丰", phone="13800138000", email="zhangsanfeng@acme.example")
    make_user(tenant, "li", None, real_name="张力")
    found = browser_of(boss).get(USERS, {"q": term}).context["cl"].queryset
    assert {person.account for person in found} == accounts


@pytest.mark.postgresql
@pytest.mark.parametrize("term", ["anfeng", "三丰", "张"])
def test_an_index_answers_the_search(term: str) -> None:
    """Its expressions are those that Django writes; otherwise a million people would be read."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = matching(User.objects.order_by(), term).explain()
    assert plan.count("on user_search") >= 5
    assert "Seq Scan" not in plan


def test_a_search_shows_as_many_as_anybody_reads(boss: User, tenant: Tenant) -> None:
    number = FOUND_AT_MOST + 20
    User.objects.bulk_create(User(tenant=tenant, account=f"person {one}", password="!") for one in range(number))
    assert browser_of(boss).get(USERS, {"q": "person"}).context["cl"].result_count == FOUND_AT_MOST
    assert matching(User.objects.all(), "person").count() == number


def test_whoever_is_deleted_meanwhile_keeps_nobody_else_from_his_new_password(
    tenant: Tenant, boss: User, worker: User
) -> None:
    others = [make_user(tenant, f"other-{number}", PASSWORD) for number in range(2)]
    gone = others.copy()

    def delete_the_others(instance: User, **_signal: Any) -> None:
        # Of the three, the first that gets a password; the next is deleted while it is made.
        victims = [each for each in (worker, *gone) if each.pk != instance.pk][:1]
        post_save.disconnect(dispatch_uid="delete-meanwhile", sender=User)
        for victim in victims:
            User.objects.filter(pk=victim.pk).delete()

    post_save.connect(delete_the_others, sender=User, weak=False, dispatch_uid="delete-meanwhile")
    form = {"action": "reset_password_selected", "_selected_action": [p.pk for p in (worker, *others)], "index": "0"}
    browser = browser_of(boss)
    try:
        page = browser.post(USERS, {**form, "post": "yes"})
    finally:
        post_save.disconnect(dispatch_uid="delete-meanwhile", sender=User)
    assert page.status_code == 200
    told = {person.account for person, _password in page.context["passwords"]}
    assert told == set(User.objects.filter(must_change_password=True).values_list("account", flat=True))
    assert len(told) == 2
