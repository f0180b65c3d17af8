"""A sign-in on its way, beside others who know the browser's cookie, the password or the page: nobody else ends it."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as configured
from django.test import Client as HttpClient
from django.test import RequestFactory

from accounts.factors import changes
from accounts.models import AuthenticatorApp, BrowserSession, LoginEvent, Role, User
from tenants.models import Tenant
from tests.accounts.factor_moves import (
    APP,
    ENROLMENT,
    FACTOR,
    NEW_PASSWORD,
    PASSWORD,
    author_of_password,
    code_of,
    give_app,
    give_code,
    give_password,
    is_signed_in,
    require,
    set_up_app,
    told,
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


@pytest.mark.parametrize("proof", ["factor", "password"])
def test_who_copied_the_cookie_before_a_proof_has_not_shown_it(client: HttpClient, zhang: User, proof: str) -> None:
    give_password(client)
    thief = copy_of(client)
    if proof == "factor":
        assert set_up_app(client)[0].status_code == 200
    else:
        assert client.post("/account/confirm/", {"current": PASSWORD}).status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(thief)
    assert BrowserSession.objects.get().session_key == client.cookies[COOKIE].value


def test_a_new_password_at_a_sign_in_is_its_persons_doing(client: HttpClient, tenant: Tenant, zhang: User) -> None:
    """Not that of whoever is signed in here still."""
    make_user(tenant, "li", PASSWORD)
    give_password(client, "li")
    User.objects.filter(pk=zhang.pk).update(must_change_password=True)
    assert give_password(client)["Location"] == NEW_PASSWORD
    client.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    assert author_of_password(zhang) == "zhang"


def test_a_session_that_lacks_the_demanded_factor_still_ends_from_elsewhere(
    client: HttpClient, tenant: Tenant, zhang: User
) -> None:
    give_password(client)
    require(tenant)
    assert give_password(client)["Location"] == ENROLMENT
    assert BrowserSession.objects.get().session_key == client.cookies[COOKIE].value


@pytest.mark.parametrize("page", ["/account/login/", "/account/login/?next=/account/", "/admin/login/"])
def test_opening_a_sign_in_page_anew_forgets_it(client: HttpClient, zhang: User, page: str) -> None:
    give_app(zhang)
    give_password(client)
    assert is_on_the_way(client)
    assert client.get(page).status_code == 200
    assert not is_on_the_way(client)


# --- What happens meanwhile -------------------------------------------------------------------------------------------


class SetMeanwhile:
    """A rule for new passwords that accepts all, while an administrator gives the person another one."""

    def validate(self, _password: str, user: User) -> None:
        person = User.objects.get(pk=user.pk)
        person.set_password("set by the desk")
        person.save()

    def get_help_text(self) -> str:
        return ""


def test_a_password_that_was_set_meanwhile_is_not_replaced(client: HttpClient, zhang: User, settings: Any) -> None:
    User.objects.update(must_change_password=True)
    give_password(client)
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": f"{__name__}.SetMeanwhile"}]
    answer = client.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/account/login/?next=%2Faccount%2F"
    assert not is_signed_in(client)
    zhang.refresh_from_db()
    assert zhang.check_password("set by the desk")
    assert ("password_changed", "allowed", "") not in told()


@pytest.mark.parametrize("is_set_up_anew", [False, True], ids=["reset", "set up anew"])
def test_a_sign_in_on_its_way_ends_with_the_factor_that_was_shown_for_it(
    client: HttpClient, zhang: User, rf: RequestFactory, *, is_set_up_anew: bool
) -> None:
    """The desk resets what was stolen, and the thief has just shown it."""
    secret = give_app(zhang)
    User.objects.update(must_change_password=True)
    give_password(client)
    assert give_code(client, code_of(secret))["Location"] == NEW_PASSWORD
    assert changes.reset(rf.post("/"), zhang, actor="boss")
    if is_set_up_anew:
        give_app(zhang)
    client.post(NEW_PASSWORD, {"password1": NEW, "password2": NEW})
    assert not is_signed_in(client)
    zhang.refresh_from_db()
    assert zhang.check_password(PASSWORD)


def test_an_app_whose_secret_no_key_opens_is_set_up_anew(client: HttpClient, zhang: User, settings: Any) -> None:
    give_password(client)
    assert client.get(APP).status_code == 200
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for code in ("000000", ""):
        answer = client.post(APP, {"code": code})
        assert (answer.status_code, answer["Location"]) == (303, APP)
    answer, _secret = set_up_app(client)
    assert answer.status_code == 200
    assert AuthenticatorApp.objects.exists()


def test_the_end_of_a_session_that_lacks_the_demanded_factor_is_told(
    client: HttpClient, tenant: Tenant, zhang: User
) -> None:
    give_password(client)
    require(tenant)
    assert not is_signed_in(client)
    for _time in range(2):
        assert client.get("/connect/endsession").status_code == 200
    assert [event for event in told() if event[0] == "logout"] == [("logout", "allowed", "")]
    assert LoginEvent.objects.get(kind="logout").account == "zhang"
    assert BrowserSession.objects.get().ended_at is not None
