"""A second factor that is enforced, and how one is set up and removed in a browser."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.factors import recovery
from accounts.models import AuthenticatorApp, BrowserSession, Lockout, LoginEvent, RecoveryCode, Role, User
from tenants.models import Tenant
from tests.accounts.factor_moves import (
    APP,
    CODES,
    CONSOLE,
    ENROLMENT,
    FACTOR,
    PASSWORD,
    REMOVE,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
    require,
    set_up_app,
    shown_codes,
    told,
)
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD)


# --- Where it is enforced ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["tenant", "role"])
def test_whoever_must_have_one_and_has_none_sets_it_up_before_anything_else(
    client: HttpClient, tenant: Tenant, zhang: User, by: str
) -> None:
    if by == "tenant":
        require(tenant)
    else:
        zhang.assign(roles=[Role.objects.create(tenant=tenant, name="finance", requires_second_factor=True)])
    assert give_password(client, leads_to="/connect/device")["Location"] == ENROLMENT
    assert client.get(ENROLMENT).status_code == 200
    assert not is_signed_in(client)
    assert client.get("/account/second-factor/")["Location"].startswith("/account/login/")
    answer, _secret = set_up_app(client)
    assert len(shown_codes(answer)) == recovery.NUMBER
    assert not is_signed_in(client)
    assert client.post("/account/login/go-on/")["Location"] == "/connect/device"
    assert is_signed_in(client)
    assert BrowserSession.objects.get().amr == "pwd otp mfa"
    assert told() == [
        ("factor_used", "allowed", "password"),
        ("factor_added", "allowed", "totp"),
        ("login", "allowed", ""),
    ]


def test_the_first_code_of_an_app_signs_nobody_in_again(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    require(tenant)
    give_password(client)
    answer, secret = set_up_app(client)
    assert shown_codes(answer)
    other = HttpClient()
    give_password(other)
    assert give_code(other, code_of(secret)).status_code == 400


def test_who_has_one_cannot_set_another_up_without_showing_it(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    require(tenant)
    give_app(zhang)
    give_password(client)
    assert client.get(APP)["Location"].startswith("/account/login/?next=")
    assert client.get(ENROLMENT)["Location"] == FACTOR


def test_a_demand_holds_for_those_who_are_signed_in_already(client: HttpClient, tenant: Tenant) -> None:
    make_administrator(tenant, "boss", password=PASSWORD)
    client.post("/admin/login/", CONSOLE)
    assert client.get("/admin/").status_code == 200
    require(tenant)
    assert client.get("/admin/").status_code == 302
    assert not is_signed_in(client)
    assert client.post("/admin/login/", CONSOLE)["Location"] == ENROLMENT


# --- Setting up and removing ------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: HttpClient, zhang: User) -> HttpClient:
    give_password(client)
    LoginEvent.objects.all()
    return client


def test_the_codes_are_shown_once(signed_in: HttpClient, zhang: User) -> None:
    answer, secret = set_up_app(signed_in)
    codes = shown_codes(answer)
    assert len(set(codes)) == recovery.NUMBER
    for address in ("/account/second-factor/", "/account/", APP):
        page = signed_in.get(address, follow=True).content.decode()
        assert not any(text in page for text in (secret, *codes))
    app = AuthenticatorApp.objects.get()
    assert secret not in app.secret.encrypted
    assert app.secret.reveal() == secret
    # The session in which it was set up is one by two factors from now on.
    assert BrowserSession.objects.get().amr == "pwd otp mfa"


def test_a_wrong_first_code_sets_nothing_up(signed_in: HttpClient, zhang: User) -> None:
    signed_in.get(APP)
    assert signed_in.post(APP, {"code": "000000"}).status_code == 400
    assert not AuthenticatorApp.objects.exists()
    assert HttpClient().post(APP, {"code": "000000"})["Location"].startswith("/account/login/")


def test_new_recovery_codes_end_the_old_ones(signed_in: HttpClient, zhang: User) -> None:
    answer, _secret = set_up_app(signed_in)
    (old, *_others) = shown_codes(answer)
    assert len(shown_codes(signed_in.post(CODES))) == recovery.NUMBER
    other = HttpClient()
    give_password(other)
    assert give_code(other, old).status_code == 400


def test_removing_needs_the_password_of_the_last_minutes(signed_in: HttpClient, zhang: User) -> None:
    set_up_app(signed_in)
    session = signed_in.session
    session["auth_time"] -= 301
    session.save()
    asked = signed_in.post(REMOVE)
    assert asked["Location"].startswith("/account/confirm/?next=")
    assert signed_in.post(asked["Location"], {"current": "wrong"}).status_code == 400
    assert Lockout.objects.get().failures == 1
    assert AuthenticatorApp.objects.exists()
    assert signed_in.post(asked["Location"], {"current": PASSWORD})["Location"] == "/account/second-factor/"
    assert signed_in.post(REMOVE)["Location"] == "/account/second-factor/"
    assert not AuthenticatorApp.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert told()[-1] == ("factor_removed", "allowed", "totp")


def test_the_last_one_stays_where_one_is_enforced(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    require(tenant)
    give_password(client)
    set_up_app(client)
    client.post("/account/login/go-on/")
    assert client.get(REMOVE).status_code == 200
    assert client.post(REMOVE).status_code == 400
    assert AuthenticatorApp.objects.exists()


def test_a_session_without_the_factor_cannot_remove_it(client: HttpClient, zhang: User) -> None:
    """Signed in elsewhere before it was set up, with the password of the last minutes: that is the password alone."""
    give_password(client)
    give_app(zhang)
    for page in (REMOVE, CODES, APP):
        assert client.post(page)["Location"].startswith("/account/login/")
    assert AuthenticatorApp.objects.exists()


@pytest.mark.parametrize("key", ["1", "x", "", "99999999999999999999999", "\x00"])
def test_nobody_removes_what_is_not_his(signed_in: HttpClient, tenant: Tenant, key: str) -> None:
    give_app(make_user(tenant, "li"))
    assert signed_in.post(REMOVE, {"passkey": key}).status_code == 404
    assert AuthenticatorApp.objects.exists()


def test_nothing_secret_stands_in_the_history_or_the_log(signed_in: HttpClient, zhang: User, caplog: Any) -> None:
    answer, secret = set_up_app(signed_in)
    codes = shown_codes(answer)
    rows = str(list(LoginEvent.objects.values_list()))
    assert not any(text in rows + caplog.text for text in (secret, *codes))
    assert secret not in repr(AuthenticatorApp.objects.get().__dict__)
