"""Signing keys: made, rotated with an overlap, imported, exported, and unreadable at rest."""

import io
import sys
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client as HttpClient
from django.utils import timezone, translation
from joserfc import jwk, jwt

from oauthx.models import SigningKey
from oauthx.signing import JWKS_MAX_AGE_SECONDS, create_key, discard_keys, ensure_keys, replace_key, signing_backend
from tenants import registry
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    with translation.override("en"):
        call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def client_credentials(http: HttpClient) -> str:
    body = "grant_type=client_credentials&client_id=client1&client_secret=secret"
    response = http.post("/connect/token", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200, response.content
    token: str = response.json()["access_token"]
    return token


def user_token(http: HttpClient) -> str:
    form = {"grant_type": "password", "username": "admin", "password": factories.ADMIN_MD5, "scope": "all"}
    headers = {"Authorization": "Basic c2FiZXI6Y2Ftc19zYWJlcl9zZWNyZXQ="}
    token: str = http.post("/cams-auth/oauth/token", form, headers=headers).json()["access_token"]
    return token


def user_info(http: HttpClient, token: str) -> int:
    return http.get("/cams-auth/oauth/user-info", headers={"Blade-Auth": f"bearer {token}"}).status_code


@pytest.fixture
def tenant() -> Any:
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_saber(tenant)
    factories.make_connect_client(tenant)
    return tenant


def test_a_key_is_made_at_first_need_and_encrypted_at_rest(tenant: Any, client: HttpClient) -> None:
    user_token(client)
    key = SigningKey.objects.get(algorithm="HS256")
    with connection.cursor() as cursor:
        cursor.execute("SELECT encrypted_private_part FROM oauthx_signingkey")
        stored = cursor.fetchone()[0]
    assert key.private_part().decode() not in stored
    assert repr(key.private_part()) not in repr(key)


def test_a_key_opens_with_an_older_encryption_key_but_not_with_a_strange_one(settings: Any) -> None:
    key = create_key("HS256")
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.KEY_ENCRYPTION_KEYS]
    assert key.private_part()
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(InvalidToken):
        key.private_part()


def test_after_a_rotation_old_tokens_verify_until_the_overlap_is_over(tenant: Any, client: HttpClient) -> None:
    old = user_token(client)
    assert "retires" in run("rotate_signing_key", "--algorithm", "HS256")
    new = user_token(client)
    assert [user_info(client, token) for token in (old, new)] == [200, 200]
    SigningKey.objects.filter(status="retired").update(verifies_until=timezone.now() - timedelta(seconds=1))
    registry.bump()  # QuerySet.update sends no signal
    assert [user_info(client, token) for token in (old, new)] == [401, 200]


def published(http: HttpClient) -> list[str]:
    return [key["kid"] for key in http.get("/.well-known/openid-configuration/jwks").json()["keys"]]


def let_everyone_know(algorithm: str = "RS256") -> None:
    """As if the next key had been published for long enough."""
    SigningKey.objects.filter(algorithm=algorithm, status="next").update(
        created_at=timezone.now() - timedelta(seconds=JWKS_MAX_AGE_SECONDS)
    )


def test_the_next_key_is_published_before_it_signs(tenant: Any, client: HttpClient) -> None:
    ensure_keys()
    announced = SigningKey.objects.get(algorithm="RS256", status="next").kid
    assert published(client) == [signing_backend("RS256", None).key.kid, announced]
    let_everyone_know()
    assert f"{announced} is active" in run("rotate_signing_key")
    assert published(client)[0] == announced
    assert signing_backend("RS256", None).key.kid == announced
    assert len(published(client)) == 3, "active, next, retired"


def test_waits_until_everyone_can_know_the_next_key(tenant: Any) -> None:
    ensure_keys()
    before = list(SigningKey.objects.values())
    assert "Run this again after" in run("rotate_signing_key")
    assert list(SigningKey.objects.values()) == before
    assert "is active" in run("rotate_signing_key", "--now")


def test_announces_a_key_where_none_is_announced(tenant: Any, client: HttpClient) -> None:
    client_credentials(client)
    SigningKey.objects.filter(status="next").delete()
    assert "published from now on" in run("rotate_signing_key", "--dry-run")
    assert not SigningKey.objects.filter(status="next").exists()
    assert "published from now on" in run("rotate_signing_key")
    assert SigningKey.objects.filter(algorithm="RS256", status="next").count() == 1


@pytest.mark.parametrize("options", [(), ("--leaked",)], ids=["rotated", "leaked"])
def test_every_rotation_announces_one_next_key_also_where_none_was(tenant: Any, options: tuple[str, ...]) -> None:
    create_key("RS256")
    said = run("rotate_signing_key", "--now", *options)
    announced = SigningKey.objects.get(algorithm="RS256", status="next")
    assert f"{announced} is announced as the next one." in said


def test_who_replaces_or_discards_a_key_without_the_command_leaves_a_next_one(tenant: Any) -> None:
    """Else the rotation after that could not be made without `--now`."""
    for algorithm in ("RS256", "HS256"):
        create_key(algorithm)
        replace_key(algorithm, tenant=None, overlap=timedelta(hours=1), now=NOW())
    assert SigningKey.objects.get(status="next").algorithm == "RS256"
    for algorithm in ("RS256", "HS256"):
        discard_keys(algorithm, tenant=None)
    assert SigningKey.objects.get(status="next").algorithm == "RS256"


