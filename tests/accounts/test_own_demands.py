"""What is asked of an administrator himself, and what tells of him: the platform alone lifts or shortens it."""

import pytest
from django.test import Client as HttpClient

from accounts.models import Role, User
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import send_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", login_history_days=365)


def browser_of(user: User, *, has_shown_factor: bool = False) -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(user)
    if has_shown_factor:
        session = browser.session
        session["amr"] = "pwd otp mfa"
        session.save()
    return browser


def test_a_tenant_does_not_shorten_how_long_its_history_is_kept(tenant: Tenant) -> None:
    page = f"/admin/tenants/tenant/{tenant.pk}/change/"
    send_form(
        browser_of(make_administrator(tenant, "boss")), page, "tenant_form", login_history_days="30", sms_per_day="7"
    )
    tenant.refresh_from_db()
    assert (tenant.login_history_days, tenant.sms_per_day) == (365, 7)
    root = make_user(tenant, "root", None, is_staff=True, is_superuser=True)
    send_form(browser_of(root), page, "tenant_form", login_history_days="30")
    tenant.refresh_from_db()
    assert tenant.login_history_days == 30


def test_a_tenant_may_ask_for_a_second_factor_and_not_lift_that(tenant: Tenant) -> None:
    page = f"/admin/tenants/tenant/{tenant.pk}/change/"
    boss = make_administrator(tenant, "boss")
    send_form(browser_of(boss), page, "tenant_form", requires_second_factor="on")
    tenant.refresh_from_db()
    assert tenant.requires_second_factor
    send_form(
        browser_of(boss, has_shown_factor=True), page, "tenant_form", requires_second_factor=None, sms_per_day="7"
    )
    tenant.refresh_from_db()
    assert (tenant.requires_second_factor, tenant.sms_per_day) == (True, 7)
    root = make_user(tenant, "root", None, is_staff=True, is_superuser=True)
    send_form(browser_of(root, has_shown_factor=True), page, "tenant_form", requires_second_factor=None)
    tenant.refresh_from_db()
    assert not tenant.requires_second_factor


def test_nobody_lifts_what_a_role_of_his_asks_of_him(tenant: Tenant) -> None:
    boss, other = make_administrator(tenant, "boss"), make_administrator(tenant, "other")
    role = Role.objects.create(tenant=tenant, name="staff", requires_second_factor=True)
    boss.assign(roles=[role])
    page = f"/admin/accounts/role/{role.pk}/"
    mine = browser_of(boss, has_shown_factor=True)
    send_form(mine, f"{page}change/", "role_form", requires_second_factor=None, alias="renamed")
    role.refresh_from_db()
    assert (role.requires_second_factor, role.alias) == (True, "renamed")
    assert mine.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    send_form(browser_of(other), f"{page}change/", "role_form", requires_second_factor=None)
    role.refresh_from_db()
    assert not role.requires_second_factor


def test_nobody_takes_from_himself_a_role_that_asks_him_for_a_second_factor(tenant: Tenant) -> None:
    boss, other = make_administrator(tenant, "boss"), make_administrator(tenant, "other")
    role = Role.objects.create(tenant=tenant, name="guarded", requires_second_factor=True)
    plain = Role.objects.create(tenant=tenant, name="plain")
    for person in (boss, other):
        person.assign(roles=[role])
    page = f"/admin/accounts/user/{boss.pk}/change/"
    mine = browser_of(boss, has_shown_factor=True)
    why = "You cannot take the role “guarded” from yourself"
    for change in ({"userrole_set-1-DELETE": "on"}, {"userrole_set-1-role": str(plain.pk)}):
        answer = send_form(mine, page, "user_form", **change)
        assert (answer.status_code, why in answer.content.decode()) == (200, True)
    people = Transfer(mine, "accounts_user")
    answer = people.upload([["account", "roles"], ["boss", "plain"]])
    assert [(column, text.startswith(why)) for _line, column, text in people.problems(answer)] == [("Roles", True)]
    assert role in boss.roles.all()
    send_form(mine, page, "user_form", nick_name="Boss")
    boss.refresh_from_db()
    assert boss.nick_name == "Boss"
    # Another administrator decides about him.
    answer = send_form(browser_of(other, has_shown_factor=True), page, "user_form", **{"userrole_set-1-DELETE": "on"})
    assert (answer.status_code, role in boss.roles.all()) == (302, False)
