"""A small installation for the contract tests, made through the public models: tenants, people, clients, a clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as HttpClient

from accounts.models import LoginEvent, User
from oauthx.choices import DEVICE_CODE
from oauthx.models import Client, SigningKey
from oauthx.signing import create_key
from tenants.models import Tenant
from tests.contract.wire import ENDPOINTS, Credentials, Endpoint, Wire
from tests.factories import FakeClock

NOW = datetime(2026, 3, 1, 4, 0, 0, 250_000, tzinfo=UTC)
SCOPES = ["all", "openid", "profile", "email", "phone", "offline_access"]
GRANTS = [
    *("password", "captcha", "refresh_token", "client_credentials", "authorization_code", DEVICE_CODE),
    *("wechat", "sms", "password_ad"),
]

_clock = FakeClock(NOW)


def clock() -> datetime:
    """What `HUFU_CLOCK` names."""
    return _clock()


@cache
def hash_of(plain: str) -> str:
    """The password's hash, computed once a run."""
    return make_password(plain)


@cache
def _key(algorithm: str, secret: bytes | None = None) -> dict[str, Any]:
    """The columns of a key, generated or imported once a run."""
    key = create_key(algorithm, secret=secret)
    columns = {
        name: getattr(key, name)
        for name in ("kid", "algorithm", "public_jwk", "encrypted_private_part", "status", "is_imported")
    }
    key.delete()
    return columns


@dataclass
class World:
    """One tenant with one person (`admin`, password `admin`) and one client that may do everything there."""

    http: HttpClient
    clock: FakeClock
    tenant: Tenant
    admin: User
    app: Credentials
    settings: Any
    capsys: Any

    def make_user(self, account: str, password: str = "admin", tenant: Tenant | None = None, **fields: Any) -> User:
        return make_user(tenant or self.tenant, account, password, **fields)

    def make_tenant(self, code: str, **fields: Any) -> Tenant:
        return Tenant.objects.create(code=code, **{"name": f"Tenant {code}", **fields})

    def make_client(self, client_id: str, *, serves: tuple[Tenant, ...] = (), **fields: Any) -> Credentials:
        """A client with a generated secret, bound to the tenant unless it serves some."""
        return make_client(client_id, serves=serves, **{"tenant": None if serves else self.tenant, **fields})

    def shared(self, *others: Tenant) -> Credentials:
        """A client that serves the tenant and these others."""
        return self.make_client("shared", serves=(self.tenant, *others))

    def of(self, client: Credentials) -> Client:
        row: Client = Client.objects.get(client_id=client[0])
        return row

    def sign_in(self, endpoint: Endpoint, account: str = "admin", password: str = "admin", **params: object) -> Wire:
        """A good request by password, as the document makes it."""
        wanted: dict[str, object] = {
            "grant_type": "password",
            "username": account,
            "password": endpoint.password(password),
            "scope": "all",
        }
        wire = endpoint.request(self.app, **{**wanted, **params})
        return wire.in_tenant(self.tenant.code) if endpoint.tenant_header else wire

    def refresh(self, endpoint: Endpoint, refresh_token: str, **params: object) -> Wire:
        wanted: dict[str, object] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        wire = endpoint.request(self.app, **{**wanted, **params})
        return wire.in_tenant(self.tenant.code) if endpoint.tenant_header else wire

    def tokens(self, endpoint: Endpoint, **params: object) -> Any:
        """The answer to a good request; on /connect with everything that a client may have."""
        scope = " ".join(SCOPES) if endpoint.standard else "all"
        response = self.sign_in(endpoint, **{"scope": scope, **params}).send(self.http)  # type: ignore[arg-type]
        assert response.status_code == 200, response.content
        return response.json()

    def captcha(self, endpoint: Endpoint, tenant_code: str = "") -> tuple[str, str]:
        """The key of a new captcha and its answer, which development set-ups print."""
        self.settings.HUFU_DEVELOPMENT = True
        headers = {"Tenant-Id": tenant_code} if tenant_code else {}
        self.capsys.readouterr()
        key = self.http.get(f"{endpoint.prefix}/oauth/captcha", headers=headers).json()["key"]
        printed = dict(part.split("=") for part in self.capsys.readouterr().out.split()[1:])
        self.settings.HUFU_DEVELOPMENT = False
        assert printed["key"] == key
        return key, printed["code"]

    def pass_time(self, **duration: float) -> None:
        self.clock.moment += timedelta(**duration)

    def user_info(self, token: str, endpoint: Endpoint = ENDPOINTS[0]) -> Any:
        return self.http.get(f"{endpoint.prefix}/oauth/user-info", headers={"Blade-Auth": f"bearer {token}"})


def make_user(tenant: Tenant, account: str, password: str = "admin", **fields: Any) -> User:
    user = _new_user(tenant, account, password, **fields)
    user.save(force_insert=True)
    return user


def _new_user(tenant: Tenant, account: str, password: str = "admin", **fields: Any) -> User:
    fields = {"real_name": account, "password_updated_at": NOW, **fields}
    return User(tenant=tenant, account=account, password=hash_of(password), **fields)


def make_client(client_id: str, *, serves: tuple[Tenant, ...] = (), **fields: Any) -> Credentials:
    client, secret = _new_client(client_id, **fields)
    client.save()
    if serves:
        client.served_tenants.set(serves)
    return client_id, secret


def _new_client(client_id: str, **fields: Any) -> tuple[Client, str]:
    wanted = {
        "name": client_id,
        "dialects": [endpoint.name for endpoint in ENDPOINTS],
        "grant_types": GRANTS,
        "scopes": SCOPES,
        "access_token_lifetime_seconds": 3600,
        "refresh_token_lifetime_seconds": 604800,
    }
    client = Client(client_id=client_id, **{**wanted, **fields})
    return client, client.set_generated_secret()


def make_keys() -> None:
    """An HS256 key that is shared with resource servers, and an RS256 pair."""
    columns = [_key("HS256", b"BladeX"), _key("RS256")]
    SigningKey.objects.bulk_create(SigningKey(**each) for each in columns)


def history() -> list[LoginEvent]:
    """The login history, oldest first."""
    return list(LoginEvent.objects.order_by("id"))


def reasons() -> list[str]:
    """Why attempts were refused, oldest first; "" for those that were not."""
    return [event.reason for event in history()]


@pytest.fixture
def world(db: None, client: HttpClient, settings: Any, capsys: Any) -> World:
    settings.HUFU_CLOCK = "tests.contract.world.clock"
    # Otherwise every test's HTTP client reads every static file of the console first.
    _clock.moment = NOW
    # Thousands of tests start here. Saving the tenant tells this process to forget what it keeps of other tests' rows;
    # to the others' nobody needs a signal.
    tenant = Tenant.objects.create(code="000000", name="默认租户")
    make_keys()
    app, secret = _new_client("app", tenant=tenant)
    Client.objects.bulk_create([app])
    [admin] = User.objects.bulk_create([_new_user(tenant, "admin", is_main_account=True)])
    return World(client, _clock, tenant, admin, (app.client_id, secret), settings, capsys)
