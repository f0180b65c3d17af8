"""The account page: who sees it, and what it shows of him. Its list of browsers: `test_account_page_browsers.py`."""

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.account_page import sections
from accounts.account_sections import Visit
from accounts.models import BrowserSession, LoginEvent, User
from tenants.models import Tenant
from tests.accounts.account_moves import (
    END,
    END_OTHERS,
    PAGE,
    PASSWORD,
    is_signed_in,
    other_session,
    press,
    signed_in,
    text_of,
)
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme 制造", time_zone="America/New_York")


@pytest.fixture
def zhang(tenant: Tenant) -> User:
    return make_user(tenant, "zhang", PASSWORD, real_name="张三", email="zhang@acme.example", phone="13800138000")


# --- Who sees it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PAGE, END, END_OTHERS])
def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(client: HttpClient, address: str) -> None:
    response = client.get(address) if address == PAGE else client.post(address)
    assert (response.status_code, response["Location"]) == (303, "/account/login/?next=%2Faccount%2F")


def test_the_sign_in_leads_back_to_the_page(zhang: User) -> None:
    browser = HttpClient()
    form = {"tenant": "acme", "username": "zhang", "password": PASSWORD}
    response = browser.post(browser.get(PAGE)["Location"], form)
    assert response["Location"] == PAGE
    assert is_signed_in(browser)


@pytest.mark.parametrize("change", [{"is_active": False}, {"tenant": {"is_active": False}}], ids=["person", "tenant"])
def test_who_was_disabled_meanwhile_sees_nothing(zhang: User, change: dict[str, Any]) -> None:
    browser = signed_in()
    Tenant.objects.update(**change.pop("tenant", {"name": "Acme"}))
    User.objects.update(**change or {"real_name": "x"})
    assert not is_signed_in(browser)


def test_the_page_shows_its_person_alone(zhang: User, tenant: Tenant) -> None:
    li = make_user(tenant, "li", PASSWORD, real_name="李四", email="li@acme.example", phone="13900139000")
    other_session(li, address="203.0.113.99", user_agent="li/1")
    signed_in("li")
    text = text_of(signed_in())
    for own in ("zhang", "张三", "Acme 制造", "zhang@acme.example", "13800138000"):
        assert own in text
    assert not [foreign for foreign in ("李四", "li@acme", "139001", "203.0.113.99") if foreign in text]


def test_the_console_is_offered_to_those_who_may_use_it(zhang: User) -> None:
    browser = signed_in()
    assert 'href="/admin/"' not in text_of(browser)
    User.objects.update(is_staff=True)
    assert 'href="/admin/"' in text_of(browser)
    assert 'href="/account/"' in browser.get("/admin/").content.decode()


def test_the_page_is_safe_to_show(zhang: User) -> None:
    response = signed_in().get(PAGE)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert response["Cache-Control"] == "no-store"


def test_the_page_is_branded_as_the_sign_in_page(zhang: User, tenant: Tenant) -> None:
    Tenant.objects.update(logo_url="https://cdn.example/logo.png", primary_color="#facc15")
    browser = signed_in()
    response = browser.get(PAGE)
    text = response.content.decode()
    nonce = text.partition('<style nonce="')[2].partition('"')[0]
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"]
    assert "--action: #facc15; --action-ink: #000000" in text
    assert 'src="https://cdn.example/logo.png"' in text


def test_the_page_speaks_both_languages(zhang: User) -> None:
    browser = signed_in()
    assert "Where you are signed in" in text_of(browser)
    assert '<html lang="zh-hans">' in text_of(browser, **{"Accept-Language": "zh-CN"})


def test_names_are_text(zhang: User) -> None:
    User.objects.update(real_name="<script>alert(1)</script>")
    BrowserSession.objects.all().delete()
    other_session(zhang, user_agent="<b>bold</b>")
    text = text_of(signed_in())
    assert "<script" not in text
    assert "<b>" not in text


