"""Nobody tries passwords out where a new one is chosen: there they are neither counted nor told."""

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from tenants.models import Tenant
from tests.accounts.factor_moves import PASSWORD, give_password
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

PRESENT = "This is the present password"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", password_history=1)


def test_a_borrowed_browser_does_not_learn_the_present_password(tenant: Tenant) -> None:
    make_user(tenant, "zhang", PASSWORD)
    browser = HttpClient(headers={"accept-language": "en"})
    give_password(browser)
    events = LoginEvent.objects.count()
    answers = [
        browser.post("/account/password/", {"current": "", "password1": guess, "password2": guess}).content.decode()
        for guess in ("a wrong guess", PASSWORD)
    ]
    told = [PRESENT in answer for answer in answers]
    assert told == [False, False] or LoginEvent.objects.count() > events


def test_the_desk_does_not_learn_the_present_password(tenant: Tenant) -> None:
    """A common one is refused anyway, so that nothing is set; and the answer says what else is wrong with it."""
    zhang: User = make_user(tenant, "zhang", "password123")
    desk = make_administrator(tenant, "desk", permissions=["accounts.view_user", "accounts.reset_password_user"])
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(desk)
    page = f"/admin/accounts/user/{zhang.pk}/password/"
    for guess in ("1234567890", "password123"):
        answer = browser.post(page, {"password1": guess, "password2": guess})
        assert answer.status_code == 200
        assert PRESENT not in answer.content.decode()
