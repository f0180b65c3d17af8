"""Lockout: too many wrong passwords in a row close an account for a while, on every surface, without telling."""

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory
from django.utils import timezone

from accounts import lockout
from accounts.models import Lockout
from accounts.signing_in import sign_in
from tests.contract.wire import AMS_AUTH, CONNECT, ENDPOINTS, Endpoint
from tests.contract.world import World, history, reasons
from tests.factories import ADMIN_MD5

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


def fail(world: World, times: int, endpoint: Endpoint = AMS_AUTH, account: str = "admin") -> None:
    for _time in range(times):
        assert world.sign_in(endpoint, account, "wrong").send(world.http).status_code == 400


def succeeds(world: World, endpoint: Endpoint = AMS_AUTH, account: str = "admin") -> bool:
    return bool(world.sign_in(endpoint, account).send(world.http).status_code == 200)


@on_each_endpoint
def test_locks_after_five_wrong_passwords_for_thirty_minutes(endpoint: Endpoint, world: World) -> None:
    fail(world, 4, endpoint)
    assert succeeds(world, endpoint)
    fail(world, 5, endpoint)
    assert not succeeds(world, endpoint)
    world.pass_time(minutes=30, microseconds=-1)
    assert not succeeds(world, endpoint)
    world.pass_time(microseconds=1)
    assert succeeds(world, endpoint)


def test_keeps_to_the_tenants_own_policy(world: World) -> None:
    world.tenant.lockout_threshold, world.tenant.lockout_minutes = 2, 5
    world.tenant.save()
    fail(world, 2)
    assert not succeeds(world)
    world.pass_time(minutes=5)
    assert succeeds(world)


def test_a_threshold_of_one_locks_at_once(world: World) -> None:
    world.tenant.lockout_threshold = 1
    world.tenant.save()
    fail(world, 1)
    assert not succeeds(world)
    assert [event.kind for event in history()].count("lockout") == 1


def test_a_threshold_of_zero_never_locks(world: World) -> None:
    world.tenant.lockout_threshold = 0
    world.tenant.save()
    fail(world, 12)
    assert succeeds(world)
    assert not Lockout.objects.exists()


def test_a_lock_answers_exactly_like_a_wrong_password(world: World) -> None:
    wrong = world.sign_in(AMS_AUTH, password="wrong").send(world.http)
    fail(world, 4)
    for password in ("admin", "wrong"):
        locked = world.sign_in(AMS_AUTH, password=password).send(world.http)
        assert (locked.status_code, locked.content) == (wrong.status_code, wrong.content)
        assert set(locked.headers) == set(wrong.headers)
    assert reasons()[-2:] == ["account_locked", "account_locked"]


def test_leaves_one_event_when_it_locks(world: World) -> None:
    fail(world, 8)
    kinds = [event.kind for event in history()]
    assert kinds[:4] + sorted(kinds[4:6]) + kinds[6:] == [*["token"] * 4, "lockout", *["token"] * 4]
    event = next(event for event in history() if event.kind == "lockout")
    assert (event.account, event.tenant_code, event.client_id) == ("admin", "000000", world.app[0])
    assert reasons() == [*["credentials_rejected"] * 6, *["account_locked"] * 3]


def test_trying_while_locked_does_not_prolong_the_lock(world: World) -> None:
    fail(world, 5)
    world.pass_time(minutes=29)
    fail(world, 3)
    world.pass_time(minutes=1)
    assert succeeds(world)


def test_after_a_lock_the_count_starts_over(world: World) -> None:
    fail(world, 5)
    world.pass_time(minutes=30)
    fail(world, 4)
    assert succeeds(world)


def test_counts_unknown_accounts_alike(world: World) -> None:
    """Otherwise a lock would tell who exists."""
    fail(world, 5, account="nobody")
    assert reasons() == ["unknown_user"] * 6
    fail(world, 1, account="nobody")
    assert reasons()[-1] == "account_locked"


