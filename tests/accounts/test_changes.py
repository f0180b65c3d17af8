"""What is recorded of changes: who, from which value to which, in one entry for one piece of work, without secrets."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test import Client as HttpClient
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from accounts.lockout import unlock
from accounts.models import Dept, Lockout, Role, SocialIdentity, User, UserRole, WechatApp
from accounts.tracking import author_of
from oauthx.signing import create_key, replace_key
from tenants.changes import acting_as, collecting, is_secret, note, note_created, note_lists, tracked
from tenants.changes.author import command_of
from tenants.changes.values import difference, read_list, snapshot
from tenants.encryption import Secret, SecretField
from tenants.models import AppendOnlyChangeError, Change, Tenant
from tests.factories import make_client, make_tenant, make_user
from tests.pages import send_form

pytestmark = pytest.mark.django_db

PASSWORD = "long enough 1"
# Written on the hot path or by machines; what an administrator does to them stands in the login history.
OF_MACHINES = {
    *("AccessToken", "RefreshToken", "IDToken", "AuthorizationCode", "DeviceGrant", "TokenFamily", "BrowserSession"),
    *("LogoutNotice", "LoginEvent", "Change"),
}
# What a column's name says of it; those that are no secrets for all that.
SUSPICIOUS = ("password", "secret", "private", "digest", "hash", "token", "recovery", "seed")
HARMLESS = {
    *("Tenant.password_min_length", "Tenant.password_max_age_days", "Tenant.password_history"),
    *("User.password_updated_at", "User.must_change_password", "Tenant.offers_password_reset"),
    *("Tenant.accepts_md5_passwords", "Tenant.offers_password_reset_by_mail"),
    *("Client.previous_secret_expires_at", "Client.access_token_format"),
    *("Client.access_token_lifetime_seconds", "Client.refresh_token_lifetime_seconds"),
}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return make_user(tenant, "boss", None, is_staff=True, is_superuser=True, real_name="老板")


@pytest.fixture
def browser(boss: User) -> HttpClient:
    browser = HttpClient(REMOTE_ADDR="203.0.113.7", headers={"X-Forwarded-For": "198.51.100.1", "X-Request-ID": "r-1"})
    browser.force_login(boss)
    return browser


def last(**fields: Any) -> Change:
    return Change.objects.filter(**fields).order_by("-id")[0]


def change_page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


# --- Nothing is forgotten, nothing is told --------------------------------------------------------------------------


def test_every_model_of_the_console_is_tracked() -> None:
    untracked = {model.__name__ for model in admin.site._registry if tracked(model) is None}
    assert untracked == OF_MACHINES


def test_every_column_that_could_be_a_secret_is_one() -> None:
    for model in admin.site._registry:
        entry = tracked(model)
        for column in entry.fields() if entry is not None else ():
            is_suspicious = isinstance(column, SecretField) or any(word in column.name for word in SUSPICIOUS)
            if is_suspicious and f"{model.__name__}.{column.name}" not in HARMLESS:
                assert entry is not None
                assert is_secret(entry, column), f"{model.__name__}.{column.name}"


def test_no_secret_stands_in_any_entry(tenant: Tenant) -> None:
    """Every column of text of every tracked model is filled with a mark of its own, and looked for."""
    secrets = []
    for model in admin.site._registry:
        entry = tracked(model)
        if entry is None:
            continue
        row = model()
        for column in model._meta.concrete_fields:
            if is_secret(entry, column):
                mark = f"mark-{model.__name__}-{column.name}"
                secrets.append(mark)
                setattr(row, column.attname, Secret.of(mark) if isinstance(column, SecretField) else mark)
        before = model._meta.model()
        row.pk = 1
        _record_by_hand(entry, before, row)
    told = json.dumps(list(Change.objects.values_list("changes", flat=True)))
    assert len(secrets) > 5
    assert "mark-" not in told
    assert '{"secret": true}' in told


def _record_by_hand(entry: Any, before: models.Model, after: models.Model) -> None:
    changes = difference(snapshot(entry, before), snapshot(entry, after))
    Change.objects.create(time=timezone.now(), action="update", kind="x", object_id="1", changes=changes)


def test_a_password_is_changed_and_not_told(tenant: Tenant) -> None:
    user = make_user(tenant, "zhang", "first password")
    user.set_password("second password")
    user.save()
    entry = last()
    assert entry.changes["password"] == [{"secret": True}, {"secret": True}]
    assert "argon2" not in json.dumps(entry.changes)
    assert set(entry.changes) == {"password", "password_updated_at"}


# --- Who and where --------------------------------------------------------------------------------------------------


def test_a_change_in_the_console_names_who_did_it_and_from_where(
    browser: HttpClient, boss: User, tenant: Tenant
) -> None:
    role = Role.objects.create(tenant=tenant, name="仓库")
    send_form(browser, change_page(role), "role_form", name="仓储", alias="store")
    entry = last()
    assert (entry.action, entry.kind, entry.object_id, entry.object_name) == (
        "update", "accounts.role", str(role.pk), "仓储",
    )  # fmt: skip
    assert entry.changes == {"name": ["仓库", "仓储"], "alias": ["", "store"]}
    assert (entry.tenant_id, entry.tenant_code) == (tenant.pk, "acme")
    assert (entry.actor_id, entry.actor_account, entry.actor_name, entry.actor_tenant_code) == (
        boss.pk, "boss", "老板", "acme",
    )  # fmt: skip
    # By no proxy that is trusted: what the sender writes of his address is not believed.
    # By no trusted proxy: neither the address nor the id that it claims.
    assert (entry.address, entry.system, entry.request_id == "r-1") == ("203.0.113.7", "", False)


def test_an_entry_outlives_its_object_and_its_author(browser: HttpClient, boss: User, tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="仓库")
    browser.post(f"/admin/accounts/role/{role.pk}/delete/", {"post": "yes"})
    boss.delete()
    entry = last(kind="accounts.role")
    assert (entry.action, entry.object_name, entry.actor_account) == ("delete", "仓库", "boss")
    assert entry.changes["name"] == ["仓库", None]


def test_a_command_is_named(tenant: Tenant) -> None:
    assert command_of(["/srv/manage.py", "rotate_signing_key", "--x"]) == "rotate_signing_key"
    assert command_of(["/usr/bin/gunicorn"]) == "gunicorn"
    create_key("HS256", tenant=tenant)
    assert last().system != ""
    with acting_as("sync_directory"):
        Role.objects.create(tenant=tenant, name="r")
    entry = last()
    assert (entry.system, entry.actor_account, entry.address) == ("sync_directory", "", None)


# --- What -----------------------------------------------------------------------------------------------------------


def test_one_form_is_one_entry_with_the_lists_in_their_order(browser: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "zhang", None)
    one, two = (Role.objects.create(tenant=tenant, name=name) for name in ("一", "二"))
    user.assign(roles=[one, two])
    assert [role["name"] for role in last().changes["roles"][1]] == ["一", "二"]
    before = Change.objects.count()
    moved = {"userrole_set-0-position": "1", "userrole_set-1-position": "0"}
    assert send_form(browser, change_page(user), "user_form", real_name="张三", **moved).status_code == 302
    assert Change.objects.count() == before + 1
    changes = last().changes
    assert [[role["name"] for role in side] for side in changes["roles"]] == [["一", "二"], ["二", "一"]]
    assert changes["real_name"] == ["zhang", "张三"]
    assert set(changes) == {"roles", "real_name"}


def test_a_roles_permissions_are_told_by_name(browser: HttpClient, tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="r")
    wanted = Permission.objects.get(codename="view_loginevent")
    send_form(browser, change_page(role), "role_form", permissions=[str(wanted.pk)])
    assert last().changes == {"permissions": [None, [{"pk": str(wanted.pk), "name": "accounts.view_loginevent"}]]}


def test_relations_are_told_by_their_names(tenant: Tenant) -> None:
    above = Dept.objects.create(tenant=tenant, name="总部")
    dept = Dept.objects.create(tenant=tenant, name="一部")
    dept.parent = above
    dept.save()
    assert last().changes == {"parent": [None, {"pk": str(above.pk), "name": "总部"}]}
    client = make_client("app", None, serves=[tenant])
    assert last().changes == {"served_tenants": [None, [{"pk": str(tenant.pk), "name": "Acme (acme)"}]]}
    assert last().tenant_id is None
    client.delete()
    assert last().changes["served_tenants"][1] is None


def test_nothing_that_changed_leaves_no_entry(browser: HttpClient, tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="r")
    before = Change.objects.count()
    role.save()
    send_form(browser, change_page(role), "role_form")
    browser.get("/admin/accounts/role/")
    assert Change.objects.count() == before


def test_what_is_undone_leaves_no_entry(tenant: Tenant) -> None:
    before = Change.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic(), collecting():  # noqa: PT012 - the second fails
        Role.objects.create(tenant=tenant, name="r")
        Role.objects.create(tenant=tenant, name="r")
    with collecting():
        Role.objects.create(tenant=tenant, name="r").delete()
    assert Change.objects.count() == before


def test_bulk_work_is_told_in_few_statements(tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    people = [make_user(tenant, f"p{number}", None) for number in range(30)]
    role = Role.objects.create(tenant=tenant, name="r")
    rows = User.objects.filter(pk__in=[person.pk for person in people]).select_related("tenant")
    with django_assert_max_num_queries(12), transaction.atomic(), collecting():
        note(rows)
        note_lists(User, [person.pk for person in people], "roles")
        rows.update(is_active=False)
        UserRole.objects.bulk_create(UserRole(user=person, role=role) for person in people)
    entries = Change.objects.filter(object_id__in=[str(person.pk) for person in people], action="update")
    assert len(entries) == 30
    assert all(entry.changes["is_active"] == [True, False] and entry.changes["roles"][0] is None for entry in entries)


def test_many_new_rows_cost_few_statements(tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6), transaction.atomic():
        people = User.objects.bulk_create(User(tenant_id=tenant.pk, account=f"p{number}") for number in range(50))
        note_created(people)
    assert Change.objects.filter(kind="accounts.user", tenant_code="acme").count() == 50


def test_what_is_written_without_a_model_is_told_too(browser: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "zhang", None)
    app = WechatApp.objects.create(tenant=tenant, name="app", app_id="wx1")
    form = {"wechat_app": str(app.pk), "user": str(user.pk), "openid": "openid-1"}
    assert send_form(browser, "/admin/accounts/socialidentity/add/", "socialidentity_form", **form).status_code == 302
    assert (last().action, last().changes["openid"]) == ("create", [None, "openid-1"])
    row = SocialIdentity.objects.get()
    browser.post(f"/admin/accounts/socialidentity/{row.pk}/delete/", {"post": "yes"})
    assert (last().action, last().changes["openid"]) == ("delete", ["openid-1", None])
    lockout = Lockout.objects.create(tenant=tenant, account="zhang", failures=5, failed_at=timezone.now())
    unlock(lockout, by="boss", now=timezone.now())
    assert (last().kind, last().action, last().object_name) == ("accounts.lockout", "delete", "zhang")


def test_lists_of_any_number_of_rows_are_read(boss: User, tenant: Tenant) -> None:
    """A statement may not name so many."""
    role = Role.objects.create(tenant=tenant, name="r")
    boss.assign(roles=[role])
    entry = tracked(User)
    assert entry is not None
    lists = read_list(entry, "roles", range(boss.pk, boss.pk + 300_000))
    assert [key for key, rows in lists.items() if rows] == [boss.pk]


def test_a_keys_states_are_told(tenant: Tenant) -> None:
    old = create_key("HS256", tenant=tenant)
    replace_key("HS256", tenant=tenant, overlap=timedelta(hours=1), now=timezone.now())
    entry = last(kind="oauthx.signingkey", object_id=str(old.pk))
    assert entry.changes["status"] == ["active", "retired"]


def test_a_deleted_tenant_takes_its_entries_not_along(browser: HttpClient) -> None:
    gone = make_tenant("gone", "Gone")
    Role.objects.create(tenant=gone, name="r")
    browser.post(f"/admin/tenants/tenant/{gone.pk}/delete/", {"post": "yes"})
    assert not Tenant.objects.filter(code="gone").exists()
    assert set(Change.objects.filter(tenant_code="gone").values_list("kind", "action")) == {
        ("tenants.tenant", "create"), ("tenants.tenant", "delete"),
        ("accounts.role", "create"), ("accounts.role", "delete"),
    }  # fmt: skip


# --- Nobody changes it ----------------------------------------------------------------------------------------------


def test_an_entry_is_never_changed_or_deleted(tenant: Tenant) -> None:
    entry = last()
    for attempt in (entry.save, entry.delete, Change.objects.all().delete, lambda: Change.objects.update(system="x")):
        with pytest.raises(AppendOnlyChangeError):
            attempt()


def test_the_database_refuses_too(tenant: Tenant) -> None:
    emptying = ["TRUNCATE tenants_change"] if connection.vendor == "postgresql" else []
    for sql in ("UPDATE tenants_change SET system = 'x'", "DELETE FROM tenants_change", *emptying):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.sqlite
def test_old_entries_go_by_the_command_and_no_others(tenant: Tenant, settings: Any) -> None:
    settings.HUFU_CHANGES_DAYS = 30
    Change.objects.bulk_create(
        Change(time=timezone.now() - timedelta(days=days), action="update", kind="k", tenant_code="acme")
        for days in (29, 31, 400)
    )
    before = Change.objects.count()
    assert "2  older than 30 days  acme" in _prune("--dry-run")
    assert Change.objects.count() == before
    assert "2 changes deleted." in _prune()
    assert Change.objects.count() == before - 2
    test_the_database_refuses_too(tenant)
    settings.HUFU_CHANGES_DAYS = 0
    assert "for ever" in _prune()


def _prune(*options: str) -> str:
    told = StringIO()
    with translation.override("en"):
        call_command("prune_changes", *options, stdout=told, stderr=StringIO())
    return told.getvalue()


@pytest.mark.postgresql
def test_on_postgresql_the_programs_own_role_prunes_nothing(tenant: Tenant, settings: Any) -> None:
    settings.HUFU_CHANGES_DAYS = 30
    with pytest.raises(CommandError, match="PRUNE_DATABASE_URL"):
        call_command("prune_changes", stdout=StringIO())


def test_a_token_endpoint_is_called_by_nobody_whose_session_comes_along(boss: User, rf: RequestFactory) -> None:
    """A browser sends its cookie wherever it goes; what changes there is about whom the request names."""
    for path, account in (("/connect/token", ""), ("/admin/accounts/user/", "boss"), ("/account/", "boss")):
        request = rf.post(path)
        request.user = boss
        author = author_of(request)
        assert author.account == account
        assert author.system == ("" if account else path)
