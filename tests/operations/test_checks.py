"""The checks that keep a dangerous set-up from starting."""

import sys
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage, run_checks

from accounts.models import SmsGateway, User
from oauthx.demo import create_demo_data
from oauthx.models import Client
from oauthx.signing import create_key
from tests import factories


def ids(**options: Any) -> set[str]:
    messages: list[CheckMessage] = run_checks(**options)
    return {str(message.id) for message in messages if str(message.id).startswith("hufu.")}


def deploy() -> set[str]:
    return ids(include_deployment_checks=True)


def contents() -> set[str]:
    return ids(databases=["default"])


def test_a_sound_set_up_draws_only_the_hint_about_the_issuer(settings: Any) -> None:
    assert deploy() == {"hufu.W001"}
    settings.ISSUER_URL = "https://id.example.com"
    assert deploy() == set()
    settings.ISSUER_URL = "http://id.example.com"
    assert deploy() == {"hufu.W003"}


def test_development_is_refused_for_a_deployment(settings: Any) -> None:
    settings.HUFU_DEVELOPMENT = True
    assert "hufu.E002" in deploy()


@pytest.mark.once
def test_mails_travel_encrypted_or_stay_on_the_machine(settings: Any) -> None:
    settings.HUFU_MAIL_SERVER, settings.EMAIL_HOST = True, "mail.example.com"
    assert "hufu.E009" in deploy()
    for host, tls, ssl in (("mail.example.com", True, False), ("mail.example.com", False, True)):
        settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = host, tls, ssl
        assert "hufu.E009" not in deploy()
    settings.EMAIL_USE_SSL = False
    for host in ("localhost", "127.0.0.1", "::1"):
        settings.EMAIL_HOST = host
        assert "hufu.E009" not in deploy()


def test_several_workers_need_a_shared_cache(settings: Any) -> None:
    settings.HUFU_WORKERS = 2
    assert "hufu.E003" in deploy()
    settings.HUFU_CACHE_URL = "redis://127.0.0.1:6379"
    assert "hufu.E003" not in deploy()


@pytest.mark.django_db
def test_demo_data_are_found_until_their_passwords_and_secrets_are_changed() -> None:
    assert contents() == set()
    create_demo_data()
    assert contents() == {"hufu.E004"}
    for user in User.objects.all():
        user.set_password("another password")
        user.save()
    assert contents() == {"hufu.E004"}, "the clients' secrets are public still"
    for client in Client.objects.all():
        client.set_generated_secret()
        client.save()
    assert contents() == set()


@pytest.mark.django_db
def test_a_publicly_known_signing_key_is_found() -> None:
    factories.import_shared_key("BladeX")
    assert contents() == {"hufu.E005"}


@pytest.mark.django_db
def test_a_key_shared_by_several_tenants_draws_a_warning() -> None:
    create_key("HS256")
    factories.make_tenant("000000")
    assert contents() == set()
    factories.make_tenant("000001")
    assert contents() == {"hufu.W002"}


@pytest.mark.django_db
def test_a_key_that_no_encryption_key_opens_is_named(settings: Any) -> None:
    key = create_key("HS256")
    settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    found = [message for message in run_checks(databases=["default"]) if message.id == "hufu.E007"]
    assert [key.kid in message.msg for message in found] == [True]


@pytest.mark.django_db
def test_a_console_that_would_print_codes_is_found_while_it_is_active(settings: Any) -> None:
    gateway = SmsGateway.objects.create(tenant=factories.make_tenant(), name="console", kind="console")
    assert contents() == {"hufu.E008"}
    settings.HUFU_DEVELOPMENT = True
    assert contents() == set()
    settings.HUFU_DEVELOPMENT = False
    gateway.is_active = False
    gateway.save()
    assert contents() == set()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "module"), [("aliyun", "alibabacloud_dysmsapi20170525"), ("tencent", "tencentcloud")])
def test_a_vendor_whose_package_is_missing_is_named(kind: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    SmsGateway.objects.create(tenant=factories.make_tenant(), name="vendor", kind=kind)
    assert contents() == set()
    monkeypatch.setitem(sys.modules, module, None)  # As if it could not be imported.
    assert contents() == {"hufu.W004"}
