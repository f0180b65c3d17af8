"""Roles of the console: the matrix of what they allow, and the ready-made ones to start from."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import Lockout, Role, User
from accounts.ready_made_roles import READY_MADE, permissions_of
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import form_values, send_form

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/role/add/"
PASSWORD = "long enough 1"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def someone(tenant: Tenant, kind: str) -> HttpClient:
    """The browser of somebody whose one role is this ready-made one."""
    return browser_of(make_administrator(tenant, kind, permissions=permissions_of(READY_MADE[kind], admin.site)))


class _Labels(HTMLParser):
    """The names of the permissions' checkboxes, as a screen reader hears them, and which of them are ticked."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, bool] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name") == "permissions":
            self.labels[str(found["aria-label"])] = "checked" in found


def labels_of(page: Any) -> dict[str, bool]:
    parser = _Labels()
    parser.feed(page.content.decode())
    return parser.labels


def test_the_matrix_has_a_row_for_each_page_in_the_order_of_the_sidebar(tenant: Tenant) -> None:
    browser = someone(tenant, "administrator")
    page = browser.get(ADD)
    labels = labels_of(page)
    assert {"Users: View", "Users: Reset password", "Lockouts: Unlock", "Changes: View", "Sessions: End"} <= set(labels)
    titles = [label.partition(":")[0] for label in labels]
    assert titles.index("Users") < titles.index("Changes") < titles.index("Clients") < titles.index("Access tokens")
    offered = page.context["adminform"].form.fields["permissions"].queryset
    assert len(labels) == len(offered)


def test_what_is_ticked_is_kept(tenant: Tenant) -> None:
    browser = someone(tenant, "administrator")
    wanted = Permission.objects.get(codename="view_change", content_type__app_label="tenants")
    send_form(browser, ADD, "role_form", name="r", permissions=[str(wanted.pk)])
    role = Role.objects.get(name="r")
    assert list(role.permissions.all()) == [wanted]
    labels = labels_of(browser.get(f"/admin/accounts/role/{role.pk}/change/"))
    assert [label for label, is_held in labels.items() if is_held] == ["Changes: View"]


@pytest.mark.parametrize("kind", READY_MADE)
def test_a_ready_made_role_fills_the_form_in(tenant: Tenant, kind: str) -> None:
    browser = someone(tenant, "administrator")
    page = browser.get(f"{ADD}?start={kind}")
    values = form_values(page, "role_form")
    assert values["alias"] == [READY_MADE[kind].alias]
    assert browser.post(ADD, values).status_code == 302
    given = Role.objects.get(alias=READY_MADE[kind].alias, name=str(values["name"][0])).permissions
    names = {f"{app}.{name}" for app, name in given.values_list("content_type__app_label", "codename")}
    assert names == set(permissions_of(READY_MADE[kind], admin.site))


def test_it_fills_in_no_more_than_one_has_oneself(tenant: Tenant) -> None:
    held = ["accounts.view_role", "accounts.add_role", "accounts.view_loginevent"]
    browser = browser_of(make_administrator(tenant, "half", permissions=held))
    labels = labels_of(browser.get(f"{ADD}?start=auditor"))
    assert labels == {"Roles: View": False, "Roles: Add": False, "Login history: View": True}
    assert browser.get(f"{ADD}?start=nonsense").status_code == 200


def test_a_help_desk_unlocks_and_sets_passwords_and_nothing_else(tenant: Tenant) -> None:
    desk = someone(tenant, "help_desk")
    user = make_user(tenant, "zhang", "old password 1")
    boss = make_administrator(tenant, "boss")
    address = f"/admin/accounts/user/{user.pk}/password/"
    assert send_form(desk, address, "user_form", password1=PASSWORD, password2=PASSWORD).status_code == 302
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    assert desk.get(f"/admin/accounts/user/{boss.pk}/password/").status_code == 403
    lockout = Lockout.objects.create(tenant=tenant, account="zhang", failures=5, failed_at=timezone.now())
    assert desk.post(f"/admin/accounts/user/{user.pk}/unlock/").status_code == 302
    assert not Lockout.objects.filter(pk=lockout.pk).exists()
    assert desk.post(f"/admin/accounts/user/{user.pk}/change/", {"account": "taken"}).status_code == 403
    for page in ("accounts/role", "oauthx/client", "accounts/loginevent", "tenants/change", "tenants/tenant"):
        assert desk.get(f"/admin/{page}/").status_code == 403, page


def test_an_auditor_reads_the_history_and_the_changes_and_nothing_else(tenant: Tenant) -> None:
    auditor = someone(tenant, "auditor")
    may = set()
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        if auditor.get(address).status_code == 200:
            may.add(model.__name__)
        assert auditor.get(f"{address}add/").status_code == 403
    assert may == {"LoginEvent", "Change"}
