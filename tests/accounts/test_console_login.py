"""Signing in to the console: one form, one answer to everything that is wrong, and what the history says of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from accounts.models import Lockout, LoginEvent, User
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
WRONG = "用户名或密码错误"
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _people() -> None:
    tenant = make_tenant("acme", "Acme", domain="id.acme.example")
    make_administrator(tenant, "boss", password=PASSWORD)
    make_user(tenant, "worker", PASSWORD)
    make_administrator(tenant, "gone", password=PASSWORD, is_active=False)
    make_administrator(make_tenant("closed", "Closed", is_active=False), "boss", password=PASSWORD)


def sign_in(browser: HttpClient, address: str = LOGIN, **changes: str) -> Any:
    return browser.post(address, {"tenant": "acme", "username": "boss", "password": PASSWORD, **changes})


def test_the_form_has_exactly_these_inputs(client: HttpClient) -> None:
    page = client.get(LOGIN).content.decode()
    form = page[page.index('id="login-form"') :]
    inputs = dict(re.findall(r'<input type="(\w+)" name="(\w+)"', form))
    names = re.findall(r'<input type="(text|password)" name="(\w+)"', form)
    assert names == [("text", "tenant"), ("text", "username"), ("password", "password")]
    assert inputs["hidden"]


def test_the_right_password_lets_in_and_makes_a_new_session(client: HttpClient) -> None:
    client.get(LOGIN)
    session = client.session
    session["before"] = True
    session.save()
    response = sign_in(client)
    assert response.status_code == 302
    assert response["Location"] == reverse("admin:index")
    assert not Session.objects.filter(session_key=session.session_key).exists()
    assert client.get(reverse("admin:index")).status_code == 200
    event = LoginEvent.objects.get()
    assert (event.kind, event.outcome, event.account, event.tenant_code) == ("login", "allowed", "boss", "acme")


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"password": "wrong"}, ["credentials_rejected"]),
        ({"username": "nobody"}, ["unknown_user"]),
        ({"tenant": "nowhere"}, []),
        ({"tenant": "closed"}, ["tenant_disabled"]),
        ({"username": "gone"}, ["account_disabled"]),
        ({"username": "locked"}, ["account_locked"]),
        # The password was right, which the history says; the console says what it says to a wrong one.
        ({"username": "worker"}, ["console_not_allowed"]),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_whatever_is_wrong_the_answer_is_the_same(
    client: HttpClient, changes: dict[str, str], reasons: list[str]
) -> None:
    if changes.get("username") == "locked":
        later = timezone.now() + timedelta(minutes=5)
        tenant = Tenant.objects.get(code="acme")
        make_administrator(tenant, "locked", password=PASSWORD)
        Lockout.objects.create(
            tenant=tenant, account="locked", failures=5, failed_at=timezone.now(), locked_until=later
        )
    response = sign_in(client, **changes)
    assert response.status_code == 200
    assert list(response.context["form"].errors.items()) == [("__all__", [WRONG])]
    assert PASSWORD not in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert [event.reason for event in LoginEvent.objects.order_by("id")] == reasons


def test_the_message_is_in_the_language_of_the_request(client: HttpClient) -> None:
    response = sign_in(client, password="wrong")
    assert WRONG in response.content.decode()
    english = client.post(
        LOGIN, {"tenant": "acme", "username": "boss", "password": "x"}, headers={"Accept-Language": "en"}
    )
    assert "Incorrect username or password" in english.content.decode()


@pytest.mark.parametrize("field", ["tenant", "username", "password"])
def test_nothing_is_tried_while_a_field_is_empty(client: HttpClient, field: str) -> None:
    response = sign_in(client, **{field: ""})
    assert set(response.context["form"].errors) == {field}
    assert not LoginEvent.objects.exists()


@pytest.mark.parametrize(
    ("following", "expected"),
    [
        ("/admin/accounts/user/", "/admin/accounts/user/"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("/\\evil.example", "/admin/"),
    ],
)
def test_it_leads_on_within_this_site_alone(client: HttpClient, following: str, expected: str) -> None:
    assert sign_in(client, f"{LOGIN}?next={following}")["Location"] == expected
    other = HttpClient()
    assert sign_in(other, next=following)["Location"] == expected


def test_the_tenant_of_the_domain_stands_in_the_form(client: HttpClient, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["id.acme.example", "other.example"]
    assert client.get(LOGIN, HTTP_HOST="id.acme.example").context["form"]["tenant"].value() == "acme"
    assert not client.get(LOGIN, HTTP_HOST="other.example").context["form"]["tenant"].value()


def test_a_forgotten_password_has_its_way_unless_the_domains_tenant_offers_none(
    client: HttpClient, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["id.acme.example", "other.example"]
    for host, offered in (("other.example", True), ("id.acme.example", False)):
        for page in (LOGIN, "/account/login/"):
            assert ('href="/account/forgotten/' in client.get(page, HTTP_HOST=host).content.decode()) is offered
    assert client.get("/account/forgotten/", HTTP_HOST="other.example").status_code == 200


def test_who_may_not_use_the_console_is_led_to_his_account(client: HttpClient) -> None:
    assert 'href="/account/"' not in client.get(LOGIN).content.decode()
    client.force_login(User.objects.get(account="worker"))
    page = client.get(reverse("admin:index"), follow=True).content.decode()
    assert "worker" in page
    assert 'href="/account/"' in page


def test_a_logout_ends_the_session_and_leaves_an_event(client: HttpClient) -> None:
    sign_in(client)
    client.post(reverse("admin:logout"), HTTP_USER_AGENT="browser")
    assert client.get(reverse("admin:index")).status_code == 302
    event = LoginEvent.objects.order_by("id").last()
    assert event is not None
    assert (event.kind, event.outcome, event.account, event.user_agent) == ("logout", "allowed", "boss", "browser")


def test_a_disabled_person_is_out_at_once(client: HttpClient) -> None:
    sign_in(client)
    assert client.get(reverse("admin:index")).status_code == 200
    boss = User.objects.get(account="boss", tenant__code="acme")
    boss.is_active = False
    boss.save()
    assert client.get(reverse("admin:index")).status_code == 302
