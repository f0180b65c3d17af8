"""A sign-in on its way, beside others who know the browser's cookie, the password or the page: nobody else ends it."""

import pytest
from django.conf import settings as configured
from django.test import Client as HttpClient

from accounts.models import BrowserSession, Role, User
from tenants.models import Tenant
from tests.accounts.factor_moves import (
    APP,
    ENROLMENT,
    FACTOR,
    NEW_PASSWORD,
    PASSWORD,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
)
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db

COOKIE = configured.SESSION_COOKIE_NAME
NEW = "another good horse"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD)


def require(tenant: Tenant) -> None:
    tenant.requires_second_factor = True
    tenant.save()


# --- A browser that somebody else has used ----------------------------------------------------------------------------


def copy_of(browser: HttpClient) -> HttpClient:
    """Another browser with the same session's cookie."""
    copy = HttpClient()
    copy.cookies[COOKIE] = browser.cookies[COOKIE].value
    return copy


def is_on_the_way(browser: HttpClient) -> bool:
    """Whether one of the steps' pages opens in this browser."""
    return any(browser.get(page).status_code == 200 for page in (FACTOR, ENROLMENT, NEW_PASSWORD, APP))


@pytest.mark.parametrize("step", [FACTOR, ENROLMENT, NEW_PASSWORD])
def test_who_copied_the_cookie_of_another_person_takes_no_step_for_this_one(
    client: HttpClient, tenant: Tenant, zhang: User, step: str
) -> None:
    make_user(tenant, "li", PASSWORD)
    give_password(client, "li")
    thief = copy_of(client)
    assert is_signed_in(thief)
    if step == FACTOR:
        give_app(zhang)
    elif step == ENROLMENT:
        zhang.assign(roles=[Role.objects.create(tenant=tenant, name="finance", requires_second_factor=True)])
    else:
        User.objects.filter(pk=zhang.pk).update(must_change_password=True)
    assert give_password(client)["Location"] == step
    assert not is_on_the_way(thief)
    thief.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    zhang.refresh_from_db()
    assert zhang.check_password(PASSWORD)
    assert is_on_the_way(client)
    # Whoever is signed in here stays so, and his session ends where it is kept now.
    (session,) = BrowserSession.objects.all()
    assert session.session_key == client.cookies[COOKIE].value
    session.end("logout")
    assert not is_on_the_way(client)


def test_who_copied_the_cookie_at_one_step_does_not_take_the_next(client: HttpClient, zhang: User) -> None:
    secret = give_app(zhang)
    User.objects.update(must_change_password=True)
    give_password(client)
    thief = copy_of(client)
    assert is_on_the_way(thief)
    assert give_code(client, code_of(secret))["Location"] == NEW_PASSWORD
    assert not is_on_the_way(thief)
    assert is_on_the_way(client)


def test_a_session_that_lacks_the_demanded_factor_still_ends_from_elsewhere(
    client: HttpClient, tenant: Tenant, zhang: User
) -> None:
    give_password(client)
    require(tenant)
    assert give_password(client)["Location"] == ENROLMENT
    assert BrowserSession.objects.get().session_key == client.cookies[COOKIE].value
