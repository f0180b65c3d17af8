"""Who may do more than the viewer stays out of his reach, by whichever page he comes, and what is asked stays asked."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.directories.attempts import row_of
from accounts.models import Directory, Lockout, Role, SocialIdentity, User
from oauthx.models import AccessToken, Consent, TokenFamily
from tenants.models import Tenant
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_client, make_connect_client, make_tenant, make_user
from tests.pages import send_form
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

PASSWORD = "a good password"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return make_administrator(tenant, "boss", password=PASSWORD)


def browser_of(user: User, *, has_shown_factor: bool = False) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    if has_shown_factor:
        session = browser.session
        session["amr"] = "pwd otp mfa"
        session.save()
    return browser


def clerk_of(tenant: Tenant, *permissions: str) -> HttpClient:
    return browser_of(make_administrator(tenant, "clerk", permissions=permissions))


@pytest.mark.parametrize("model", ["accesstoken", "refreshtoken"])
def test_nobody_ends_the_tokens_of_who_may_do_more(tenant: Tenant, boss: User, model: str) -> None:
    make_connect_client(tenant)
    asked = {"grant_type": "password", "username": "boss", "password": PASSWORD}
    assert ask_connect("client1", "secret", **asked).status_code == 200
    clerk = clerk_of(tenant, f"oauthx.view_{model}", "oauthx.change_tokenfamily")
    rows = AccessToken.objects.all() if model == "accesstoken" else boss.oauthx_refreshtoken.all()
    form = {"action": "end_selected", "_selected_action": [str(row.pk) for row in rows], "index": "0", "post": "yes"}
    clerk.post(f"/admin/oauthx/{model}/", form)
    assert TokenFamily.objects.get().ended_at is None


def test_nobody_withdraws_the_consents_of_who_may_do_more(tenant: Tenant, boss: User) -> None:
    portal = make_client("portal", None, tenant=tenant, scopes=["openid"])
    consent = Consent.objects.create(user=boss, client=portal, scopes=["openid"])
    family = TokenFamily.objects.create(id=uuid4(), user=boss, client=portal, tenant=tenant, auth_time=timezone.now())
    clerk = clerk_of(tenant, "oauthx.view_consent", "oauthx.delete_consent")
    address = "/admin/oauthx/consent/"
    assert clerk.post(f"{address}{consent.pk}/delete/", {"post": "yes"}).status_code == 403
    clerk.post(address, {"action": "delete_selected", "_selected_action": str(consent.pk), "post": "yes"})
    assert Consent.objects.exists()
    family.refresh_from_db()
    assert family.ended_at is None


def _demanded_of(boss: User) -> Role:
    role = Role.objects.create(tenant=boss.tenant, name="staff", requires_second_factor=True)
    boss.assign(roles=[role])
    return role


def test_nobody_leaves_a_role_that_asks_for_his_second_factor(boss: User) -> None:
    role = _demanded_of(boss)
    page = f"/admin/accounts/user/{boss.pk}/change/"
    send_form(browser_of(boss, has_shown_factor=True), page, "user_form", **{"userrole_set-1-DELETE": "on"})
    assert boss.roles.filter(pk=role.pk).exists()


def test_nobody_leaves_a_role_that_asks_for_his_second_factor_by_a_file(boss: User) -> None:
    role = _demanded_of(boss)
    people = Transfer(browser_of(boss, has_shown_factor=True), "accounts_user")
    people.upload([["account", "roles"], ["boss", "role of boss"]])
    if people.preview().context is not None:
        people.confirm()
    assert boss.roles.filter(pk=role.pk).exists()


@pytest.mark.parametrize(
    ("account", "locked", "may"),
    [
        ("boss", "boss", False),
        ("Boß", "BOSS", False),
        # Somebody else had the name first: nothing here tells what the directory calls this one.
        ("big.boss@acme", "boss", False),
        ("big.boss@acme", "worker", True),
        ("boss", "nobody", True),
    ],
)
def test_nobody_lifts_a_directorys_lock_of_who_may_do_more(
    tenant: Tenant, boss: User, account: str, locked: str, *, may: bool
) -> None:
    directory = Directory.objects.create(tenant=tenant, name="AD", base_dn="DC=acme", service_account="reader")
    User.objects.filter(pk=boss.pk).update(account=account)
    for person in (boss, make_user(tenant, "Worker")):
        SocialIdentity.objects.create(
            tenant=tenant, user=person, provider="directory", app=str(directory.pk), openid=f"guid-{person.pk}"
        )
    lock = Lockout.objects.create(
        tenant=tenant,
        account=row_of(directory, locked),
        at_directory=True,
        failures=3,
        failed_at=timezone.now(),
        locked_until=timezone.now() + timedelta(minutes=30),
    )
    clerk = clerk_of(tenant, "accounts.view_lockout", "accounts.delete_lockout")
    form = {"action": "unlock_selected", "_selected_action": [str(lock.pk)], "index": "0", "post": "yes"}
    clerk.post("/admin/accounts/lockout/", form)
    assert Lockout.objects.exists() is not may
