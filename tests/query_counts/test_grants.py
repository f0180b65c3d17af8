"""The budget of a grant: with warm caches two reads and one write, however large the installation is."""

import base64
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Dept, Post, Role, SmsCode, SocialIdentity, User, WechatApp
from accounts.verifiers.sms import digest_code
from oauthx.choices import DEVICE_CODE
from oauthx.claims import digest
from oauthx.models import Client, DeviceGrant
from tenants.models import Tenant
from tests import factories

BASIC = {"Authorization": "Basic " + base64.b64encode(b"saber:cams_saber_secret").decode()}
LOGIN = {"grant_type": "password", "username": "admin", "password": factories.ADMIN_MD5, "scope": "all"}

# What is counted; a step is made anew each time, and whatever it needs first is not counted.
Step = Callable[[], Any]


def _login(http: HttpClient) -> Any:
    return http.post("/cams-auth/oauth/token", LOGIN, headers=BASIC)


def _password(http: HttpClient) -> Step:
    return lambda: _login(http)


def _refresh(http: HttpClient) -> Step:
    token = _login(http).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return lambda: http.post("/cams-auth/oauth/token", form, headers=BASIC)


def _connect(http: HttpClient, **form: str) -> Any:
    body = urlencode({"client_id": "client1", "client_secret": "secret", **form})
    return http.post("/connect/token", body, content_type="application/x-www-form-urlencoded")


def _client_credentials(http: HttpClient) -> Step:
    return lambda: _connect(http, grant_type="client_credentials")


def _openid(http: HttpClient) -> Step:
    return lambda: _connect(http, grant_type="password", username="admin", password="admin")


def _started_on_a_device(**decision: Any) -> str:
    """A device code, as it is after this decision."""
    code = secrets.token_urlsafe(32)
    DeviceGrant.objects.create(
        device_code=digest(code),
        user_code=code[:8],
        client_id="client1",
        tenant=Tenant.objects.get(code="000000"),
        scope="openid",
        expires=timezone.now() + timedelta(minutes=10),
        **decision,
    )
    return code


def _device_that_waits(http: HttpClient) -> Step:
    code = _started_on_a_device()
    return lambda: _connect(http, grant_type=DEVICE_CODE, device_code=code)


def _device_that_asks_too_soon(http: HttpClient) -> Step:
    code = _started_on_a_device(last_checked=timezone.now())
    return lambda: _connect(http, grant_type=DEVICE_CODE, device_code=code)


def _device_that_was_allowed(http: HttpClient) -> Step:
    code = _started_on_a_device(user=User.objects.get(), status=DeviceGrant.AUTHORIZED, auth_time=timezone.now())
    return lambda: _connect(http, grant_type=DEVICE_CODE, device_code=code)


def _vouched_wechat(http: HttpClient) -> Step:
    return lambda: _connect(http, grant_type="wechat", openId="openid-1")


def _unbound_wechat(http: HttpClient) -> Step:
    return lambda: _connect(http, grant_type="wechat", openId="openid-2")


def _with_sms_code(presented: str) -> Callable[[HttpClient], Step]:
    def make(http: HttpClient) -> Step:
        tenant, phone, now = Tenant.objects.get(code="000000"), "+8613800138000", timezone.now()
        User.objects.update(phone=phone)
        SmsCode.objects.create(
            tenant=tenant,
            audience="client1",
            phone=phone,
            network="local",
            digest=digest_code(tenant.pk, "client1", phone, "042137"),
            created_at=now,
            expires_at=now + timedelta(minutes=5),
            is_sent=True,
        )
        return lambda: _connect(http, grant_type="sms", phone="13800138000", sms=presented)

    return make


def _wrong_password(http: HttpClient) -> Step:
    return lambda: http.post("/cams-auth/oauth/token", {**LOGIN, "password": "0" * 32}, headers=BASIC)


def _user_info(http: HttpClient) -> Step:
    token = _login(http).json()["access_token"]
    return lambda: http.get("/cams-auth/oauth/user-info", headers={"Blade-Auth": f"bearer {token}"})


def _openid_userinfo(http: HttpClient) -> Step:
    scope = "openid profile organisation address"
    token = _connect(http, grant_type="password", username="admin", password="admin", scope=scope).json()[
        "access_token"
    ]
    return lambda: http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"})


def _preflight(http: HttpClient) -> Step:
    headers = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST"}
    return lambda: http.options("/connect/token", headers=headers)


def _introspection(kind: str) -> Callable[[HttpClient], Step]:
    def make(http: HttpClient) -> Step:
        tokens = _connect(http, grant_type="password", username="admin", password="admin").json()
        body = urlencode({"client_id": "client1", "client_secret": "secret", "token": tokens[kind]})
        return lambda: http.post("/connect/introspect", body, content_type="application/x-www-form-urlencoded")

    return make


