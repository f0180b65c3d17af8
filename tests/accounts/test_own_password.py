"""Passwords that expire, that must be changed, and that were used before: at the sign-in and on the account page."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import BrowserSession, Lockout, PastPassword, User
from tenants.models import Tenant
from tests.accounts.factor_moves import (
    FACTOR,
    NEW_PASSWORD,
    PASSWORD,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
    told,
)
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

OWN = "/account/password/"
NEW = "another good horse"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD)


def choose(browser: HttpClient, new: str, again: str | None = None) -> Any:
    return browser.post(NEW_PASSWORD, {"password1": new, "password2": new if again is None else again})


def change(browser: HttpClient, current: str = PASSWORD, new: str = NEW) -> Any:
    return browser.post(OWN, {"current": current, "password1": new, "password2": new})


def expire(tenant: Tenant, user: User, *, is_over: bool = True) -> None:
    tenant.password_max_age_days = 30
    tenant.save()
    margin = timedelta(minutes=1) if is_over else -timedelta(minutes=1)
    User.objects.filter(pk=user.pk).update(password_updated_at=timezone.now() - timedelta(days=30) - margin)


# --- At the sign-in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["expired", "unknown age", "told to"])
def test_a_password_that_is_over_is_changed_before_going_on(
    client: HttpClient, tenant: Tenant, zhang: User, why: str
) -> None:
    if why == "told to":
        User.objects.update(must_change_password=True)
    else:
        expire(tenant, zhang)
        if why == "unknown age":
            User.objects.update(password_updated_at=None)
    assert give_password(client, leads_to="/connect/device")["Location"] == NEW_PASSWORD
    assert client.get(NEW_PASSWORD).status_code == 200
    assert not is_signed_in(client)
    assert choose(client, NEW)["Location"] == "/connect/device"
    assert is_signed_in(client)
    zhang.refresh_from_db()
    assert not zhang.must_change_password
    assert zhang.password_updated_at is not None
    assert zhang.password_updated_at > timezone.now() - timedelta(minutes=1)
    assert told()[1:] == [("password_changed", "allowed", ""), ("login", "allowed", "")]
    other = HttpClient()
    assert give_password(other).status_code == 400
    assert give_password(other, password=NEW)["Location"] == "/account/"


def test_one_that_is_not_over_yet_leads_on(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    expire(tenant, zhang, is_over=False)
    assert give_password(client)["Location"] == "/account/"


def test_without_an_age_in_the_policy_an_unknown_one_does_not_matter(client: HttpClient, zhang: User) -> None:
    """People who were imported without dates shall not all have to change their passwords."""
    User.objects.update(password_updated_at=None)
    assert give_password(client)["Location"] == "/account/"


def test_the_console_asks_for_a_new_one_too(client: HttpClient, tenant: Tenant) -> None:
    make_administrator(tenant, "boss", password=PASSWORD, must_change_password=True)
    answer = client.post("/admin/login/", {"tenant": "acme", "username": "boss", "password": PASSWORD})
    assert answer["Location"] == NEW_PASSWORD
    assert choose(client, NEW)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("new", "again", "field"),
    [
        ("short", None, "password1"),
        ("password123", None, "password1"),
        (PASSWORD, None, "password1"),
        (NEW, "different", "password2"),
        ("", None, "password1"),
    ],
    ids=["short", "well known", "the same", "two different ones", "empty"],
)
def test_a_bad_new_password_is_refused_beside_its_field(
    client: HttpClient, zhang: User, new: str, again: str | None, field: str
) -> None:
    User.objects.update(must_change_password=True)
    give_password(client)
    answer = choose(client, new, again)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert not new or f'value="{new}"' not in page
    assert not is_signed_in(client)


def test_the_second_factor_comes_first(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    User.objects.update(must_change_password=True)
    assert give_password(client)["Location"] == FACTOR
    assert choose(client, NEW)["Location"] == FACTOR
    assert give_code(client, code_of(secret))["Location"] == NEW_PASSWORD
    assert choose(client, NEW)["Location"] == "/account/"
    assert BrowserSession.objects.get().amr == "pwd otp mfa"


def test_signing_in_anew_over_ones_own_session(client: HttpClient, zhang: User) -> None:
    """The new password ends the session that this browser had, and goes on in another one."""
    give_password(client)
    User.objects.update(must_change_password=True)
    give_password(client)
    assert choose(client, NEW)["Location"] == "/account/"
    assert is_signed_in(client)
    assert BrowserSession.objects.filter(ended_at=None).count() == 1


# --- On the account page ----------------------------------------------------------------------------------------------


def test_a_person_changes_his_password_and_is_out_everywhere_else(client: HttpClient, zhang: User) -> None:
    give_password(client)
    other = HttpClient()
    give_password(other)
    assert change(client)["Location"] == "/account/"
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert BrowserSession.objects.filter(ended_at=None).count() == 1
    assert told()[-1] == ("password_changed", "allowed", "")


def test_the_present_password_is_asked_for_and_counted(client: HttpClient, zhang: User) -> None:
    give_password(client)
    for _time in range(5):
        assert change(client, current="wrong").status_code == 400
    assert Lockout.objects.get().locked_until is not None
    assert change(client).status_code == 400
    zhang.refresh_from_db()
    assert zhang.check_password(PASSWORD)


@pytest.mark.parametrize("current", ["", "wrong"])
def test_a_borrowed_browser_does_not_learn_the_present_password(
    client: HttpClient, tenant: Tenant, zhang: User, current: str
) -> None:
    tenant.password_history = 1
    tenant.save()
    give_password(client)
    pages = [change(client, current, guess).content.decode() for guess in ("a wrong guess", PASSWORD, "short")]
    without_token = {re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages}
    assert len(without_token) == 1
    assert Lockout.objects.filter(failures=3).exists() == bool(current)


def test_what_a_new_password_must_be_is_said_once(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    tenant.password_min_length = 11
    tenant.save()
    give_password(client)
    page = client.get(OWN, headers={"Accept-Language": "en"}).content.decode()
    assert "At least 11 characters" in page
    assert page.count("well-known") == 1
    assert "common" not in page


def test_a_stranger_is_led_to_the_sign_in(client: HttpClient, zhang: User) -> None:
    assert client.get(OWN)["Location"] == "/account/login/?next=%2Faccount%2Fpassword%2F"
    assert change(client)["Location"].startswith("/account/login/")


def test_the_password_page_leads_nowhere_else(client: HttpClient, zhang: User) -> None:
    give_password(client)
    address = "/account/confirm/?next=https://evil.example/"
    assert client.post(address, {"current": PASSWORD})["Location"] == "/account/"


# --- Passwords that were used before ----------------------------------------------------------------------------------


def test_the_last_ones_cannot_be_chosen_again(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    tenant.password_history = 3
    tenant.save()
    give_password(client)
    chosen = [PASSWORD, "second horse", "third horse", "fourth horse"]
    for present, new in pairwise(chosen):
        assert change(client, present, new).status_code == 303
    for used in chosen[1:]:
        assert change(client, chosen[-1], used).status_code == 400
    assert change(client, chosen[-1], PASSWORD).status_code == 303


def test_as_many_are_kept_as_the_policy_looks_back(tenant: Tenant, zhang: User) -> None:
    tenant.password_history = 3
    tenant.save()
    user = User.objects.get(pk=zhang.pk)
    for number in range(6):
        user.set_password(f"password number {number}")
        user.save()
    kept = list(PastPassword.objects.values_list("password", flat=True))
    assert len(kept) == 2
    assert [check_password(f"password number {number}", encoded) for number, encoded in zip((4, 3), kept, strict=True)]
    assert not any("number" in encoded for encoded in kept)


def test_nothing_is_kept_where_the_policy_does_not_look_back(zhang: User) -> None:
    zhang.set_password(NEW)
    zhang.save()
    assert not PastPassword.objects.exists()


@pytest.mark.parametrize("password", [PASSWORD, "password123"], ids=["good", "well known"])
def test_who_gives_another_person_a_password_does_not_learn_his(
    client: HttpClient, tenant: Tenant, zhang: User, password: str
) -> None:
    """Also if it is refused anyway, so that nothing is set. Its owner must choose another one then."""
    tenant.password_history = 1
    tenant.save()
    zhang.set_password(password)
    zhang.save()
    rights = ["accounts.view_user", "accounts.reset_password_user"]
    client.force_login(make_administrator(tenant, "desk", permissions=rights))
    answer = client.post(f"/admin/accounts/user/{zhang.pk}/password/", {"password1": password, "password2": password})
    assert answer.status_code == (302 if password == PASSWORD else 200)
    assert "present password" not in answer.content.decode()
    if password == PASSWORD:
        own = HttpClient()
        assert give_password(own)["Location"] == NEW_PASSWORD
        assert choose(own, PASSWORD).status_code == 400


def test_a_new_password_settles_that_it_must_be_changed(zhang: User) -> None:
    User.objects.update(must_change_password=True)
    zhang.refresh_from_db()
    zhang.set_password(NEW)
    zhang.save(update_fields=["password"])
    assert not User.objects.get().must_change_password
