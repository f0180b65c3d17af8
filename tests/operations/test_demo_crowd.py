"""What `manage.py demo_data --tenants … --users … --events …` makes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import BrowserSession, LoginEvent, User, UserRole
from oauthx.demo_crowd import Size, make_crowd
from oauthx.models import AccessToken, Client, TokenFamily
from oauthx.online import online
from tenants.models import Change, Tenant

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


def test_some_are_signed_in_and_the_changes_tell_of_each() -> None:
    make(tenants=2, users=100)
    assert online(TokenFamily.objects.all(), timezone.now()).count() == 10
    assert TokenFamily.objects.exclude(ended_at=None).count() == 10
    assert BrowserSession.objects.filter(expires_at__gt=timezone.now()).count() == 2
    added = Change.objects.filter(kind="accounts.user", object_name__startswith="user0")
    assert added.count() == 100
    assert all(User.objects.get(pk=entry.object_id).tenant_id == entry.tenant_id for entry in added)


def test_an_event_tells_of_a_person_who_is_there_within_the_last_year() -> None:
    make(tenants=2, users=10, events=100)
    now = timezone.now()
    for event in LoginEvent.objects.all():
        user = User.objects.get(account=event.account)
        assert (event.user_id, event.real_name, event.tenant_id) == (user.pk, user.real_name, user.tenant_id)
        assert now - timedelta(days=366) < event.time <= now


class Interrupting:
    """A progress bar beside which somebody presses Ctrl-C once so much is done."""

    def __init__(self, at: float) -> None:
        self.at, self.total, self.done = at, 0.0, 0.0

    def expect(self, work: float) -> None:
        self.total = work

    def advance(self, _what: str, work: float) -> None:
        self.done += work
        if self.done >= self.at * self.total:
            raise KeyboardInterrupt


@pytest.mark.parametrize("at", [0.1, 0.5])
def test_nothing_is_kept_of_a_crowd_that_was_interrupted(at: float) -> None:
    indexes = structure()
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        make_crowd(Size(2, 20, 100), timezone.now(), Interrupting(at))
    assert not Tenant.objects.exists()
    assert structure() == indexes
    make(tenants=2, users=20, events=100)
    assert structure() == indexes


def structure() -> dict[str, Any]:
    """The indexes and constraints of what a crowd is written to."""
    with connection.cursor() as cursor:
        return {
            model._meta.db_table: {
                (name, *(part["columns"] or ()), part["unique"], part["foreign_key"])
                for name, part in connection.introspection.get_constraints(cursor, model._meta.db_table).items()
            }
            for model in (User, UserRole, AccessToken, Change, LoginEvent)
        }


def test_tells_how_far_it_is_up_to_the_end() -> None:
    progress = Interrupting(at=2)
    make_crowd(Size(2, 20, 100), timezone.now(), progress)
    assert progress.done == pytest.approx(progress.total)


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
