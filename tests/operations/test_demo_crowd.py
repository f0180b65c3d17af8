"""What `manage.py demo_data --tenants … --users … --events …` makes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import LoginEvent, User
from oauthx.models import Client
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _development(settings: Any) -> None:
    settings.HUFU_DEVELOPMENT = True


def make(**size: int) -> str:
    out = StringIO()
    call_command("demo_data", stdout=out, stderr=StringIO(), **size)
    return out.getvalue()


def test_makes_as_many_as_were_asked_for() -> None:
    assert "3" in make(tenants=3, users=50, events=400)
    crowd = Tenant.objects.filter(code__startswith="10000")
    assert crowd.count() == 3
    assert User.objects.filter(tenant__in=crowd).count() == 50
    assert LoginEvent.objects.count() == 400


def test_one_tenant_is_much_larger_than_the_others() -> None:
    make(tenants=10, users=100)
    sizes = [User.objects.filter(tenant__code=f"10000{n}").count() for n in range(10)]
    assert sizes[0] > 2 * max(sizes[1:])
    assert min(sizes) > 0


def test_the_rows_are_such_as_the_console_would_accept() -> None:
    make(tenants=2, users=10, events=1)
    user = User.objects.get(account="user0000007")
    user.full_clean()
    client = Client.objects.get(client_id="app-100001")
    client.full_clean()
    for ties in (user.roles, user.posts, user.depts):
        assert set(ties.values_list("tenant_id", flat=True)) == {user.tenant_id}
    assert (user.roles.count(), user.posts.count(), user.depts.count()) == (1, 1, 1)
    another = User.objects.create_user(user.tenant, "later")
    assert User.objects.filter(pk=another.pk).count() == 1


def test_nobody_of_the_crowd_can_sign_in() -> None:
    make(tenants=2, users=10)
    assert not any(user.has_usable_password() for user in User.objects.filter(tenant__code__startswith="10000"))
    kept = [client.client_secret for client in Client.objects.filter(client_id__startswith="app-")]
    assert len(set(kept)) == 2
    assert not any(check_password(guess, secret) for secret in kept for guess in ("", "secret", "app-100000"))


def test_an_event_tells_of_a_person_who_is_there_within_the_last_year() -> None:
    make(tenants=2, users=10, events=100)
    now = timezone.now()
    for event in LoginEvent.objects.all():
        user = User.objects.get(account=event.account)
        assert (event.user_id, event.real_name, event.tenant_id) == (user.pk, user.real_name, user.tenant_id)
        assert now - timedelta(days=366) < event.time <= now


def test_refuses_a_second_crowd() -> None:
    make(tenants=1)
    with pytest.raises(CommandError):
        make(tenants=1)
    assert Tenant.objects.filter(code__startswith="10000").count() == 1


@pytest.mark.parametrize("size", [{"tenants": -1}, {"users": 5}, {"tenants": 1, "events": 5}])
def test_refuses_what_cannot_be_made(size: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        make(**size)
    assert not Tenant.objects.exists()


def test_refuses_outside_development(settings: Any) -> None:
    settings.HUFU_DEVELOPMENT = False
    with pytest.raises(CommandError):
        make(tenants=1)
    assert not Tenant.objects.exists()
