"""Signing in with a second factor in a browser: codes of an app and recovery codes, and what is counted."""

from datetime import timedelta

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.factors import recovery
from accounts.models import AuthenticatorApp, BrowserSession, Lockout, RecoveryCode, User
from tenants.models import Tenant
from tests.accounts.factor_moves import (
    CONSOLE,
    FACTOR,
    PASSWORD,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
    told,
    wrong_code,
)
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD)


def test_a_right_password_alone_signs_nobody_in_who_has_a_factor(client: HttpClient, zhang: User) -> None:
    give_app(zhang)
    answer = give_password(client)
    assert (answer.status_code, answer["Location"]) == (303, FACTOR)
    assert not is_signed_in(client)
    assert not BrowserSession.objects.exists()
    assert told() == [("factor_used", "allowed", "password")]


def test_a_code_of_the_app_signs_in_and_leads_on(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    give_password(client, leads_to="/connect/device")
    answer = give_code(client, f" {code_of(secret)[:3]} {code_of(secret)[3:]} ")
    assert (answer.status_code, answer["Location"]) == (303, "/connect/device")
    assert is_signed_in(client)
    assert BrowserSession.objects.get().amr == "pwd otp mfa"
    assert told()[1:] == [("factor_used", "allowed", "totp"), ("login", "allowed", "")]


def test_the_console_asks_for_it_too(client: HttpClient, tenant: Tenant) -> None:
    secret = give_app(make_administrator(tenant, "boss", password=PASSWORD))
    answer = client.post("/admin/login/?next=/admin/accounts/user/", CONSOLE)
    assert answer["Location"] == FACTOR
    assert client.get("/admin/").status_code == 302
    assert give_code(client, code_of(secret))["Location"] == "/admin/accounts/user/"
    assert client.get("/admin/").status_code == 200


def test_a_code_is_used_once(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    code = code_of(secret)
    give_password(client)
    assert give_code(client, code).status_code == 303
    other = HttpClient()
    give_password(other)
    assert give_code(other, code).status_code == 400
    assert not is_signed_in(other)
    assert told()[-1] == ("login", "refused", "totp_used")
    # A later one is good, an earlier one is not, though the clock would forgive it.
    assert give_code(other, code_of(secret, -1)).status_code == 400
    assert give_code(other, code_of(secret, 1)).status_code == 303


def test_a_code_out_of_its_time_is_refused(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    give_password(client)
    for steps_aside in (-2, 3):
        assert give_code(client, code_of(secret, steps_aside)).status_code == 400
    assert give_code(client, code_of(secret, 1)).status_code == 303


@pytest.mark.parametrize("code", ["", "12345", "x" * 65, "١٢٣٤٥٦", "\x00", "\ud842", "0" * 64])
def test_what_is_no_code_is_refused_beside_its_field(client: HttpClient, zhang: User, code: str) -> None:
    give_app(zhang)
    give_password(client)
    answer = client.post(FACTOR, {"code": code.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 400
    assert 'id="id_code_error"' in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()


def test_wrong_codes_lock_the_account_although_the_password_is_right(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    for _time in range(zhang.tenant.lockout_threshold):
        give_password(client)  # clears nothing
        give_code(client, wrong_code(secret))
    lockout = Lockout.objects.get()
    assert lockout.locked_until is not None
    assert ("lockout", "refused", "totp_rejected") in told()
    assert give_code(client, code_of(secret)).status_code == 400
    assert told()[-1] == ("login", "refused", "account_locked")
    assert give_password(HttpClient()).status_code == 400


@pytest.mark.parametrize("page", ["people", "lockouts"])
@pytest.mark.parametrize("may_reset", [True, False])
def test_who_unlocks_does_not_let_guess_at_codes_for_ever(
    client: HttpClient, tenant: Tenant, zhang: User, page: str, *, may_reset: bool
) -> None:
    """A help desk that resets passwords too could do so: the wrong codes are forgotten by whoever may reset the app."""
    secret = give_app(zhang)
    give_password(client)
    for _time in range(5):
        give_code(client, wrong_code(secret))
    assert give_password(HttpClient()).status_code == 400
    rights = {"accounts.view_user", "accounts.unlock_user", "accounts.view_lockout", "accounts.delete_lockout"}
    rights |= {"accounts.resetfactors_user"} if may_reset else set()
    desk = HttpClient()
    desk.force_login(make_administrator(tenant, "desk", permissions=rights))
    row = Lockout.objects.get()
    address = f"user/{zhang.pk}/unlock" if page == "people" else f"lockout/{row.pk}/delete"
    assert desk.post(f"/admin/accounts/{address}/", {"post": "yes"}).status_code == 302
    assert not Lockout.objects.exists()
    give_password(client)
    assert give_code(client, code_of(secret)).status_code == (303 if may_reset else 400)
    assert may_reset or told()[-1] == ("login", "refused", "totp_wait")


def test_a_right_code_makes_wrong_ones_forgotten(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    give_password(client)
    give_code(client, wrong_code(secret))
    assert Lockout.objects.get().failures == 1
    give_code(client, code_of(secret))
    assert not Lockout.objects.exists()
    assert AuthenticatorApp.objects.get().failures == 0


def test_where_nobody_is_locked_wrong_codes_still_make_the_next_wait(client: HttpClient, zhang: User) -> None:
    Tenant.objects.update(lockout_threshold=0)
    secret = give_app(zhang)
    give_password(client)
    for _time in range(5):
        give_code(client, wrong_code(secret))
    assert give_code(client, code_of(secret)).status_code == 400
    assert told()[-1] == ("login", "refused", "totp_wait")
    assert not Lockout.objects.exists()
    AuthenticatorApp.objects.update(failed_at=timezone.now() - timedelta(minutes=1, seconds=1))
    assert give_code(client, code_of(secret)).status_code == 303


def test_recovery_codes_sign_in_once_each(client: HttpClient, zhang: User) -> None:
    give_app(zhang)
    first, second, *_others = recovery.renew_codes(zhang.pk, timezone.now())
    give_password(client)
    assert give_code(client, first.upper().replace("-", " ")).status_code == 303
    assert told()[-2] == ("factor_used", "allowed", "recovery_code")
    other = HttpClient()
    give_password(other)
    assert give_code(other, first).status_code == 400
    assert told()[-1] == ("login", "refused", "recovery_code_used")
    assert give_code(other, second).status_code == 303
    assert not RecoveryCode.objects.filter(code_hash__in=[first, second]).exists()


def test_a_recovery_code_is_its_persons(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    give_app(zhang)
    (code, *_others) = recovery.renew_codes(make_user(tenant, "li", PASSWORD).pk, timezone.now())
    give_password(client)
    assert give_code(client, code).status_code == 400


@pytest.mark.parametrize("end", ["time", "password", "person", "nothing"])
def test_a_sign_in_on_its_way_ends(client: HttpClient, zhang: User, end: str) -> None:
    secret = give_app(zhang)
    if end != "nothing":
        give_password(client)
    if end == "time":
        session = client.session
        kept = session["pending_sign_in"]
        session["pending_sign_in"] = {**kept, "since": kept["since"] - 601}
        session.save()
    elif end == "password":
        zhang.set_password("another horse")
        zhang.save()
    elif end == "person":
        User.objects.update(is_active=False)
    answer = give_code(client, code_of(secret))
    assert answer["Location"].startswith("/account/login/")
    assert answer["Location"] != FACTOR
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "登录耗时过长" in page.content.decode() or "took too long" in page.content.decode()
    assert not is_signed_in(client)


def test_another_person_stays_signed_in_until_the_last_step(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    make_user(tenant, "li", PASSWORD)
    give_password(client, "li")
    secret = give_app(zhang)
    give_password(client)
    assert "li" in client.get("/account/").content.decode()
    assert BrowserSession.objects.filter(ended_at=None).count() == 1
    give_code(client, code_of(secret))
    (lasting,) = BrowserSession.objects.filter(ended_at=None)
    assert lasting.user == zhang
    assert "zhang" in client.get("/account/").content.decode()