def test_counts_each_account_of_each_tenant_by_itself(world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("admin", tenant=other)
    world.make_user("second")
    fail(world, 5)
    assert succeeds(world, account="second")
    theirs = world.sign_in(AMS_AUTH).by(world.make_client("other", tenant=other)).in_tenant("000001")
    assert theirs.send(world.http).status_code == 200
    assert not succeeds(world)


def test_a_success_clears_the_count(world: World) -> None:
    for _round in range(3):
        fail(world, 4)
        assert succeeds(world)
    assert not Lockout.objects.exists()


def test_a_count_is_forgotten_after_as_long_as_a_lock_lasts(world: World) -> None:
    fail(world, 4)
    world.pass_time(minutes=30)
    fail(world, 1)
    assert succeeds(world)


NOT_A_WRONG_PASSWORD: list[dict[str, object]] = [
    {"grant_type": "captcha", "captchaKey": "0" * 32, "captchaCode": "wrong"},
    {"tma": "root", "password": ADMIN_MD5},
    {"tenantId": "000001"},
    {"scope": "admin"},
    {"type": "phone"},
    {"grant_type": "magic"},
    {"username": ["admin"]},
    {"password": "\x00"},
    {"password": "x" * 256},
]


@pytest.mark.parametrize("params", NOT_A_WRONG_PASSWORD, ids="-".join)
def test_only_wrong_passwords_count(params: dict[str, object], world: World) -> None:
    """Even where the password is wrong besides: it was not looked at. The main account is looked at last."""
    for _time in range(6):
        wire = world.sign_in(AMS_AUTH, password="wrong").with_params(**params)
        assert wire.send(world.http).status_code == 400
    assert not Lockout.objects.exists()
    assert succeeds(world)


def test_a_wrong_client_secret_does_not_count(world: World) -> None:
    for _time in range(6):
        world.sign_in(AMS_AUTH, password="wrong").by((world.app[0], "wrong")).send(world.http)
    assert succeeds(world)


def test_a_disabled_users_right_password_does_not_count(world: World) -> None:
    world.make_user("idle", is_active=False)
    for _time in range(6):
        world.sign_in(AMS_AUTH, "idle").send(world.http)
    assert not Lockout.objects.exists()


def test_a_locked_person_goes_on_with_the_tokens_he_has(world: World) -> None:
    """A stranger's guesses must not throw anybody out."""
    tokens = world.tokens(AMS_AUTH)
    fail(world, 5)
    assert world.user_info(tokens["access_token"]).status_code == 200
    assert world.refresh(AMS_AUTH, tokens["refresh_token"]).send(world.http).status_code == 200


def test_is_lifted_by_hand(world: World) -> None:
    fail(world, 5)
    lockout.unlock(Lockout.objects.get(), by="root", now=world.clock())
    event = history()[-1]
    assert (event.kind, event.outcome, event.account, event.actor) == ("unlock", "allowed", "admin", "root")
    assert succeeds(world)


def in_the_console(world: World, password: str, account: str = "admin") -> int | None:
    request = RequestFactory().post("/admin/login/")
    return sign_in(request, tenant_code=world.tenant.code, account=account, password=password)


@pytest.fixture
def now(world: World) -> World:
    """The world at the time that the console's sign-in goes by."""
    world.clock.moment = timezone.now()
    return world


def test_every_surface_counts_into_one_number(now: World) -> None:
    fail(now, 1, AMS_AUTH)
    fail(now, 1, CONNECT)
    fail(now, 1, ENDPOINTS[2])
    assert in_the_console(now, "wrong") is None
    assert authenticate(RequestFactory().post("/"), tenant="000000", username="admin", password="wrong") is None
    assert sorted(event.kind for event in history()) == ["lockout", "login", "login", "token", "token", "token"]
    now.clock.moment = timezone.now()
    assert not succeeds(now, AMS_AUTH)
    assert not succeeds(now, CONNECT)
    assert in_the_console(now, "admin") is None
    assert reasons()[-3:] == ["account_locked"] * 3


def test_a_success_in_the_console_clears_the_count(now: World) -> None:
    fail(now, 4)
    assert in_the_console(now, "admin") == now.admin.pk
    now.clock.moment = timezone.now()
    fail(now, 4)
    assert succeeds(now)
