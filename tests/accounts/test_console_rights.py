"""Nobody of the console gives himself or others more than he has, whatever he sends."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.models import LoginEvent, Role, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form

pytestmark = pytest.mark.django_db

USERS, ROLES = "/admin/accounts/user/", "/admin/accounts/role/"
PASSWORD = "long enough 1"
# What somebody at a help desk may do: a part of what the tenant's administrator may.
DESK = [f"accounts.{action}_{model}" for model in ("user", "role") for action in ("view", "add", "change", "delete")]


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def other() -> Tenant:
    return make_tenant("other", "Other")


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return make_administrator(tenant, "boss")


@pytest.fixture
def desk(tenant: Tenant, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(tenant, "desk", permissions=DESK))
    return client


def browser_of(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser


def change(row: Any) -> str:
    return reverse(f"admin:accounts_{row._meta.model_name}_change", args=[row.pk])


def permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def test_a_forged_tenant_is_ignored(boss: User, tenant: Tenant, other: Tenant) -> None:
    browser = browser_of(boss)
    assert "tenant" not in form_values(browser.get(f"{USERS}add/"), "user_form")
    forged = {"account": "new", "tenant": other.pk, "password1": PASSWORD, "password2": PASSWORD}
    assert send_form(browser, f"{USERS}add/", "user_form", **forged).status_code == 302
    assert send_form(browser, f"{ROLES}add/", "role_form", name="new", tenant=other.pk).status_code == 302
    assert {User.objects.get(account="new").tenant, Role.objects.get(name="new").tenant} == {tenant}


def test_a_tenants_administrator_makes_no_platform_administrators(boss: User, tenant: Tenant) -> None:
    browser = browser_of(boss)
    forged: dict[str, Any] = {"is_superuser": "on", "is_staff": "on"}
    new = {"account": "new", "password1": PASSWORD, "password2": PASSWORD}
    send_form(browser, f"{USERS}add/", "user_form", **forged, **new)
    send_form(browser, change(boss), "user_form", **forged)
    assert User.objects.filter(account="new", is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("rank", ["platform", "boss", "disabled boss"])
def test_a_superior_is_looked_at_and_left_alone(desk: HttpClient, tenant: Tenant, boss: User, rank: str) -> None:
    """A new password, or a new address, for somebody who may do more would be a way to become him."""
    superior = boss
    if rank == "platform":
        superior = make_user(tenant, "platform", None, is_staff=True, is_superuser=True)
    elif rank == "disabled boss":
        boss.is_active = False
        boss.save()
    before = User.objects.filter(pk=superior.pk).values().get()
    assert desk.get(change(superior)).status_code == 200
    addresses = [change(superior), f"{USERS}{superior.pk}/password/", f"{USERS}{superior.pk}/delete/"]
    fields = {"account": "mine", "email": "me@mine.example", "password1": PASSWORD, "password2": PASSWORD}
    for address in addresses:
        assert desk.post(address, {"post": "yes", **fields}).status_code == 403
    assert desk.get(addresses[1]).status_code == 403
    for action in ("disable_selected", "enable_selected", "delete_selected"):
        form = {"action": action, "_selected_action": [superior.pk], "post": "yes", "index": "0"}
        desk.post(USERS, form)
    assert User.objects.filter(pk=superior.pk).values().get() == before


def test_an_equal_can_be_managed(desk: HttpClient, tenant: Tenant) -> None:
    worker = make_user(tenant, "worker", None)
    fields = {"password1": PASSWORD, "password2": PASSWORD}
    assert send_form(desk, f"{USERS}{worker.pk}/password/", "user_form", **fields).status_code == 302
    assert User.objects.get(pk=worker.pk).check_password(PASSWORD)


def test_roles_that_allow_more_are_not_assigned(desk: HttpClient, tenant: Tenant, boss: User) -> None:
    strong = Role.objects.get(name="role of boss")
    plain = Role.objects.create(tenant=tenant, name="plain")
    me = User.objects.get(account="desk")
    rows = {"userrole_set-TOTAL_FORMS": "2", "userrole_set-1-role": str(strong.pk)}
    response = send_form(desk, change(me), "user_form", **rows)
    assert list(errors_of(response)) == ["userrole_set-1-role"]
    rows["userrole_set-1-role"] = str(plain.pk)
    assert send_form(desk, change(me), "user_form", **rows).status_code == 302
    assert set(me.roles.all()) == {Role.objects.get(name="role of desk"), plain}


def test_a_role_is_given_only_what_its_maker_has(desk: HttpClient) -> None:
    for name in ("accounts.view_loginevent", "accounts.add_userrole", "tenants.delete_tenant", "auth.add_group"):
        found = Permission.objects.filter(codename=name.partition(".")[2]).first()
        forged = [str(found.pk if found else 1)]
        response = send_form(desk, f"{ROLES}add/", "role_form", name="new", permissions=forged)
        assert list(errors_of(response)) == ["permissions"], name
    held = str(permission("accounts.view_user").pk)
    assert send_form(desk, f"{ROLES}add/", "role_form", name="new", permissions=[held]).status_code == 302
    offered = desk.get(f"{ROLES}add/").context["adminform"].form.fields["permissions"].queryset
    assert {f"accounts.{row.codename}" for row in offered} == set(DESK)


def test_a_role_that_allows_more_is_looked_at_and_left_alone(desk: HttpClient, boss: User) -> None:
    strong = Role.objects.get(name="role of boss")
    before = set(strong.permissions.all())
    page = desk.get(change(strong))
    assert page.status_code == 200
    # By the names of the console, not by Django's codes.
    assert "登录历史: 查看" in page.content.decode()
    for address in (change(strong), f"{ROLES}{strong.pk}/delete/"):
        assert desk.post(address, {"name": "taken", "post": "yes"}).status_code == 403
    assert set(Role.objects.get(pk=strong.pk).permissions.all()) == before


def test_the_permissions_offered_are_those_that_mean_something(tenant: Tenant) -> None:
    browser = browser_of(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    offered = browser.get(f"{ROLES}add/").context["adminform"].form.fields["permissions"].queryset
    names = {f"{row.content_type.app_label}.{row.codename}" for row in offered}
    assert {"accounts.view_loginevent", "oauthx.add_client", "accounts.delete_lockout"} <= names
    assert "oauthx.change_tokenfamily" in names
    meaningless = {"tenants.add_tenant", "tenants.delete_tenant", "oauthx.add_signingkey", "oauthx.delete_accesstoken"}
    assert not names & meaningless
    assert not {name for name in names if name.startswith(("auth.", "admin.", "sessions.", "contenttypes."))}


def test_of_ones_own_tenant_the_policy_alone_can_be_changed(boss: User, tenant: Tenant) -> None:
    browser = browser_of(boss)
    address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    forged = {
        "code": "mine", "name": "Mine", "domain": "other.example", "is_active": None, "account_limit": "9",
        "license": "mine", "expires_at_0": "2099-01-01", "expires_at_1": "00:00",
    }  # fmt: skip
    allowed = {"password_min_length": "12", "primary_color": "#1d4ed8", "logo_url": "https://acme.example/logo.png"}
    assert send_form(browser, address, "tenant_form", **forged, **allowed).status_code == 302
    after = Tenant.objects.get(pk=tenant.pk)
    for name in ("code", "name", "domain", "is_active", "account_limit", "license", "expires_at"):
        assert getattr(after, name) == getattr(tenant, name), name
    assert (after.password_min_length, after.primary_color) == (12, "#1d4ed8")
    assert browser.post("/admin/tenants/tenant/add/", {"code": "new", "name": "New"}).status_code == 403
    assert browser.post(f"/admin/tenants/tenant/{tenant.pk}/delete/", {"post": "yes"}).status_code == 403


def test_one_cannot_lock_oneself_out(tenant: Tenant) -> None:
    platform = make_user(tenant, "platform", None, is_staff=True, is_superuser=True)
    gone: dict[str, Any] = {"is_active": None, "is_staff": None, "is_superuser": None}
    response = send_form(browser_of(platform), change(platform), "user_form", **gone)
    assert set(errors_of(response)) == set(gone)


def test_the_history_is_read_and_never_written(tenant: Tenant, boss: User) -> None:
    platform = browser_of(make_user(tenant, "platform", None, is_staff=True, is_superuser=True))
    event = LoginEvent.objects.create(time=tenant.created_at, kind="login", outcome="allowed", tenant_id=tenant.pk)
    address = reverse("admin:accounts_loginevent_change", args=[event.pk])
    before = LoginEvent.objects.values().get()
    for browser in (platform, browser_of(boss)):
        assert browser.get(address).status_code == 200
        assert browser.get("/admin/accounts/loginevent/add/").status_code == 403
        for target in (address, address.replace("change", "delete"), "/admin/accounts/loginevent/add/"):
            assert browser.post(target, {"outcome": "refused", "post": "yes"}).status_code == 403
        form = {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"}
        browser.post("/admin/accounts/loginevent/", form)
    assert LoginEvent.objects.values().get() == before