def test_a_leaked_key_and_the_announced_one_end_at_once(tenant: Any, client: HttpClient) -> None:
    ensure_keys()
    token = client_credentials(client)
    before = set(published(client))
    assert "end now" in run("rotate_signing_key", "--leaked")
    assert not before & set(published(client))
    userinfo = client.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert userinfo.status_code == 401
    with pytest.raises(CommandError):
        run("rotate_signing_key", "--leaked", "--overlap-seconds", "5")


def test_the_jwks_shows_old_and_new_key_and_anyone_can_verify_with_it(tenant: Any, client: HttpClient) -> None:
    old = client_credentials(client)
    run("rotate_signing_key", "--now")
    new = client_credentials(client)
    published = client.get("/.well-known/openid-configuration/jwks").json()
    assert len(published["keys"]) == 3
    assert all("d" not in key and key["use"] == "sig" for key in published["keys"])
    keys = jwk.KeySet.import_key_set(published)
    for token in (old, new):
        assert jwt.decode(token, keys, algorithms=["RS256"]).claims["client_id"] == "client1"


def test_a_dry_run_changes_nothing(tenant: Any) -> None:
    create_key("RS256")
    before = list(SigningKey.objects.values())
    assert "Nothing changed" in run("rotate_signing_key", "--now", "--dry-run")
    assert list(SigningKey.objects.values()) == before


def test_an_imported_secret_signs_what_a_resource_server_already_verifies(
    tenant: Any, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a-secret-that-resource-servers-hold\n"))
    run("import_signing_key")
    key = jwk.OctKey.import_key("a-secret-that-resource-servers-hold")
    assert jwt.decode(user_token(client), key, algorithms=["HS256"]).claims["account"] == "admin"
    assert run("export_signing_key", "--algorithm", "HS256").strip() == "a-secret-that-resource-servers-hold"


def test_importing_nothing_says_how_to_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="standard input"):
        run("import_signing_key")


def test_a_publicly_known_secret_draws_a_warning_and_is_refused_in_production(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("BladeX"))
    with pytest.raises(CommandError, match="printed in public"):
        run("import_signing_key")
    settings.HUFU_DEVELOPMENT = True
    monkeypatch.setattr(sys, "stdin", io.StringIO("BladeX"))
    assert "printed in public" in run("import_signing_key")


def test_a_tenants_own_key_wins_over_the_installations(tenant: Any, client: HttpClient) -> None:
    create_key("HS256")
    assert "is active" in run("rotate_signing_key", "--algorithm", "HS256", "--tenant", tenant.code)
    exported = run("export_signing_key", "--algorithm", "HS256", "--tenant", tenant.code).strip()
    token = user_token(client)
    assert jwt.decode(token, jwk.OctKey.import_key(exported), algorithms=["HS256"]).claims["account"] == "admin"
    assert user_info(client, token) == 200


def test_exporting_a_public_key_prints_a_pem_that_verifies(tenant: Any, client: HttpClient) -> None:
    token = client_credentials(client)
    pem = run("export_signing_key", "--algorithm", "RS256")
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert jwt.decode(token, jwk.RSAKey.import_key(pem), algorithms=["RS256"]).claims["client_id"] == "client1"


@pytest.mark.parametrize("command", ["rotate_signing_key", "export_signing_key"])
def test_an_unknown_tenant_is_named_with_those_that_there_are(tenant: Any, command: str) -> None:
    with pytest.raises(CommandError, match="000000"):
        run(command, "--algorithm", "HS256", "--tenant", "999999")


def test_a_tenant_cannot_have_an_asymmetric_key_of_its_own(tenant: Any) -> None:
    with pytest.raises(CommandError, match="HS256"):
        run("rotate_signing_key", "--tenant", tenant.code)


def test_only_one_key_is_active_for_an_algorithm() -> None:
    create_key("HS256")
    with pytest.raises(IntegrityError), transaction.atomic():
        create_key("HS256")
    replace_key("HS256", tenant=None, overlap=timedelta(hours=1), now=NOW())
    assert SigningKey.objects.filter(status="active").count() == 1


def test_a_token_of_another_installation_is_refused(tenant: Any, client: HttpClient) -> None:
    token = user_token(client)
    assert user_info(client, token) == 200
    forged = signing_backend("HS256", None)
    claims = {"exp": 9_999_999_999, "user_id": "1"}
    assert user_info(client, forged.encode(claims, {"typ": "JWT"})) == 401
    header, payload, signature = token.split(".")
    assert user_info(client, f"{header}.{payload}.{signature[:-2]}AA") == 401


@pytest.mark.parametrize("field", ["algorithm", "userinfo_algorithm"])
def test_a_clients_key_is_published_before_it_signs(tenant: Any, client: HttpClient, field: str) -> None:
    """Who fetched the keys just before the first token knows its key."""
    factories.make_client("es", "secret", tenant=tenant, **{field: "ES256"})
    shown = {key["kid"]: key["alg"] for key in client.get("/.well-known/openid-configuration/jwks").json()["keys"]}
    signing, announced = SigningKey.objects.filter(algorithm="ES256").order_by("status")
    assert (signing.status, announced.status) == ("active", "next")
    assert shown[signing.kid] == shown[announced.kid] == "ES256"
