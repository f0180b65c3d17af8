"""The console's pages for sessions, tokens and keys: to look, never at a secret, and to end what should not go on."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import LoginEvent, User
from oauthx.claims import digest
from oauthx.models import AccessToken, DeviceGrant, RefreshToken, SigningKey, TokenFamily
from oauthx.signing import create_key, ensure_keys
from tenants.models import Tenant
from tests.factories import make_administrator, make_connect_client, make_tenant, make_user
from tests.tokens import ask_connect

pytestmark = pytest.mark.django_db

PASSWORD = "a password"


@pytest.fixture
def tenant() -> Tenant:
    tenant = make_tenant("acme", "Acme")
    make_connect_client(tenant)
    make_user(tenant, "worker", PASSWORD, real_name="王五")
    return tenant


@pytest.fixture
def boss(tenant: Tenant, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(tenant, "boss"))
    return client


def sign_in() -> dict[str, Any]:
    answer = ask_connect("client1", "secret", grant_type="password", username="worker", password=PASSWORD)
    assert answer.status_code == 200
    tokens: dict[str, Any] = answer.json()
    return tokens


def refresh_status(tokens: dict[str, Any]) -> int:
    answer = ask_connect("client1", "secret", grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    return int(answer.status_code)


def end(browser: HttpClient, model: type[Any], *rows: Any) -> Any:
    address = f"/admin/oauthx/{model._meta.model_name}/"
    form = {"action": "end_selected", "_selected_action": [str(row.pk) for row in rows], "index": "0", "post": "yes"}
    return browser.post(address, form, follow=True)


@pytest.mark.parametrize("model", [TokenFamily, AccessToken, RefreshToken], ids=lambda model: model.__name__)
def test_a_session_is_ended_at_once(boss: HttpClient, model: type[Any]) -> None:
    tokens, other = sign_in(), sign_in()
    ended, kept = model._default_manager.order_by("pk") if model is not TokenFamily else _families()
    end(boss, model, ended)
    assert [refresh_status(tokens), refresh_status(other)] == [400, 200]
    event = LoginEvent.objects.get(kind="logout")
    assert (event.account, event.real_name, event.actor, event.reason) == ("worker", "王五", "boss", "console")
    assert (event.client_id, event.dialect) == ("client1", "connect")
    # Once more: it has ended, and no second event says so.
    end(boss, model, ended)
    assert LoginEvent.objects.filter(kind="logout").count() == 1
    assert kept != ended


def test_what_would_end_with_a_token_is_said_first(boss: HttpClient) -> None:
    tokens = sign_in()
    assert ask_connect("client1", "secret", grant_type="client_credentials", scope="all").status_code == 200
    rows = list(AccessToken.objects.order_by("pk"))
    form = {"action": "end_selected", "_selected_action": [str(row.pk) for row in rows], "index": "0"}
    question = boss.post("/admin/oauthx/accesstoken/", form, headers={"Accept-Language": "en"})
    for words in ("1 session in an application", "1 token that belongs to no session", "worker"):
        assert words in question.content.decode()
    assert AccessToken.objects.filter(token_family=None).exists()
    assert TokenFamily.objects.get(user__account="worker").ended_at is None
    end(boss, AccessToken, *rows)
    assert refresh_status(tokens) == 400
    assert not AccessToken.objects.filter(token_family=None).exists()


def test_what_belongs_to_a_superior_is_not_ended_token_by_token_either(boss: HttpClient, tenant: Tenant) -> None:
    User.objects.filter(account="worker").update(is_superuser=True)
    tokens = sign_in()
    for model in (AccessToken, RefreshToken):
        row = model._default_manager.get()
        form = {"action": "end_selected", "_selected_action": str(row.pk), "index": "0"}
        question = boss.post(f"/admin/oauthx/{model._meta.model_name}/", form)
        assert (question.context["left_out"], question.context["ending"].whose) == (1, ())
        answer = end(boss, model, row)
        assert [message.level_tag for message in answer.context["messages"]] == ["info", "warning"]
    assert refresh_status(tokens) == 200


def _families() -> list[TokenFamily]:
    return list(TokenFamily.objects.order_by("auth_time"))


def test_a_token_is_called_by_its_kind_and_number(boss: HttpClient) -> None:
    sign_in()
    for model, name in ((AccessToken, "访问令牌"), (RefreshToken, "刷新令牌")):
        token = model._default_manager.get()
        page = boss.get(f"/admin/oauthx/{model._meta.model_name}/{token.pk}/change/").content.decode()
        assert f"{name} #{token.pk}" in page


def test_a_clients_own_token_is_ended_alone(boss: HttpClient) -> None:
    assert ask_connect("client1", "secret", grant_type="client_credentials", scope="all").status_code == 200
    end(boss, AccessToken, AccessToken.objects.get())
    assert not AccessToken.objects.exists()
    assert LoginEvent.objects.get(kind="logout").client_id == "client1"


def test_who_may_only_look_ends_nothing(tenant: Tenant, client: HttpClient) -> None:
    sign_in()
    client.force_login(make_administrator(tenant, "viewer", permissions=["oauthx.view_tokenfamily"]))
    assert client.get("/admin/oauthx/tokenfamily/").status_code == 200
    end(client, TokenFamily, TokenFamily.objects.get())
    assert TokenFamily.objects.get().ended_at is None


def test_no_token_and_no_digest_is_shown(boss: HttpClient) -> None:
    tokens = sign_in()
    hidden = {tokens["access_token"], tokens["refresh_token"], tokens.get("id_token", tokens["access_token"])}
    for model in (AccessToken, RefreshToken):
        hidden |= set(model._default_manager.values_list("token_checksum", flat=True))
    for name in ("accesstoken", "refreshtoken", "idtoken", "tokenfamily"):
        page = boss.get(f"/admin/oauthx/{name}/")
        row = page.context["cl"].queryset.get()
        for text in (page.content.decode(), boss.get(f"/admin/oauthx/{name}/{row.pk}/change/").content.decode()):
            assert "worker" in text
            assert not [secret for secret in hidden if secret in text]


def test_a_key_shows_no_private_part(boss: HttpClient, tenant: Tenant) -> None:
    ensure_keys()
    own = create_key("HS256", tenant=tenant)
    platform = HttpClient()
    platform.force_login(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    for key in SigningKey.objects.all():
        secret = key.private_part().decode()
        page = platform.get(f"/admin/oauthx/signingkey/{key.pk}/change/").content.decode()
        assert key.kid in page
        assert key.encrypted_private_part not in page
        assert not [line for line in secret.splitlines() if line in page]
        assert boss.get(f"/admin/oauthx/signingkey/{key.pk}/change/").status_code == (200 if key == own else 404)
    for method in (platform.get, platform.post):
        assert method("/admin/oauthx/signingkey/add/").status_code == 403
        assert method(f"/admin/oauthx/signingkey/{own.pk}/delete/").status_code == 403


def test_a_device_code_shows_its_state_and_no_code(boss: HttpClient, tenant: Tenant) -> None:
    now, worker = timezone.now(), User.objects.get(account="worker")
    common = {"client_id": "client1", "tenant": tenant, "scope": "openid", "expires": now + timedelta(minutes=5)}
    decided = {**common, "user": worker}
    states: dict[str, dict[str, Any]] = {
        "waiting": common,
        "expired": {**common, "expires": now},
        "allowed": {**decided, "status": DeviceGrant.AUTHORIZED},
        "not allowed": {**decided, "status": DeviceGrant.DENIED},
        "used up": {**decided, "status": DeviceGrant.AUTHORIZED, "family_id": uuid4()},
    }
    english = {"Accept-Language": "en"}
    for number, (state, fields) in enumerate(states.items()):
        codes = {"device_code": digest(state), "user_code": f"BCDFGHJ{'KLMNP'[number]}"}
        grant = DeviceGrant.objects.create(**codes, **fields)
        for address in ("/admin/oauthx/devicegrant/", f"/admin/oauthx/devicegrant/{grant.pk}/change/"):
            page = boss.get(address, headers=english).content.decode()
            assert state in page
            assert "client1" in page
            assert not [code for code in codes.values() if code in page]