# The step, the status it answers with, and the statements that it may take: reads and writes.
STEPS: dict[str, tuple[Callable[[HttpClient], Step], int, int, int]] = {
    "password": (_password, 200, 2, 1),
    "refresh": (_refresh, 200, 2, 1),
    "client_credentials": (_client_credentials, 200, 1, 1),
    "password with an ID token": (_openid, 200, 2, 1),
    "a device that waits": (_device_that_waits, 400, 2, 1),
    "a device that asks too soon": (_device_that_asks_too_soon, 400, 2, 1),
    "a device that was allowed": (_device_that_was_allowed, 200, 2, 1),
    # One more: whether its word counts for this person (`accounts/authority.py`).
    "WeChat by a client's word": (_vouched_wechat, 200, 3, 1),
    "WeChat that is bound to nobody": (_unbound_wechat, 400, 2, 1),
    "an SMS code": (_with_sms_code("042137"), 200, 2, 1),
    "a wrong SMS code": (_with_sms_code("042138"), 400, 2, 1),
    "a wrong password": (_wrong_password, 400, 2, 1),
    "user-info": (_user_info, 200, 2, 0),
    "userinfo with the organisation": (_openid_userinfo, 200, 2, 0),
    "a preflight": (_preflight, 204, 1, 0),
    "introspection of an access token": (_introspection("access_token"), 200, 2, 0),
    # What it is must be tried: it is looked for among the access tokens first.
    "introspection of a refresh token": (_introspection("refresh_token"), 200, 3, 0),
}


@pytest.fixture
def installation(db: None, request: pytest.FixtureRequest) -> None:
    size: int = request.param
    tenant = factories.make_tenant()
    Tenant.objects.bulk_create(Tenant(code=f"t{number}", name=f"t{number}") for number in range(size))
    user = factories.make_user(tenant)
    user.assign(
        roles=Role.objects.bulk_create(Role(tenant=tenant, name=f"r{number}") for number in range(size)),
        posts=Post.objects.bulk_create(Post(tenant=tenant, code=f"p{number}") for number in range(size)),
        depts=_tree(tenant, size),
    )
    factories.make_saber(tenant)
    client1 = factories.make_connect_client(tenant)
    client1.grant_types = [*client1.grant_types, DEVICE_CODE, "wechat", "sms"]
    client1.wechat_app = WechatApp.objects.create(tenant=tenant, name="app", app_id="wx1")
    client1.vouches_for_wechat = True
    SocialIdentity.objects.create(tenant=tenant, user=user, provider="wechat", app="wx1", openid="openid-1")
    client1.scopes = [*client1.scopes, "address", "organisation"]
    client1.allowed_origins = "https://spa.example"
    client1.save()
    Client.objects.bulk_create(Client(client_id=f"c{number}") for number in range(size))


def _tree(tenant: Tenant, height: int) -> list[Dept]:
    """A department at the bottom of so many, with the company at the top."""
    dept = Dept.objects.create(tenant=tenant, name="company", category="company")
    for number in range(height):
        dept = Dept.objects.create(tenant=tenant, name=f"d{number}", parent=dept)
    return [dept]


@pytest.mark.parametrize("installation", [1, 40], indirect=True, ids=["small", "large"])
@pytest.mark.parametrize("name", STEPS)
def test_stays_within_its_budget(installation: None, client: HttpClient, name: str) -> None:
    make_step, status, reads, writes = STEPS[name]
    # Warms the caches: twice, since the first request makes the signing key, which empties them.
    make_step(client)()
    make_step(client)()
    step = make_step(client)
    with CaptureQueriesContext(connection) as captured:
        response = step()
    assert response.status_code == status, response.content
    statements = [query["sql"] for query in captured.captured_queries]
    written = [sql for sql in statements if _is_write(sql)]
    # SQLite cannot write several things in one statement: there it is one transaction of several.
    framed = [] if connection.vendor == "postgresql" else [sql for sql in written if _starts(sql)]
    transactions = framed or written
    assert len(transactions) == writes, statements
    assert len(statements) - len(written) <= reads, statements


def _is_write(sql: str) -> bool:
    """A write, or the frame of a transaction; on SQLite the guard is read inside of it."""
    words = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "BEGIN", "COMMIT", "RELEASE")
    return any(word in sql for word in words) or sql.startswith("SELECT u.id FROM accounts_user u WHERE u.id =")


def _starts(sql: str) -> bool:
    return sql.startswith(("SAVEPOINT", "BEGIN"))