class _Outline(HTMLParser):
    """What a screen reader goes by: headings, what is named and described by what, and buttons without a form."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.buttons = self.forms = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.headings += [tag] if tag in {"h1", "h2", "h3"} else []
        self.ids += [values["id"] or ""] if "id" in values else []
        self.references += [
            values.get(name) or "" for name in ("aria-labelledby", "aria-describedby") if name in values
        ]
        self.buttons += tag == "button"
        self.forms += tag == "form"


def test_the_page_can_be_read_out(zhang: User) -> None:
    for _each in range(3):
        other_session(zhang)
    outline = _Outline()
    outline.feed(text_of(signed_in()))
    assert outline.headings == ["h1", *["h2"] * len(sections())]
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)
    assert outline.buttons == outline.forms


# --- Recent activity -------------------------------------------------------------------------------------------------


def event(user: User | None, **fields: Any) -> LoginEvent:
    wanted = {"time": timezone.now(), "kind": "token", "outcome": "allowed"}
    wanted |= {"user_id": user.pk, "tenant_id": user.tenant_id} if user else {}
    return LoginEvent.objects.create(**{**wanted, "account": "zhang", **fields})


def test_the_last_ten_are_shown_with_the_refused_ones(zhang: User) -> None:
    past = timezone.now() - timedelta(days=1)
    for number in range(10):
        event(zhang, time=past + timedelta(seconds=number), client_name=f"App-{number}-", address=f"203.0.113.{number}")
    event(zhang, outcome="refused", reason="credentials_rejected", kind="login", user_agent="curl/8")
    text = text_of(signed_in())
    assert "Refused: wrong password" in text
    assert "curl" in text
    assert "App-9-" in text
    assert "203.0.113.9" in text
    assert "App-1-" not in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "logout"}, "Signed out<"),
        ({"kind": "logout", "reason": "console"}, "Signed out: ended in the console"),
        ({"kind": "lockout", "outcome": "refused", "reason": "credentials_rejected"}, "Account locked: wrong password"),
        ({"outcome": "refused", "reason": "a_reason_of_later"}, "Refused<"),
        ({"kind": "password_changed"}, "Password changed<"),
        ({"kind": "of_later"}, "Of_later"),
    ],
)
def test_what_happened_is_said_in_plain_words(zhang: User, fields: dict[str, str], words: str) -> None:
    event(zhang, **fields)
    assert words in text_of(signed_in())


def test_renewals_in_the_background_hide_nothing(zhang: User) -> None:
    event(zhang, time=timezone.now() - timedelta(days=1), client_name="The first one")
    for _each in range(12):
        event(zhang, grant="refresh_token", client_name="Renewed")
    event(zhang, grant="refresh_token", client_name="Stolen", outcome="refused", reason="refresh_replayed")
    text = text_of(signed_in())
    assert "The first one" in text
    assert "Renewed" not in text
    assert "Refused: refresh token used before" in text


def test_what_another_did_under_the_same_name_is_not_shown(zhang: User) -> None:
    event(None, client_name="Of a person who is gone")
    event(make_user(make_tenant("other", "Other"), "zhang"), client_name="Of another tenant")
    text = text_of(signed_in())
    assert "who is gone" not in text
    assert "another tenant" not in text


# --- Sections --------------------------------------------------------------------------------------------------------


class Greeting:
    """A section of another issue: one file, and one line in the settings."""

    name = "greeting"
    title = "A greeting"
    template = "account/sections/profile.html"

    @property
    def actions(self) -> dict[str, Any]:
        return {"wave": lambda visit: f"Waved to {visit.user.account}."}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        return {"lines": [("Hello", f"dear {visit.user.account}")]}


def test_a_section_is_added_by_one_line(zhang: User, settings: Any) -> None:
    settings.ACCOUNT_SECTIONS = [*settings.ACCOUNT_SECTIONS, f"{__name__}.Greeting"]
    browser = signed_in()
    text = text_of(browser)
    assert "A greeting" in text
    assert "dear zhang" in text
    assert "Waved to zhang." in press(browser, "/account/greeting/wave/")
    # It is told once.
    assert "Waved to zhang." not in text_of(browser)


def test_every_section_has_a_name_of_its_own() -> None:
    names = [section.name for section in sections()]
    assert len(names) == len(set(names))


def queries_of(browser: HttpClient) -> int:
    with CaptureQueriesContext(connection) as captured:
        text_of(browser)
    return len(captured)


def test_the_number_of_queries_does_not_grow(zhang: User) -> None:
    browser = signed_in()
    before = queries_of(browser)
    for number in range(60):
        other_session(zhang, user_agent=f"app/{number}")
        event(zhang, client_name=f"app {number}")
    assert queries_of(browser) == before
    text = text_of(browser)
    assert text.count("Sign out there") == 49
    assert "There are more" in text
