"""The console's pages for people: made, changed, given passwords, disabled, unlocked."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from accounts.models import Dept, Lockout, LoginEvent, RecoveryCode, Role, User
from oauthx.models import Client
from tenants.models import Tenant
from tests.factories import make_administrator, make_connect_client, make_tenant, make_user
from tests.pages import errors_of, send_form
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/accounts/user/", "/admin/accounts/user/add/"
PASSWORD = "long enough 1"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", password_min_length=10)


@pytest.fixture
def other() -> Tenant:
    return make_tenant("other", "Other")


@pytest.fixture
def boss(tenant: Tenant, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(tenant, "boss"))
    return client


@pytest.fixture
def platform(tenant: Tenant) -> HttpClient:
    browser = HttpClient()
    browser.force_login(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    return browser


def change(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def add(browser: HttpClient, **fields: Any) -> Any:
    return send_form(browser, ADD, "user_form", **{"password1": PASSWORD, "password2": PASSWORD, **fields})


def rows(prefix: str, name: str, *chosen: int) -> dict[str, Any]:
    """The fields of an inline with these new rows."""
    total = {f"{prefix}-TOTAL_FORMS": str(len(chosen))}
    return total | {f"{prefix}-{number}-{name}": str(pk) for number, pk in enumerate(chosen)}


def token_status(client: Client, account: str) -> int:
    answer = ask_connect(client.client_id, "secret", grant_type="password", username=account, password=PASSWORD)
    return int(answer.status_code)


def test_a_new_person_can_have_tokens_at_once(boss: HttpClient, tenant: Tenant) -> None:
    client = make_connect_client(tenant)
    assert token_status(client, "new") == 400
    assert add(boss, account="new", real_name="新人", phone="13800000000").status_code == 302
    user = User.objects.get(account="new")
    assert (user.tenant, user.phone, user.nick_name, user.is_staff) == (tenant, "+8613800000000", None, False)
    assert user.password_updated_at is not None
    assert token_status(client, "new") == 200
    assert send_form(boss, change(user), "user_form", is_active=None).status_code == 302
    assert token_status(client, "new") == 400


def test_roles_posts_and_departments_keep_their_order(boss: HttpClient, tenant: Tenant) -> None:
    depts = [Dept.objects.create(tenant=tenant, name=f"dept {number}") for number in range(3)]
    chosen = rows("userdept_set", "dept", depts[1].pk, depts[0].pk)
    assert add(boss, account="new", **chosen).status_code == 302
    user = User.objects.get(account="new")
    assert [row.dept for row in user.userdept_set.all()] == [depts[1], depts[0]]
    more = {"userdept_set-TOTAL_FORMS": "3", "userdept_set-2-dept": str(depts[2].pk)}
    dragged = {"userdept_set-0-position": "1", "userdept_set-1-position": "0"}
    assert send_form(boss, change(user), "user_form", **more, **dragged).status_code == 302
    assert [row.dept for row in user.userdept_set.all()] == [depts[0], depts[1], depts[2]]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "1234567890", "password2": "1234567890"}, "password1"),
        ({"password2": "something else"}, "password2"),
        ({"account": "boss"}, "account"),
        ({"account": ""}, "account"),
        ({"phone": "138-0013-8000"}, "phone"),
        ({"phone": "12345"}, "phone"),
        ({"is_main_account": "on"}, "is_main_account"),
    ],
    ids=["short", "common", "different", "taken", "missing", "phone", "no phone", "main account"],
)
def test_what_is_wrong_stands_beside_its_field(
    boss: HttpClient, tenant: Tenant, fields: dict[str, str], field: str
) -> None:
    make_user(tenant, "someone", None, phone="+8613800138000", is_main_account=True)
    response = add(boss, **{"account": "new", **fields})
    assert list(errors_of(response)) == [field]
    assert len(errors_of(response)[field]) == 1
    assert PASSWORD not in response.content.decode()
    assert not User.objects.filter(account="new").exists()


def test_the_tenants_account_limit_holds(boss: HttpClient, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(account_limit=1)
    assert "最多" in str(errors_of(add(boss, account="new")))


def test_the_platform_chooses_the_tenant_once(platform: HttpClient, tenant: Tenant, other: Tenant) -> None:
    assert list(errors_of(add(platform, account="new"))) == ["tenant"]
    assert add(platform, account="new", tenant=other.pk).status_code == 302
    user = User.objects.get(account="new")
    assert user.tenant == other
    assert send_form(platform, change(user), "user_form", tenant=tenant.pk).status_code == 302
    user.refresh_from_db()
    assert user.tenant == other


def test_what_a_person_has_belongs_to_his_tenant(platform: HttpClient, tenant: Tenant, other: Tenant) -> None:
    role = Role.objects.create(tenant=other, name="other's")
    response = add(platform, account="new", tenant=tenant.pk, **rows("userrole_set", "role", role.pk))
    assert list(errors_of(response)) == ["userrole_set-0-role"]
    user = make_user(tenant, "old", None)
    response = send_form(platform, change(user), "user_form", **rows("userrole_set", "role", role.pk))
    assert list(errors_of(response)) == ["userrole_set-0-role"]


def test_a_person_may_have_no_password(boss: HttpClient) -> None:
    assert add(boss, account="new", password1="", password2="").status_code == 302
    user = User.objects.get(account="new")
    assert not user.has_usable_password()
    assert user.password_updated_at is None


def test_a_password_is_never_shown(boss: HttpClient, platform: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "someone", PASSWORD)
    for browser in (boss, platform):
        for address in (LIST, change(user), f"{LIST}{user.pk}/password/", f"{LIST}{user.pk}/history/"):
            page = browser.get(address).content.decode()
            assert "argon2" not in page
            assert user.password not in page


def test_setting_a_password(boss: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "someone", "old password 1")
    address = f"{LIST}{user.pk}/password/"
    for wrong in ({"password1": "short", "password2": "short"}, {"password1": PASSWORD, "password2": "else"}, {}):
        response = send_form(boss, address, "user_form", **wrong)
        assert response.status_code == 200
        assert response.context["form"].errors
    response = send_form(boss, address, "user_form", password1=PASSWORD, password2=PASSWORD)
    assert response["Location"] == change(user)
    before, user = user.password_updated_at, User.objects.get(pk=user.pk)
    assert user.check_password(PASSWORD)
    assert before is not None
    assert user.password_updated_at is not None
    assert user.password_updated_at > before
    assert PASSWORD not in str(LogEntry.objects.values_list("change_message", "object_repr"))


def test_ones_own_password_follows_the_policy_too(boss: HttpClient, tenant: Tenant) -> None:
    boss_user = User.objects.get(account="boss")
    boss_user.set_password("old password 1")
    boss_user.save()
    boss.force_login(boss_user)
    own = boss.get(reverse("admin:password_change"))["Location"]
    form = {"current": "old password 1", "password1": "short", "password2": "short"}
    response = boss.post(own, form)
    assert list(response.context["form"].errors) == ["password1"]
    form |= {"password1": PASSWORD, "password2": PASSWORD}
    assert boss.post(own, form).status_code == 303
    assert boss.get(LIST).status_code == 200


def act(browser: HttpClient, action: str, *users: User) -> Any:
    """Choose it for these people, and confirm what is asked then."""
    form = {"action": action, "_selected_action": [user.pk for user in users], "index": "0"}
    asked = browser.post(LIST, form)
    assert asked.templates[0].name == "console/confirm_people.html"
    return browser.post(LIST, form | {"post": "yes"}, follow=True)


def test_disabling_and_enabling(boss: HttpClient, tenant: Tenant) -> None:
    people = [make_user(tenant, f"person {number}", None) for number in range(2)]
    for action, active in (("disable_selected", False), ("enable_selected", True)):
        act(boss, action, *people, User.objects.get(account="boss"))
        assert list(User.objects.filter(pk__in=[user.pk for user in people], is_active=active)) == people[::-1]
        # Oneself is left alone.
        assert User.objects.get(account="boss").is_active
    assert LogEntry.objects.count() == 4
    # Each reader of the history gets his own language, not that of who did it.
    for language, text in (("en", "· Disable\n"), ("zh-hans", "· 停用\n")):
        history = boss.get(f"{LIST}{people[0].pk}/history/", headers={"accept-language": language}).content.decode()
        assert text in history


@pytest.mark.parametrize("page", ["user", "lockout"])
def test_unlocking_leaves_an_event_that_names_who_did_it(boss: HttpClient, tenant: Tenant, page: str) -> None:
    user = make_user(tenant, "someone", None)
    later = timezone.now() + timedelta(minutes=5)
    row = Lockout.objects.create(
        tenant=tenant, account="someone", failures=5, failed_at=timezone.now(), locked_until=later
    )
    assert "已锁定" in boss.get(LIST).content.decode()
    if page == "user":
        act(boss, "unlock_selected", user)
    else:
        form = {"action": "unlock_selected", "_selected_action": [row.pk], "index": "0"}
        assert boss.post("/admin/accounts/lockout/", form).status_code == 302
    assert not Lockout.objects.exists()
    event = LoginEvent.objects.get()
    assert (event.kind, event.account, event.actor, event.tenant_id) == ("unlock", "someone", "boss", tenant.pk)
    assert (event.user_id, event.address) == (user.pk, "127.0.0.1")
    assert event.request_id


def test_a_new_password_from_the_console_leaves_an_event_that_names_who_set_it(
    boss: HttpClient, tenant: Tenant
) -> None:
    user = make_user(tenant, "someone")
    form = {"password1": "Another-good-one-7", "password2": "Another-good-one-7"}
    assert boss.post(reverse("admin:accounts_user_password_change", args=[user.pk]), form).status_code == 302
    event = LoginEvent.objects.get()
    assert (event.kind, event.reason, event.account, event.actor) == ("password_reset", "", "someone", "boss")


def test_deleting_a_lockout_is_unlocking(boss: HttpClient, tenant: Tenant) -> None:
    row = Lockout.objects.create(tenant=tenant, account="someone", failures=1, failed_at=timezone.now())
    assert boss.post(f"/admin/accounts/lockout/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert LoginEvent.objects.get().actor == "boss"


def test_who_worked_in_the_console_is_disabled_not_deleted(boss: HttpClient, tenant: Tenant) -> None:
    worked, idle = (make_user(tenant, account, None) for account in ("worked", "idle"))
    LogEntry.objects.create(user=worked, object_repr="something", action_flag=1)
    for user in (worked, idle, User.objects.get(account="boss")):
        boss.post(f"{LIST}{user.pk}/delete/", {"post": "yes"})
    assert set(User.objects.values_list("account", flat=True)) == {"worked", "boss"}


def test_a_person_with_an_old_number_that_is_none_can_be_changed(boss: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "old", None, phone="ask the secretary")
    page = f"{LIST}{user.pk}/change/"
    assert send_form(boss, page, "user_form", real_name="老王").status_code == 302
    user.refresh_from_db()
    assert (user.real_name, user.phone) == ("老王", "ask the secretary")
    assert errors_of(send_form(boss, page, "user_form", phone="ask the porter")).keys() == {"phone"}


@pytest.mark.parametrize("query", ["新人", "13800000000", "new@acme.example", "job-7", "newcomer"])
def test_people_are_found_by_what_is_known_of_them(boss: HttpClient, tenant: Tenant, query: str) -> None:
    make_user(tenant, "other", None)
    fields = {"real_name": "新人", "phone": "13800000000", "email": "new@acme.example", "job_number": "job-7"}
    user = make_user(tenant, "newcomer", None, **fields)
    assert list(boss.get(LIST, {"q": query}).context["cl"].queryset) == [user]


def test_a_list_costs_the_same_however_many_people_there_are(
    boss: HttpClient, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        make_user(tenant, f"person {number}", None)
    with django_assert_max_num_queries(8):
        boss.get(LIST)


def test_the_question_before_deleting_calls_things_by_their_names(boss: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "someone", None)
    user.assign(roles=[Role.objects.create(tenant=tenant, name="Clerk", alias="clerk")])
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=str(number), created_at=timezone.now()) for number in range(3)
    )
    address = f"{LIST}{user.pk}/delete/"
    page = boss.get(address, headers={"Accept-Language": "en"})
    assert dict(page.context["model_count"]) == {"users": 1, "recovery codes": 3, "assignments": 1}
    text = page.content.decode()
    assert "cannot be undone" in text
    assert "Disable" in text
    selected = {"action": "delete_selected", "_selected_action": str(user.pk), "index": "0"}
    assert "cannot be undone" in boss.post(LIST, selected, headers={"Accept-Language": "en"}).content.decode()
