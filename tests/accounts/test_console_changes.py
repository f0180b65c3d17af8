"""The console's page for changes: what each person finds there, in words, and nothing of other tenants."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.departments import rearrange, up
from accounts.models import Dept, Directory, Role, SmsGateway, SocialIdentity, User
from tenants.models import Change, Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/tenants/change/"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", time_zone="Pacific/Auckland")


@pytest.fixture
def other() -> Tenant:
    return make_tenant("FOREIGN", "FOREIGN GmbH")


@pytest.fixture
def auditor(tenant: Tenant) -> HttpClient:
    return browser_of(make_administrator(tenant, "auditor", permissions=["tenants.view_change"]))


@pytest.fixture
def platform(other: Tenant) -> HttpClient:
    return browser_of(make_user(other, "FOREIGN-boss", None, is_staff=True, is_superuser=True))


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(REMOTE_ADDR="203.0.113.99", headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def change_of(**fields: object) -> str:
    return reverse("admin:tenants_change_change", args=[Change.objects.filter(**fields).order_by("-id")[0].pk])


def text_of(browser: HttpClient, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_each_field_is_told_in_the_words_of_the_console(auditor: HttpClient, tenant: Tenant) -> None:
    user = make_user(tenant, "zhang", None)
    user.is_active = False
    user.password_updated_at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    user.set_password("another password")
    user.password_updated_at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    user.save()
    page = text_of(auditor, change_of(kind="accounts.user", action="update"))
    # In the language of the page, and in the zone of the tenant.
    for words in ("Active", "Yes", "No", "Password set at", "2026-01-01 13:00:00"):
        assert words in page, words
    assert "argon2" not in page
    role = Role.objects.create(tenant=tenant, name="r")
    role.permissions.set([Permission.objects.get(codename="view_loginevent")])
    assert "Login history: View" in text_of(auditor, change_of(kind="accounts.role", action="update"))
    # What the console never grants is told by its name as well.
    role.permissions.set([Permission.objects.get(codename="add_session")])
    assert "Sessions: Add (sessions.add_session)" in text_of(auditor, change_of(kind="accounts.role", action="update"))


def test_names_that_programs_know_are_told_in_words(auditor: HttpClient, tenant: Tenant) -> None:
    client = make_client(
        "app", None, tenant=tenant, dialects=["connect"], grant_types=["password_ad"], scopes=["openid", "gone"]
    )
    client.algorithm, client.grant_types = "", ["authorization_code"]
    client.save()
    made = text_of(auditor, change_of(kind="oauthx.client", action="create"))
    for words in ("Active Directory password (password_ad)", "<div>/connect/token</div>", "openid: Sign you in",
                  "<div>gone</div>"):  # fmt: skip
        assert words in made, words
    changed = text_of(auditor, change_of(kind="oauthx.client", action="update"))
    assert "Authorization code (authorization_code)" in changed
    assert "No OpenID Connect" in changed
    directory = Directory.objects.create(
        tenant=tenant, name="Head office", servers="ldaps://dc.example", base_dn="DC=a"
    )
    person = make_user(tenant, "zhang", None)
    SocialIdentity.objects.create(
        tenant=tenant, user=person, provider="directory", app=str(directory.pk), openid="S-1-5"
    )
    assert f"Head office ({directory.pk})" in text_of(auditor, change_of(kind="accounts.socialidentity"))


def test_it_is_found_by_person_kind_object_action_and_time(auditor: HttpClient, tenant: Tenant) -> None:
    one, two = (Role.objects.create(tenant=tenant, name=name) for name in ("first", "second"))
    one.alias = "x"
    one.save()
    Change.objects.create(time=timezone.now(), action="create", kind="accounts.post", object_id="1",
                          object_name="p", tenant_id=tenant.pk, actor_account="wang", actor_tenant_id=tenant.pk,
                          address="192.0.2.1", request_id="req-1")  # fmt: skip
    for query, expected in (
        ("kind=accounts.role&object=first", 2),
        (f"kind=accounts.role&object={two.pk}", 1),
        ("kind=accounts.role&object=first&action__exact=update", 1),
        ("actor=wang", 1),
        ("q=wang", 1),
        ("q=192.0.2.1", 1),
        ("q=req-1", 1),
        ("q=fir", 2),
        ("object=first&time_from_0=2000-01-01", 2),
        ("object=first&time_to_0=2000-01-01", 0),
    ):
        found = auditor.get(f"{LIST}?{query}").context["cl"]
        assert found.result_count == expected, query


def test_what_the_platform_did_names_nobody_of_another_tenant(
    auditor: HttpClient, platform: HttpClient, tenant: Tenant, other: Tenant
) -> None:
    role = Role.objects.create(tenant=tenant, name="r")
    platform.post(f"/admin/accounts/role/{role.pk}/change/", {"name": "s", "sort": "0", "tenant": str(tenant.pk)})
    client = make_client("app", None, tenant=tenant)
    client.served_tenants.set([other])
    user = make_user(tenant, "zhang", None)
    user.is_superuser = True
    user.save()
    strange = Directory.objects.create(tenant=other, name="FOREIGN AD", servers="ldaps://dc.example", base_dn="DC=a")
    SocialIdentity.objects.create(tenant=tenant, user=user, provider="directory", app=str(strange.pk), openid="S-1-5")
    boss = browser_of(make_administrator(tenant, "boss"))
    assert Change.objects.filter(actor_account="FOREIGN-boss").exists()
    pages = [LIST, *(reverse("admin:tenants_change_change", args=[entry.pk]) for entry in _own(tenant))]
    pages += [reverse("admin:accounts_role_history", args=[role.pk])]
    pages += [reverse("admin:oauthx_client_history", args=[client.pk])]
    for browser in (auditor, boss):
        for address in pages[: len(pages) if browser is boss else -2]:
            page = text_of(browser, address)
            assert "FOREIGN" not in page
            assert "203.0.113.99" not in page or browser is boss
    assert "Platform administration" in text_of(boss, pages[-2])
    for query in ("q=FOREIGN-boss", "actor=FOREIGN-boss", "q=203.0.113.99"):
        assert auditor.get(f"{LIST}?{query}").context["cl"].result_count == 0
    # The platform sees who it was.
    renamed = change_of(kind="accounts.role", object_id=str(role.pk), action="update")
    assert "FOREIGN / FOREIGN-boss" in text_of(platform, renamed)


def _own(tenant: Tenant) -> list[Change]:
    return list(Change.objects.filter(tenant_id=tenant.pk))


def test_what_belongs_to_no_tenant_is_the_platforms(auditor: HttpClient, platform: HttpClient) -> None:
    make_client("shared", None)
    address = change_of(kind="oauthx.client")
    assert auditor.get(address).status_code == 404
    assert "shared" in text_of(platform, address)


def test_nobody_writes_there(platform: HttpClient, tenant: Tenant) -> None:
    address = change_of()
    before = list(Change.objects.values())
    for target in (address, address.replace("change/", "delete/"), f"{LIST}add/"):
        assert platform.post(target, {"post": "yes", "system": "x"}).status_code in {403, 404}
    platform.post(LIST, {"action": "delete_selected", "_selected_action": [before[0]["id"]], "post": "yes"})
    assert list(Change.objects.values()) == before


def test_an_objects_history_shows_its_changes(tenant: Tenant) -> None:
    boss = browser_of(make_administrator(tenant, "boss"))
    role = Role.objects.create(tenant=tenant, name="仓库")
    boss.post(f"/admin/accounts/role/{role.pk}/change/", {"name": "仓储", "sort": "0"})
    page = text_of(boss, reverse("admin:accounts_role_history", args=[role.pk]))
    for words in ("仓库", "仓储", "boss", "Before", "After"):
        assert words in page, words


def test_an_entry_of_a_model_that_is_gone_is_still_read(platform: HttpClient) -> None:
    Change.objects.create(time=timezone.now(), action="update", kind="old.model", object_id="1", object_name="thing",
                          changes={"colour": ["red", {"a": [1]}]}, system="x")  # fmt: skip
    page = text_of(platform, change_of(kind="old.model"))
    for words in ("old.model", "thing", "Colour", "red"):
        assert words in page


def test_pages_are_bounded_and_read_few_statements(
    auditor: HttpClient, tenant: Tenant, django_assert_max_num_queries: object
) -> None:
    Change.objects.bulk_create(
        Change(time=timezone.now(), action="update", kind="accounts.user", object_id=str(number), tenant_id=tenant.pk)
        for number in range(200)
    )
    with django_assert_max_num_queries(12):  # type: ignore[operator]  # pytest-django's
        page = auditor.get(LIST)
    assert len(page.context["cl"].result_list) == 50


def test_a_history_page_tells_old_and_new_values_to_who_may_read_changes_alone(tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="r")
    role.alias = "value-before"
    role.save()
    address = reverse("admin:accounts_role_history", args=[role.pk])
    rights = ["accounts.view_role"]
    clerk = browser_of(make_administrator(tenant, "clerk", permissions=rights))
    assert "value-before" not in text_of(clerk, address)
    reader = browser_of(make_administrator(tenant, "reader", permissions=[*rights, "tenants.view_change"]))
    assert "value-before" in text_of(reader, address)


def test_deleting_what_many_people_have_asks_no_more_often_than_for_a_few(tenant: Tenant) -> None:
    boss, asked = browser_of(make_administrator(tenant, "boss")), []
    for number in (2, 30):
        role = Role.objects.create(tenant=tenant, name=f"of {number}")
        people = [make_user(tenant, f"user-{number}-{each}", None) for each in range(number)]
        for person in people:
            person.assign(roles=[role])
        with CaptureQueriesContext(connection) as queries:
            assert boss.post(f"/admin/accounts/role/{role.pk}/delete/", {"post": "yes"}).status_code == 302
        asked.append(len(queries))
        for person in people:
            (entry,) = Change.objects.filter(kind="accounts.user", object_id=str(person.pk), actor_account="boss")
            assert entry.changes == {"roles": [[{"pk": str(role.pk), "name": str(role)}], None]}
    assert asked[1] <= asked[0] + 3


def test_a_move_tells_of_every_department_that_got_another_place(tenant: Tenant) -> None:
    depts = [Dept.objects.create(tenant=tenant, name=name, sort=number) for number, name in enumerate("abc", 1)]
    assert rearrange(depts[2], up)
    told = Change.objects.filter(kind="accounts.dept", action="update").values_list("object_name", "changes")
    assert dict(told) == {"c": {"sort": [3, 2]}, "b": {"sort": [2, 3]}}


def test_a_trustee_of_the_platform_is_not_named(tenant: Tenant, other: Tenant) -> None:
    root = make_user(other, "FOREIGN-root", None, is_staff=True, is_superuser=True)
    boss = make_administrator(tenant, "boss", real_name="own boss")
    client = make_client("portal", None, tenant=tenant)
    for trustee in (root, boss):
        client.vouching_allowed_by = trustee
        client.save()
    page = reverse("admin:oauthx_client_history", args=[client.pk])
    # As such entries were once, when they did not say whose he is.
    old = {"pk": str(root.pk), "name": "FOREIGN-root"}
    Change.objects.create(time=timezone.now(), action="update", kind="oauthx.client", object_id="of old",
                          tenant_id=tenant.pk, changes={"vouching_allowed_by": [old, None]}, system="x")  # fmt: skip
    told = [text_of(browser_of(boss), change_of(object_id="of old"))]
    root.delete()
    told.append(text_of(browser_of(boss), page))
    for text in told:
        assert "a platform administrator" in text
        assert "FOREIGN" not in text
    assert "own boss" in told[1]
    assert "FOREIGN-root" in text_of(browser_of(make_user(other, "root", None, is_staff=True, is_superuser=True)), page)


def test_free_text_that_may_hold_a_token_is_told_as_a_secret(auditor: HttpClient, tenant: Tenant) -> None:
    row = SmsGateway.objects.create(tenant=tenant, name="SMS", kind="http", url="https://sms.example/send")
    row.header, row.body_template = "Authorization: Bearer of-old", "token=of-old&to={phone}"
    row.save()
    entry = Change.objects.get(action="update", kind="accounts.smsgateway")
    assert entry.changes == {name: [None, {"secret": True}] for name in ("header", "body_template")}
    # An entry from before this was so shows it no more.
    Change.objects.create(time=timezone.now(), action="update", kind="accounts.smsgateway", object_id="of old",
                          tenant_id=tenant.pk, changes={"header": ["", "Bearer of-old"]}, system="x")  # fmt: skip
    page = text_of(auditor, change_of(object_id="of old"))
    assert "Bearer" not in page
    assert "set; what it is, is never kept" in page
