"""The console's pages for clients: what is made there holds at once at the token endpoint; a secret is shown once."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from oauthx.models import Client
from oauthx.signing import create_key
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/oauthx/client/", "/admin/oauthx/client/add/?kind=custom"
NEW: dict[str, Any] = {
    "name": "Portal",
    "client_id": "portal",
    "dialects": ["connect"],
    "grant_types": ["password", "client_credentials"],
    "scopes": ["all"],
}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(tenant, "boss"))
    return client


@pytest.fixture
def platform(tenant: Tenant) -> HttpClient:
    browser = HttpClient()
    browser.force_login(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    return browser


def add(browser: HttpClient, **changes: Any) -> Any:
    return send_form(browser, ADD, "client_form", **{**NEW, **changes})


def address(client: Client, page: str = "change") -> str:
    return f"{LIST}{client.pk}/{page}/"


def portal() -> Client:
    client: Client = Client.objects.get(client_id="portal")
    return client


def shown_secret(response: Any) -> str:
    """What the page shows for copying."""
    assert response.status_code == 200
    found = re.search(r'id="client-secret"[^>]* value="([^"]+)"', response.content.decode())
    assert found, "the page shows no secret"
    return found[1]


def token_status(secret: str, client_id: str = "portal", **params: str) -> int:
    return int(ask_connect(client_id, secret, **{"grant_type": "client_credentials", **params}).status_code)


def test_a_new_client_gets_tokens_at_once(boss: HttpClient, tenant: Tenant) -> None:
    assert token_status("x") == 401
    secret = shown_secret(add(boss))
    client = portal()
    assert (client.tenant, client.dialects, client.scopes) == (tenant, ["connect"], ["all"])
    assert client.grant_types == NEW["grant_types"]
    assert len(secret) == 43
    assert token_status(secret) == 200
    make_user(tenant, "worker", "a password")
    person = {"grant_type": "password", "username": "worker", "password": "a password"}
    assert token_status(secret, **person) == 200
    assert send_form(boss, address(client), "client_form", grant_types=["password"]).status_code == 302
    assert token_status(secret) == 400
    assert send_form(boss, address(client), "client_form", is_active=None).status_code == 302
    assert token_status(secret, **person) == 401


def test_a_secret_is_shown_once_and_kept_nowhere(boss: HttpClient, caplog: pytest.LogCaptureFixture) -> None:
    response = add(boss)
    secret = shown_secret(response)
    assert "no-store" in response["Cache-Control"]
    assert "Location" not in response
    client = portal()
    assert client.client_secret.startswith("generated_secret$")
    later = [boss.get(LIST), boss.get(address(client)), boss.get(address(client, "history")), boss.get("/admin/")]
    kept = [
        *(page.content.decode() for page in later),
        caplog.text,
        str(Client.objects.values().get(pk=client.pk)),
        str(list(LogEntry.objects.values_list("change_message", "object_repr"))),
        *(str(session.get_decoded()) for session in Session.objects.all()),
        str(response.cookies),
    ]
    assert not [text for text in kept if secret in text]


def test_sending_the_form_twice_makes_one_client(boss: HttpClient) -> None:
    secret = shown_secret(add(boss))
    assert list(errors_of(add(boss))) == ["client_id"]
    assert token_status(secret) == 200


def test_the_page_with_the_secret_leads_on_to_where_saving_would_have_led(boss: HttpClient) -> None:
    page = add(boss).content.decode()
    assert f'href="{LIST}"' in page
    page = add(boss, client_id="second", _continue="1").content.decode()
    assert f'href="{address(Client.objects.get(client_id="second"))}"' in page


def test_a_secret_can_be_taken_over(boss: HttpClient) -> None:
    response = add(boss, imported_secret="sword_secret")
    assert response.status_code == 302
    assert portal().client_secret.startswith("chosen_secret$")
    assert token_status("sword_secret") == 200
    # It is asked for again when something else was wrong, and never sent back.
    response = add(boss, client_id="second", imported_secret="taken over", dialects=[])
    assert list(errors_of(response)) == ["dialects"]
    assert "taken over" not in response.content.decode()


def test_a_new_secret_beside_the_old_one(boss: HttpClient) -> None:
    old = shown_secret(add(boss))
    new = shown_secret(_rotate(boss, overlap="86400"))
    assert token_status(old) == token_status(new) == 200
    until = portal().previous_secret_expires_at
    assert until is not None
    assert timedelta(hours=23) < until - timezone.now() <= timedelta(days=1)
    assert "旧密钥在" in boss.get(address(portal())).content.decode()
    third = shown_secret(_rotate(boss, overlap="0"))
    assert [token_status(secret) for secret in (old, new, third)] == [401, 401, 200]


def _rotate(browser: HttpClient, **changes: str) -> Any:
    page = address(portal(), "rotate-secret")
    values: dict[str, Any] = {"current": browser.get(page).context["form"]["current"].value(), **changes}
    return browser.post(page, values)


def test_sending_the_rotation_twice_makes_one_secret(boss: HttpClient) -> None:
    add(boss)
    page = address(portal(), "rotate-secret")
    values = {"current": boss.get(page).context["form"]["current"].value(), "overlap": "0"}
    secret = shown_secret(boss.post(page, values))
    again = boss.post(page, values)
    assert list(again.context["form"].errors) == ["current"]
    assert token_status(secret) == 200


@pytest.mark.parametrize("values", [{}, {"overlap": "0"}, {"overlap": "999999999"}], ids=str)
def test_opening_or_forging_the_page_changes_nothing(boss: HttpClient, values: dict[str, str]) -> None:
    secret = shown_secret(add(boss))
    page = address(portal(), "rotate-secret")
    boss.get(page)
    assert boss.post(page, values).status_code == 200
    assert token_status(secret) == 200


def test_a_public_client_has_no_secret(boss: HttpClient, tenant: Tenant) -> None:
    fields = {"client_type": "public", "grant_types": ["password"]}
    assert list(errors_of(add(boss, imported_secret="x", **fields))) == ["imported_secret"]
    assert add(boss, **fields).status_code == 302
    client = portal()
    make_user(tenant, "worker", "a password")
    person = {"grant_type": "password", "username": "worker", "password": "a password"}
    assert token_status("", **person) == 200
    assert boss.get(address(client, "rotate-secret")).status_code == 403
    # It becomes confidential: with a secret of its own, and not with an empty one.
    secret = shown_secret(send_form(boss, address(client), "client_form", client_type="confidential"))
    assert [token_status(sent, **person) for sent in ("", secret)] == [401, 200]
    assert send_form(boss, address(client), "client_form", client_type="public").status_code == 302
    assert token_status(secret, **person) == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dialects": []}, "dialects"),
        ({"dialects": ["made-up"]}, "dialects"),
        ({"grant_types": ["made-up"]}, "grant_types"),
        ({"scopes": ["made-up"]}, "scopes"),
        ({"grant_types": ["authorization_code"]}, "redirect_uris"),
        ({"redirect_uris": "javascript:alert(1)"}, "redirect_uris"),
        ({"scopes": ["openid"], "algorithm": ""}, "algorithm"),
        ({"client_type": "public"}, "client_type"),
        ({"access_token_lifetime_seconds": "0"}, "access_token_lifetime_seconds"),
        ({"client_id": "with space"}, "client_id"),
        ({"client_id": "with:colon"}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"jwks": "NaN"}, "jwks"),
        ({"jwks": '["a list"]'}, "jwks"),
        ({"jwks": '{"keys": "\\u0000"}'}, "jwks"),
        ({"jwks": '{"keys": "\\ud800"}'}, "jwks"),
        ({"jwks": "[" * 100_000}, "jwks"),
        ({"jwks": '{"keys": ' + "9" * 5000 + "}"}, "jwks"),
        ({"authenticates_by": "private_key_jwt"}, "jwks"),
        ({"jwks_uri": "http://app.example/jwks"}, "jwks_uri"),
        ({"backchannel_logout_uri": "javascript:alert(1)"}, "backchannel_logout_uri"),
        ({"frontchannel_logout_uri": "/logout"}, "frontchannel_logout_uri"),
        ({"post_logout_redirect_uris": "javascript:alert(1)"}, "post_logout_redirect_uris"),
        ({"allowed_origins": "https://app.example/path"}, "allowed_origins"),
        ({"algorithm": "HS256"}, "algorithm"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_wrong_stands_beside_its_field(boss: HttpClient, changes: dict[str, Any], field: str) -> None:
    assert list(errors_of(add(boss, **changes))) == [field]
    assert not Client.objects.exists()


def test_what_the_app_needs_of_openid_connect_is_kept(boss: HttpClient) -> None:
    wanted: dict[str, Any] = {
        "requires_pkce": None,
        "requires_pushed_requests": "on",
        "post_logout_redirect_uris": "https://app.example/bye",
        "frontchannel_logout_uri": "https://app.example/front",
        "backchannel_logout_uri": "https://app.example/back",
        "allowed_origins": "https://app.example",
        "access_token_format": "opaque",
        "algorithm": "ES256",
        "userinfo_algorithm": "PS256",
    }
    shown_secret(add(boss, **wanted))
    client = portal()
    kept = {name: getattr(client, name) for name in wanted}
    assert kept == {**wanted, "requires_pkce": False, "requires_pushed_requests": True}
    # Saving the page as it stands changes nothing.
    before = Client.objects.values().get(pk=client.pk)
    assert send_form(boss, address(client), "client_form").status_code == 302
    after = Client.objects.values().get(pk=client.pk)
    assert {name for name in before if before[name] != after[name]} <= {"updated"}


# --- Clients with a key of their own ---------------------------------------------------------------------------------


def key_fields() -> dict[str, Any]:
    """The fields of a client that proves itself by this key."""
    key = create_key("ES256")
    return {"authenticates_by": "private_key_jwt", "jwks": json.dumps({"keys": [key.public_jwk]})}


def test_a_client_with_a_key_has_no_secret(boss: HttpClient) -> None:
    fields = key_fields()
    assert list(errors_of(add(boss, imported_secret="x", **fields))) == ["imported_secret"]
    assert add(boss, **fields).status_code == 302
    client = portal()
    assert client.jwks == json.loads(fields["jwks"])
    assert not client.has_secret
    assert boss.get(address(client, "rotate-secret")).status_code == 403
    page = boss.get(address(client)).content.decode()
    assert "rotate-secret" not in page
    # Legible, and the same when it is sent again.
    assert form_values(boss.get(address(client)), "client_form")["jwks"] == [json.dumps(client.jwks, indent=2)]
    assert send_form(boss, address(client), "client_form").status_code == 302
    assert portal().jwks == client.jwks


def test_a_client_that_changes_how_it_proves_itself_keeps_no_old_secret(boss: HttpClient) -> None:
    secret = shown_secret(add(boss))
    client = portal()
    assert send_form(boss, address(client), "client_form", **key_fields()).status_code == 302
    assert token_status(secret) == 401
    back = {"authenticates_by": "secret", "jwks": ""}
    new = shown_secret(send_form(boss, address(client), "client_form", **back))
    assert portal().jwks is None
    assert [token_status(sent) for sent in (secret, new)] == [401, 200]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_type": "public", "grant_types": ["password"]}, "authenticates_by"),
        ({"jwks_uri": "https://app.example/jwks"}, "jwks_uri"),
        ({"jwks": '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'}, "jwks"),
    ],
    ids=["public", "both", "secret key"],
)
def test_a_client_with_a_key_that_cannot_work_is_refused(boss: HttpClient, changes: dict[str, Any], field: str) -> None:
    assert list(errors_of(add(boss, **{**key_fields(), **changes}))) == [field]


def test_shared_clients_are_the_platforms(boss: HttpClient, platform: HttpClient, tenant: Tenant) -> None:
    served = {"served_tenants": [str(tenant.pk)]}
    assert list(errors_of(add(platform))) == ["served_tenants"]
    assert list(errors_of(add(platform, tenant=tenant.pk, **served))) == ["served_tenants"]
    secret = shown_secret(add(platform, **served))
    make_user(tenant, "worker", "a password")
    person = {"grant_type": "password", "username": "worker", "password": "a password"}
    assert token_status(secret, **person, acr_values="tenant:acme") == 200
    # A tenant's administrator makes his own alone, whatever he sends.
    assert not {"tenant", "served_tenants"} & form_values(boss.get(ADD), "client_form").keys()
    add(boss, client_id="mine", tenant="", **served)
    mine = Client.objects.get(client_id="mine")
    assert mine.tenant == tenant
    assert not mine.served_tenants.exists()
    send_form(boss, address(mine), "client_form", tenant="", **served)
    assert Client.objects.get(client_id="mine").tenant == tenant
    # And he neither sees a shared one nor changes it.
    shared = portal()
    assert shared not in boss.get(LIST).context["cl"].queryset
    assert boss.post(address(shared, "rotate-secret"), {"overlap": "0"}).status_code == 404


def test_what_the_form_does_not_show_cannot_be_set(boss: HttpClient, tenant: Tenant) -> None:
    client = make_client("portal", "secret", tenant=tenant, **{k: v for k, v in NEW.items() if k.endswith("s")})
    before = Client.objects.values().get(pk=client.pk)
    forged = {
        "client_id": "other", "client_secret": "x", "hash_client_secret": None, "user": User.objects.get().pk,
        "registration_source": "dcr", "authorization_grant_type": "implicit", "previous_client_secret": "x",
        "imported_secret": "x",
    }  # fmt: skip
    assert send_form(boss, address(client), "client_form", **forged).status_code == 302
    after = Client.objects.values().get(pk=client.pk)
    assert {name for name in before if before[name] != after[name]} <= {"updated"}


def test_deleting_a_client_asks_for_no_right_to_delete_tokens(boss: HttpClient, tenant: Tenant) -> None:
    secret = shown_secret(add(boss))
    assert token_status(secret) == 200
    client = portal()
    question = boss.get(address(client, "delete")).content.decode()
    assert "访问令牌: 1" in question
    assert boss.post(address(client, "delete"), {"post": "yes"}).status_code == 302
    assert token_status(secret) == 401


def test_a_client_leads_to_its_page(boss: HttpClient) -> None:
    add(boss)
    assert portal().get_absolute_url() == reverse("admin:oauthx_client_change", args=[portal().pk])


@pytest.mark.parametrize("text", ['{"keys": [{"kty": "RSA", "d": "%s"}]}', '{"keys": [{"kty": "RSA", "d": "%s"'])
def test_a_private_key_that_slipped_in_is_not_shown_again(boss: HttpClient, text: str) -> None:
    response = add(boss, jwks=text % "a-private-exponent")
    assert "jwks" in errors_of(response)
    assert "a-private-exponent" not in response.content.decode()
