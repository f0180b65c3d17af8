"""Who may do more than the viewer stays out of his reach, by whichever page he comes, and what is asked stays asked."""

from datetime import timedelta

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.directories.attempts import row_of
from accounts.models import Directory, Lockout, SocialIdentity, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user

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
