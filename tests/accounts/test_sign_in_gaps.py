"""What a copied cookie, a lost key and a strange session do to a sign-in and to its records."""

import pytest
from django.conf import settings as configured
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from tenants.models import Change, Tenant
from tests.accounts.factor_moves import (
    NEW_PASSWORD,
    PASSWORD,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
    set_up_app,
)
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

COOKIE = configured.SESSION_COOKIE_NAME
NEW = "another good horse"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD)


def copy_of(browser: HttpClient) -> HttpClient:
    copy = HttpClient()
    copy.cookies[COOKIE] = browser.cookies[COOKIE].value
    return copy


def test_who_copied_the_cookie_before_a_factor_was_set_up_has_not_shown_it(
    client: HttpClient, tenant: Tenant, zhang: User
) -> None:
    give_password(client)
    thief = copy_of(client)
    answer, _secret = set_up_app(client)
    assert answer.status_code == 200
    tenant.requires_second_factor = True
    tenant.save()
    assert is_signed_in(client)
    assert not is_signed_in(thief)


def test_a_sign_in_on_its_way_ends_with_the_factor_that_was_shown_for_it(
    client: HttpClient, tenant: Tenant, zhang: User, rf: object
) -> None:
    """The desk resets what was stolen, and the thief has just shown it."""
    secret = give_app(zhang)
    User.objects.update(must_change_password=True)
    give_password(client)
    assert give_code(client, code_of(secret))["Location"] == NEW_PASSWORD
    boss = HttpClient()
    boss.force_login(make_administrator(tenant, "boss"))
    assert boss.post(f"/admin/accounts/user/{zhang.pk}/reset-factors/", {}).status_code == 302
    assert LoginEvent.objects.filter(kind="factor_reset").exists()
    client.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    assert not is_signed_in(client)


def test_a_new_password_at_a_sign_in_is_its_persons_doing(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    """Not that of whoever was signed in here before."""
    make_user(tenant, "li", PASSWORD)
    give_password(client, "li")
    assert is_signed_in(client)
    User.objects.filter(pk=zhang.pk).update(must_change_password=True)
    assert give_password(client)["Location"] == NEW_PASSWORD
    client.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    change = Change.objects.filter(kind="accounts.user", object_id=str(zhang.pk), changes__has_key="password").latest(
        "id"
    )
    assert change.actor_account != "li"
