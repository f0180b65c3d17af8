"""The tenant that a platform administrator works in: chosen by searching, kept in the session, named on every page."""

import pytest
from django.contrib import admin
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.models import Role, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form
from tests.tenants.two_tenants import MARK, TERM, make_two_tenants

pytestmark = pytest.mark.django_db

CHOOSE = "/admin/tenants/tenant/choose/"


@pytest.fixture
def acme() -> Tenant:
    return make_tenant("acme", "Acme 制造")


@pytest.fixture
def other() -> Tenant:
    return make_tenant("other", "Other")


@pytest.fixture
def platform(acme: Tenant, other: Tenant) -> HttpClient:
    return browser_of(make_user(other, "platform", None, is_staff=True, is_superuser=True))


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def test_what_was_chosen_is_all_that_is_seen() -> None:
    """As the walk does it for a tenant's administrator (test_scoping_walk.py)."""
    world = make_two_tenants()
    browser = browser_of(make_user(world.tenant, "platform", None, is_staff=True, is_superuser=True))
    browser.post(CHOOSE, {"tenant": world.tenant.pk})
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for query in ("", f"?q={TERM}"):
            assert MARK not in browser.get(reverse(f"{name}_changelist") + query).content.decode(), model
        shown = browser.get(reverse(f"{name}_changelist")).context["cl"].queryset
        assert world.own[model] in shown
        assert world.foreign[model] not in shown
        assert MARK not in browser.get(reverse(f"{name}_add")).content.decode(), model
        for page in ("change", "history", "delete"):
            row = world.foreign[model]
            assert browser.get(reverse(f"{name}_{page}", args=[row.pk])).status_code in {403, 404}, (model, page)
    for field in ("tenant", "parent"):
        asked = {"app_label": "accounts", "model_name": "role", "field_name": field}
        assert MARK not in browser.get(reverse("admin:autocomplete"), asked).content.decode()
    assert MARK not in browser.get(reverse("admin:index")).content.decode()


def test_one_is_found_by_typing_and_named_on_every_page(platform: HttpClient, acme: Tenant) -> None:
    assert "All tenants" in platform.get("/admin/").content.decode()
    page = platform.get(CHOOSE, {"q": "acm"})
    assert page.context["tenants"] == [acme]
    response = platform.post(CHOOSE, {"tenant": acme.pk})
    assert response["Location"] == "/admin/"
    role = Role.objects.create(tenant=acme, name="r")
    for address, page_title in (
        ("/admin/", "Overview"),
        ("/admin/accounts/user/", "Users"),
        ("/admin/accounts/role/add/", "Add role"),
        (f"/admin/accounts/role/{role.pk}/change/", "r · Change role"),
        (f"/admin/accounts/role/{role.pk}/delete/", "r · Delete"),
    ):
        named = platform.get(address).content.decode()
        assert "All tenants" not in named
        # The browser's tab says the page first.
        assert f"<title> {page_title} · Acme 制造 · 虎符 Hufu</title>" in named
    chinese = platform.get("/admin/accounts/user/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "<title> 用户 · Acme 制造 · 虎符 Hufu</title>" in chinese
    refused = platform.post("/admin/accounts/role/add/", {"name": ""}).content.decode()
    assert "<title> Error: Add role · " in refused
    platform.post(CHOOSE, {"tenant": ""})
    assert "All tenants" in platform.get("/admin/").content.decode()


def test_one_comes_back_to_the_list(platform: HttpClient, acme: Tenant) -> None:
    role = Role.objects.create(tenant=acme, name="r")
    for before, after in (
        ("/admin/accounts/user/", "/admin/accounts/user/"),
        (f"/admin/accounts/role/{role.pk}/change/", "/admin/accounts/role/"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/admin/", "/admin/"),
        ("/account/", "/admin/"),
        ("", "/admin/"),
    ):
        assert platform.post(CHOOSE, {"tenant": acme.pk, "next": before})["Location"] == after


def test_thousands_are_not_listed(platform: HttpClient) -> None:
    Tenant.objects.bulk_create(Tenant(code=f"t{number:04}", name=f"T {number}") for number in range(100))
    page = platform.get(CHOOSE)
    assert len(page.context["tenants"]) == 20
    assert page.context["has_more"]
    assert platform.get(CHOOSE, {"q": "nobody"}).context["tenants"] == []
    assert platform.get(CHOOSE, {"q": "\x00"}).status_code == 200


@pytest.mark.parametrize("key", ["0", "x", "99999999999999999999999", "\x00"])
def test_what_is_no_tenant_is_refused(platform: HttpClient, key: str) -> None:
    assert platform.post(CHOOSE, {"tenant": key}).status_code == 400


def test_a_new_row_belongs_to_the_tenant_that_one_works_in(platform: HttpClient, acme: Tenant, other: Tenant) -> None:
    platform.post(CHOOSE, {"tenant": acme.pk})
    assert form_values(platform.get("/admin/accounts/role/add/"), "role_form")["tenant"] == [str(acme.pk)]
    assert send_form(platform, "/admin/accounts/role/add/", "role_form", name="r").status_code == 302
    assert Role.objects.get().tenant == acme
    response = send_form(platform, "/admin/accounts/role/add/", "role_form", name="s", tenant=str(other.pk))
    assert list(errors_of(response)) == ["tenant"]
    # What all tenants share would be out of sight at once.
    form = {"name": "app", "client_id": "app", "tenant": "", "dialects": ["connect"], "grant_types": ["password"]}
    response = send_form(platform, "/admin/oauthx/client/add/?kind=custom", "client_form", **form)
    assert "tenant" in errors_of(response)
    assert platform.get("/admin/tenants/tenant/add/").status_code == 403


def test_a_tenant_that_is_gone_is_chosen_no_more(platform: HttpClient) -> None:
    gone = make_tenant("gone", "Gone")
    platform.post(CHOOSE, {"tenant": gone.pk})
    gone.delete()
    assert "All tenants" in platform.get("/admin/").content.decode()


def test_what_one_may_do_does_not_depend_on_the_choice(platform: HttpClient, acme: Tenant) -> None:
    make_client("shared", None, serves=[acme])
    platform.post(CHOOSE, {"tenant": acme.pk})
    assert 'name="is_superuser"' in platform.get("/admin/accounts/user/add/").content.decode()
    boss = make_administrator(acme, "boss")
    assert platform.get(f"/admin/accounts/user/{boss.pk}/password/").status_code == 200
    assert platform.get("/admin/oauthx/client/").context["cl"].result_count == 0


def test_others_choose_nothing(acme: Tenant, other: Tenant) -> None:
    browser = browser_of(make_administrator(acme, "boss"))
    assert browser.get(CHOOSE).status_code == 403
    assert browser.post(CHOOSE, {"tenant": other.pk}).status_code == 403
    page = browser.get("/admin/accounts/user/").content.decode()
    assert "Acme 制造" in page
    assert CHOOSE not in page
    # Nor by what a session holds that was somebody else's.
    session = browser.session
    session["console_tenant"] = other.pk
    session.save()
    assert browser.get("/admin/accounts/user/").context["cl"].result_count == 1


def test_times_are_those_of_the_tenant_in_view(platform: HttpClient) -> None:
    far = make_tenant("far", "Far", time_zone="Pacific/Auckland", created_at="2026-01-01T00:00:00Z")
    Tenant.objects.filter(pk=far.pk).update(created_at="2026-01-01T00:00:00Z")
    platform.post(CHOOSE, {"tenant": far.pk})
    page = platform.get(reverse("admin:tenants_tenant_change", args=[far.pk])).content.decode()
    assert "2026-01-01 13:00:00" in page
