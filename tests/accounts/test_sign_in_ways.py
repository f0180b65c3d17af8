"""Where the sign-in page leads to, and whose it is at a tenant's own domain."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as HttpClient

from accounts.models import BrowserSession
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db
FORM = {"tenant": "acme", "username": "admin", "password": "admin"}


@pytest.fixture(autouse=True)
def _acme(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["login.acme.example", "testserver"]
    make_user(make_tenant("acme", "Acme 制造", domain="login.acme.example"))


def test_without_a_goal_it_leads_to_the_account_page(client: HttpClient) -> None:
    done = client.post("/account/login/", FORM)
    assert (done.status_code, done["Location"]) == (303, "/account/")


def test_who_is_signed_in_already_is_led_there_at_once(client: HttpClient) -> None:
    client.post("/account/login/", FORM)
    assert client.get("/account/login/")["Location"] == "/account/"
    # Who was sent here by somebody has a reason to sign in again.
    assert client.get("/account/login/", {"next": "/healthz"}).status_code == 200


def test_the_front_door_leads_to_the_account_page(client: HttpClient) -> None:
    assert client.get("/")["Location"] == "/account/"


def test_the_domain_names_the_tenant(client: HttpClient) -> None:
    own = client.get("/account/login/", SERVER_NAME="login.acme.example").content.decode()
    assert 'type="hidden" name="tenant" value="acme"' in own
    assert "Acme 制造" in own
    assert 'type="text" name="tenant"' in client.get("/account/login/").content.decode()
    make_tenant("other", "别的公司")
    named = client.get("/account/login/?tenant=other", SERVER_NAME="login.acme.example").content.decode()
    assert 'type="hidden" name="tenant" value="other"' in named


def test_the_domain_still_names_the_tenant_after_a_wrong_password(client: HttpClient) -> None:
    wrong = client.post("/account/login/", {**FORM, "password": "x"}, SERVER_NAME="login.acme.example")
    assert wrong.status_code == 400
    assert 'type="hidden" name="tenant" value="acme"' in wrong.content.decode()


def test_a_tenant_that_no_database_could_hold_is_unknown(client: HttpClient) -> None:
    assert client.get("/account/login/", {"tenant": "a\x00b"}).status_code == 200


def test_no_later_page_puts_off_the_end_of_a_session(client: HttpClient) -> None:
    """Otherwise it would outlive the row that tells applications of its end."""
    client.post("/account/login/", FORM)
    end = BrowserSession.objects.get().expires_at
    later = client.session
    later["anything"] = "changed"
    later.save()
    assert later.get_expiry_date() == end
    assert Session.objects.get(session_key=later.session_key).expire_date == end
