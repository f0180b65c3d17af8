"""The console's sign-in: the same look-up, password check, lockout and history as a token request."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission
from django.test import RequestFactory
from django.utils import timezone

from accounts.backends import TenantBackend
from accounts.hashers import Argon2idMD5SHA1PasswordHasher
from accounts.models import Lockout, Role, User
from accounts.signing_in import sign_in
from tests.contract.counting import CountingHasher
from tests.contract.world import World, history, reasons

REQUEST = RequestFactory().post("/admin/login/", REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Mozilla/5.0")


def attempt(tenant_code: str = "000000", account: str = "admin", password: str = "admin") -> int | None:
    return sign_in(REQUEST, tenant_code=tenant_code, account=account, password=password)


def test_answers_who_it_is_and_remembers_it(world: World) -> None:
    assert attempt() == world.admin.pk
    (event,) = history()
    assert (event.kind, event.outcome, event.reason) == ("login", "allowed", "")
    assert (event.tenant_id, event.tenant_code, event.tenant_name) == (world.tenant.pk, "000000", "默认租户")
    assert (event.account, event.user_id, event.real_name) == ("admin", world.admin.pk, "admin")
    assert (event.address, event.user_agent, event.client_id) == ("192.0.2.7", "Mozilla/5.0", "")


def test_refuses_with_the_reason_in_the_history_alone(world: World) -> None:
    world.make_user("idle", is_active=False)
    keyless = world.make_user("keyless")
    keyless.set_unusable_password()
    keyless.save()
    for account, password in (("nobody", "x"), ("admin", "x"), ("idle", "admin"), ("keyless", "admin")):
        assert attempt(account=account, password=password) is None
    assert reasons() == ["unknown_user", "credentials_rejected", "account_disabled", "credentials_rejected"]
    assert {event.outcome for event in history()} == {"refused"}


@pytest.mark.parametrize("account", ["nobody", "admin", "idle"])
def test_every_refusal_costs_one_hash(account: str, world: World, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["tests.contract.counting.CountingHasher", *settings.PASSWORD_HASHERS[1:]]
    world.make_user("idle", is_active=False)
    attempt(account="nobody")  # the process warms up
    before = CountingHasher.computed
    assert attempt(account=account, password="wrong") is None
    assert CountingHasher.computed == before + 1


def test_an_unknown_tenant_leaves_no_event(world: World) -> None:
    """No stranger may fill the table."""
    assert attempt("999999") is None
    assert history() == []


@pytest.mark.parametrize("fields", [{"is_active": False}, {"expires_at": timezone.now()}], ids=["disabled", "expired"])
def test_a_tenant_that_is_not_in_use_signs_nobody_in(fields: dict[str, Any], world: World) -> None:
    tenant = world.make_tenant("000001", **fields)
    world.make_user("admin", tenant=tenant)
    assert attempt("000001") is None
    assert [(event.outcome, event.tenant_id) for event in history()] == [("refused", tenant.pk)]


@pytest.mark.parametrize("text", ["a\x00b", "\ud842", "x" * 256])
def test_what_no_account_can_be_signs_nobody_in(text: str, world: World) -> None:
    assert attempt(text) is attempt(account=text) is attempt(password=text) is None
    assert not Lockout.objects.exists()


def test_signs_in_people_of_any_script(world: World) -> None:
    user = world.make_user("𠮷🐅", "密码🐅")
    assert attempt(account="𠮷🐅", password="密码🐅") == user.pk
    assert attempt(account="𠮷🐅", password="密码") is None


def test_the_md5_is_no_password_here(world: World) -> None:
    assert attempt(password="21232f297a57a5a743894a0e4a801fc3") is None


# --- A lock that comes between look-up and write ---------------------------------------------------------------------

_meanwhile: list[Callable[[], object]] = []


class OvertakenHasher(Argon2idMD5SHA1PasswordHasher):
    """The people's hasher itself; while it works, others pass."""

    def verify_md5(self, md5: str, encoded: str) -> bool:
        if _meanwhile:
            _meanwhile.pop()()
        return super().verify_md5(md5, encoded)


def test_a_right_guess_gets_nothing_after_the_one_that_locked(world: World, settings: Any) -> None:
    for _time in range(4):
        attempt(password="wrong")
    settings.PASSWORD_HASHERS = [f"{__name__}.OvertakenHasher", *settings.PASSWORD_HASHERS[1:]]
    _meanwhile[:] = [lambda: attempt(password="wrong")]
    assert attempt() is None
    assert reasons()[-1] == "account_locked"
    assert Lockout.objects.get().locked_until is not None


def test_of_two_wrong_guesses_at_once_one_locks(world: World, settings: Any) -> None:
    for _time in range(4):
        attempt(password="wrong")
    settings.PASSWORD_HASHERS = [f"{__name__}.OvertakenHasher", *settings.PASSWORD_HASHERS[1:]]
    _meanwhile[:] = [lambda: attempt(password="wrong")]
    assert attempt(password="wrong") is None
    assert [event.kind for event in history()].count("lockout") == 1
    assert Lockout.objects.get().failures == world.tenant.lockout_threshold


# --- The back end ----------------------------------------------------------------------------------------------------


def test_the_back_end_signs_in_by_tenant_account_and_password(world: World) -> None:
    assert authenticate(REQUEST, tenant="000000", username="admin", password="admin") == world.admin
    assert authenticate(REQUEST, tenant="000000", username="admin", password="wrong") is None


@pytest.mark.parametrize("missing", ["tenant", "username", "password"])
def test_the_back_end_needs_all_three(missing: str, world: World) -> None:
    given = {"tenant": "000000", "username": "admin", "password": "admin"}
    assert authenticate(REQUEST, **{**given, missing: ""}) is None
    assert authenticate(REQUEST, **{**given, missing: None}) is None
    assert history() == []


def test_a_session_ends_with_its_user_or_tenant(world: World) -> None:
    back_end = TenantBackend()
    assert back_end.get_user(world.admin.pk) == world.admin
    for row in (world.admin, world.tenant):
        row.is_active = False
        row.save()
        assert back_end.get_user(world.admin.pk) is None
        row.is_active = True
        row.save()
    world.tenant.expires_at = timezone.now()
    world.tenant.save()
    assert back_end.get_user(world.admin.pk) is None
    assert back_end.get_user(10**12) is None


def permitted(world: World, role: Role, permission: Permission) -> User:
    role.permissions.add(permission)
    world.admin.assign(roles=[role])
    return User.objects.get(pk=world.admin.pk)


def test_permissions_come_from_the_roles_of_ones_own_tenant(world: World) -> None:
    permission = Permission.objects.get(content_type__app_label="accounts", codename="view_user")
    assert not world.admin.has_perm("accounts.view_user")
    theirs = Role.objects.create(tenant=world.make_tenant("000001"), name="theirs")
    assert not permitted(world, theirs, permission).has_perm("accounts.view_user")
    user = permitted(world, Role.objects.create(tenant=world.tenant, name="ours"), permission)
    assert user.has_perm("accounts.view_user")
    assert user.has_module_perms("accounts")
    assert not user.has_perm("accounts.change_user")
    assert not user.has_module_perms("oauthx")
    user.is_active = False
    assert not user.has_perm("accounts.view_user")
    assert not user.has_module_perms("accounts")
