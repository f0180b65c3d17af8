"""The sign-in page for applications' people: which tenant's it is, and what it shows of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.branding import readable_ink
from tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def page(client: HttpClient, code: str) -> tuple[str, str]:
    """The page's text and its policy."""
    response = client.get("/account/login/", {"tenant": code})
    assert response.status_code == 200
    return response.content.decode(), response["Content-Security-Policy"]


def test_a_known_tenant_shows_its_name_logo_and_colour(client: HttpClient) -> None:
    make_tenant("acme", "Acme 制造", logo_url="https://cdn.example/logo.png", primary_color="#1d4ed8")
    text, policy = page(client, "acme")
    assert "Acme 制造" in text
    assert 'src="https://cdn.example/logo.png"' in text
    assert 'type="hidden" name="tenant" value="acme"' in text
    nonce = text.partition('<style nonce="')[2].partition('"')[0]
    assert nonce
    assert f"style-src 'self' 'nonce-{nonce}';" in policy
    assert "--action: #1d4ed8; --action-ink: #ffffff" in text
    assert f"nonce-{nonce}" not in page(client, "acme")[1]


@pytest.mark.parametrize(
    "fields",
    [{}, {"primary_color": "red;}"}, {"logo_url": "http://cdn.example/logo.png"}],
    ids=["plain", "no colour", "plain http"],
)
def test_what_the_policy_would_not_let_pass_is_left_out(client: HttpClient, fields: dict[str, Any]) -> None:
    make_tenant("acme", "Acme", **fields)
    text, policy = page(client, "acme")
    assert "<style" not in text
    assert "<img" not in text
    assert "nonce" not in policy


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}], ids=["disabled", "expired"]
)
def test_a_tenant_that_cannot_be_used_is_not_named(client: HttpClient, fields: dict[str, Any]) -> None:
    make_tenant("acme", "Acme 制造", **fields)
    text, _policy = page(client, "acme")
    assert "Acme 制造" not in text
    assert 'type="text" name="tenant" value="acme"' in text


@pytest.mark.parametrize(
    ("colour", "ink"),
    [("#ffffff", "#000000"), ("#000000", "#ffffff"), ("#facc15", "#000000"), ("#1d4ed8", "#ffffff")],
)
def test_the_ink_can_be_read_on_the_colour(colour: str, ink: str) -> None:
    assert readable_ink(colour) == ink
