"""Secrets of others at rest: in a dump, under a new key, and when their key is lost."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import Directory, SmsGateway, WechatApp
from oauthx.models import SigningKey
from oauthx.signing import create_key
from tenants.encryption import Secret
from tests import factories

PLAIN = "a secret word"


@pytest.fixture
def secrets(db: None) -> list[Any]:
    """One row of each model that keeps a secret."""
    tenant = factories.make_tenant()
    create_key("HS256")
    directory = Directory.objects.create(
        tenant=tenant, name="AD", servers="ldaps://dc", base_dn="DC=x", service_account="x", service_password=PLAIN
    )
    gateway = SmsGateway.objects.create(tenant=tenant, name="peer", kind="http", secret=PLAIN)
    app = WechatApp.objects.create(tenant=tenant, name="app", app_id="wx1", secret=PLAIN)
    WechatApp.objects.create(tenant=tenant, name="without a secret", app_id="wx2")
    return [directory, gateway, app]


def revealed(rows: list[Any]) -> set[str]:
    """What the rows' secrets are, read anew."""
    for row in rows:
        row.refresh_from_db()
    directory, gateway, app = rows
    return {directory.service_password.reveal(), gateway.secret.reveal(), app.secret.reveal()}


def reencrypt(*arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("reencrypt_secrets", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_every_secret_outlives_a_change_of_the_key(secrets: list[Any], settings: Any) -> None:
    old, new = settings.KEY_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    key = SigningKey.objects.get().private_part()
    settings.KEY_ENCRYPTION_KEYS = [new, old]
    for done in ("1 of 1", "0 of 1"):
        printed = reencrypt()
        for place in ("oauthx.signingkey.encrypted_private_part", "accounts.directory.service_password",
                      "accounts.smsgateway.secret", "accounts.wechatapp.secret"):  # fmt: skip
            assert f"{place}: {done}" in printed
    settings.KEY_ENCRYPTION_KEYS = [new]
    assert revealed(secrets) == {PLAIN}
    assert SigningKey.objects.get().private_part() == key
    assert PLAIN not in printed


def test_a_preview_encrypts_nothing(secrets: list[Any], settings: Any) -> None:
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.KEY_ENCRYPTION_KEYS]
    assert "accounts.directory.service_password: 1 of 1" in reencrypt("--dry-run")
    settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
    with pytest.raises(InvalidToken):
        revealed(secrets)


def test_a_secret_whose_key_is_lost_is_named_and_left(secrets: list[Any], settings: Any) -> None:
    kept, strange = settings.KEY_ENCRYPTION_KEYS, Fernet.generate_key()
    lost = Fernet(strange).encrypt(b"x").decode()
    Directory.objects.update(service_password=Secret(lost))
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *kept]
    with pytest.raises(CommandError, match=f"accounts.directory.service_password {secrets[0].pk}"):
        reencrypt()
    assert Directory.objects.get().service_password.encrypted == lost
    # The others were done all the same.
    settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
    assert SmsGateway.objects.get().secret.reveal() == PLAIN


def test_the_deploy_check_tries_every_secret(secrets: list[Any], settings: Any) -> None:
    settings.HUFU_DEVELOPMENT = False
    assert not {"hufu.W005", "hufu.E007"} & {message.id for message in run_checks(databases=["default"])}
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    found = [message.msg for message in run_checks(databases=["default"]) if message.id == "hufu.W005"]
    assert [text.split()[2] for text in sorted(found, key=lambda text: text.split()[2])] == [
        "accounts.directory.service_password", "accounts.smsgateway.secret", "accounts.wechatapp.secret",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_dump_is_loaded_as_it_was(secrets: list[Any], tmp_path: Path, form: str) -> None:
    file = tmp_path / f"dump.{form}"
    call_command(
        "dumpdata", "accounts.directory", "accounts.smsgateway", "accounts.wechatapp", output=str(file), format=form
    )
    assert PLAIN not in file.read_text()
    Directory.objects.all().delete()
    SmsGateway.objects.all().delete()
    WechatApp.objects.all().delete()
    call_command("loaddata", str(file), verbosity=0)
    assert revealed(secrets) == {PLAIN}
    assert not WechatApp.objects.get(app_id="wx2").secret


def test_an_asymmetric_key_that_no_encryption_key_opens_is_named(db: None, settings: Any) -> None:
    key = create_key("RS256")
    settings.HUFU_DEVELOPMENT = False
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    found = [message for message in run_checks(databases=["default"]) if message.id == "hufu.E007"]
    assert [key.kid in message.msg for message in found] == [True]
