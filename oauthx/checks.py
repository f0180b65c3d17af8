"""System checks that keep a dangerous set-up from starting. It must not change anything."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

from accounts.gateways.mail import is_loopback
from accounts.gateways.sms import KINDS
from accounts.models import SmsGateway, User
from oauthx.demo import ACCOUNTS, CLIENTS
from oauthx.models import Client, SigningKey
from oauthx.stored_secrets import stored_secrets
from tenants.encryption import secret_columns
from tenants.models import Tenant

# So many rows of a column are named.
_NAMED = 20
# Keys that are printed in public: in our documents, and in the sources of the servers that we replace.
KNOWN_KEYS = frozenset(
    {b"BladeX", b"bladexisapowerfulmicroservicearchitectureupgradedandoptimizedfromacommercialproject", b"secret"}
)


@register(Tags.compatibility)
def check_oauthlib(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - the interface
    """WORKAROUND(django-oauth-toolkit 3.4.1): with oauthlib 4.0.1 its device flow breaks with a TypeError."""
    if version("oauthlib").split(".")[0] == "3":
        return []
    return [
        Error(
            f"oauthlib {version('oauthlib')} breaks django-oauth-toolkit's device flow.",
            hint="Install the locked versions: pip install --require-hashes -r requirements.txt",
            id="hufu.E001",
        )
    ]


@register(Tags.caches)
def check_cache(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - the interface
    """Several processes need one memory for captchas, in development too."""
    if settings.HUFU_WORKERS == 1 or settings.HUFU_CACHE_URL:
        return []
    return [
        Error(
            "Several workers cannot share captchas through one process's memory.",
            hint="Set CACHE_URL to a Redis or Valkey server, or WORKERS=1.",
            id="hufu.E003",
        )
    ]


@register(Tags.security, deploy=True)
def check_setup(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - the interface
    """What the environment alone can say."""
    messages: list[CheckMessage] = []
    if settings.HUFU_DEVELOPMENT:
        messages.append(
            Error(
                "ENVIRONMENT is development: captcha answers are printed and demo data are made.",
                hint="Set ENVIRONMENT=production.",
                id="hufu.E002",
            )
        )
    if settings.DEBUG:
        messages.append(Error("DEBUG shows settings and data on error pages.", hint="Unset DEBUG.", id="hufu.E006"))
    if not settings.ISSUER_URL:
        messages.append(
            checks.Warning(
                "ISSUER_URL is not set: the issuer in tokens is whatever host name a request came by.",
                hint="Set ISSUER_URL=https://your.host",
                id="hufu.W001",
            )
        )
    elif not settings.ISSUER_URL.startswith("https://"):
        messages.append(
            checks.Warning(
                "ISSUER_URL is not https: codes and tokens travel in the clear, and libraries refuse it.",
                hint="Set ISSUER_URL=https://your.host",
                id="hufu.W003",
            )
        )
    return [*messages, *_mail_messages()]


def _mail_messages() -> list[CheckMessage]:
    if not settings.HUFU_MAIL_SERVER or settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
        return []
    if is_loopback(settings.EMAIL_HOST):
        return []
    return [
        Error(
            f"Mails with codes for new passwords go to {settings.EMAIL_HOST} in the clear.",
            hint="Let EMAIL_URL begin with smtp+tls:// or smtp+ssl://, or use a mail server on this machine.",
            id="hufu.E009",
        )
    ]


@register(Tags.database)
def check_contents(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """What only the tables can say: demo data, publicly known keys, lost secrets. Silent in development."""
    if not databases or settings.HUFU_DEVELOPMENT:
        return []
    try:
        return [*_demo_messages(), *_key_messages(), *_secret_messages(), *_sms_messages()]
    except DatabaseError:  # no tables yet: `serve` asks again after migrating
        connection.close()
        return []


def find_demo_data() -> list[str]:
    """The names of demo accounts and clients that are there with their public passwords."""
    found = []
    for demo in ACCOUNTS:
        user = User.objects.filter(tenant__code=demo.tenant, account=demo.account, is_active=True).first()
        if user is not None and check_password(demo.password, user.password):
            found.append(f"{demo.tenant}/{demo.account}")
    for demo_client in CLIENTS:
        client = Client.objects.filter(client_id=demo_client.client_id, is_active=True).first()
        if client is not None and check_password(demo_client.secret, client.client_secret):
            found.append(demo_client.client_id)
    return found


def _demo_messages() -> list[CheckMessage]:
    found = find_demo_data()
    if not found:
        return []
    return [
        Error(
            f"Demo data with public passwords: {', '.join(found)}.",
            hint="Change their passwords and secrets, or disable them.",
            id="hufu.E004",
        )
    ]


def _sms_messages() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for gateway in SmsGateway.objects.filter(is_active=True).select_related("tenant"):
        kind = KINDS.get(gateway.kind)
        place = f"SMS gateway {gateway.name} of tenant {gateway.tenant.code}"
        if gateway.kind == SmsGateway.Kind.CONSOLE:
            messages.append(
                Error(
                    f"{place} is a console: it would print codes instead of sending them.",
                    hint="Set up a vendor in the console, and disable or delete this gateway.",
                    id="hufu.E008",
                )
            )
        elif kind is not None and not kind.is_installed:
            messages.append(
                checks.Warning(
                    f"{place} cannot send: a package is missing.", hint=f"pip install {kind.package}", id="hufu.W004"
                )
            )
    return messages


def _secret_messages() -> list[CheckMessage]:
    """No errors: whom they belong to may type them in again, in a console that serves."""
    messages: list[CheckMessage] = []
    for model, column in secret_columns():
        lost = [str(secret.pk) for secret in stored_secrets(model, column) if not secret.can_be_opened]
        if lost:
            named = ", ".join(lost[:_NAMED])
            messages.append(
                checks.Warning(
                    f"{len(lost)} of {model._meta.label_lower}.{column} cannot be decrypted: {named}.",
                    hint="Add the key that they were encrypted with to KEY_ENCRYPTION_KEYS, or enter them again.",
                    id="hufu.W005",
                )
            )
    return messages


def _key_messages() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    several_tenants = Tenant.objects.count() > 1
    for key in SigningKey.objects.exclude(status=SigningKey.Status.RETIRED):
        try:
            secret = key.private_part()
        except InvalidToken:
            messages.append(
                Error(
                    f"Signing key {key.kid} cannot be decrypted.",
                    hint="Add the key that it was encrypted with to KEY_ENCRYPTION_KEYS.",
                    id="hufu.E007",
                )
            )
            continue
        if key.algorithm != "HS256":
            continue
        if secret in KNOWN_KEYS:
            messages.append(
                Error(
                    f"Signing key {key.kid} is publicly known: anyone can forge tokens.",
                    hint="Run manage.py rotate_signing_key --algorithm HS256, and give resource servers the new key.",
                    id="hufu.E005",
                )
            )
        elif key.tenant_id is None and several_tenants:
            messages.append(
                checks.Warning(
                    f"Signing key {key.kid} is shared by all tenants: a resource server that verifies with it can forge"
                    " tokens of every tenant.",
                    hint="Give each tenant its own: manage.py rotate_signing_key --algorithm HS256 --tenant CODE",
                    id="hufu.W002",
                )
            )
    return messages
