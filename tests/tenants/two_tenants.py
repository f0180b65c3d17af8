"""Two tenants with a row of every model of the console. What belongs to the other bears a mark that no page may show.

It must not know the pages; a new model of the console needs a line in `_rows_of`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from accounts.models import (
    BrowserSession,
    Dept,
    Directory,
    Lockout,
    LoginEvent,
    Post,
    Role,
    SmsGateway,
    SocialIdentity,
    WechatApp,
)
from oauthx.models import (
    AccessToken,
    AuthorizationCode,
    Client,
    Consent,
    DeviceGrant,
    IDToken,
    LogoutNotice,
    RefreshToken,
    SigningKey,
    TokenFamily,
)
from oauthx.signing import create_key
from tenants.models import Change, Tenant
from tests.factories import make_client, make_tenant, make_user

MARK = "FOREIGN"
# What every row of either tenant is found by.
TERM = "zz9"

Rows = dict[type[Model], Model]


@dataclass(frozen=True)
class TwoTenants:
    """Rows by model: of one's own tenant, of the other, and of the installation as a whole."""

    own: Rows
    foreign: Rows
    shared: Rows

    @property
    def tenant(self) -> Any:
        return self.own[Tenant]


def make_two_tenants() -> TwoTenants:
    own_tenant = make_tenant("own", f"own {TERM}")
    foreign_tenant = make_tenant(f"{MARK}-{TERM}", f"{MARK} {TERM} GmbH", domain="foreign.example")
    # A platform administrator of the other tenant has done something to somebody of one's own.
    own = _rows_of(own_tenant, f"own-{TERM}", actor_tenant=foreign_tenant)
    foreign = _rows_of(foreign_tenant, f"{MARK}-{TERM}", actor_tenant=foreign_tenant)
    shared_client = make_client(f"{MARK}-{TERM}-shared", None, serves=[own[Tenant], foreign_tenant])
    shared: Rows = {Client: shared_client, SigningKey: _marked_key(None, f"{MARK}-{TERM}-installation")}
    return TwoTenants(own=own, foreign=foreign, shared=shared)


def _marked_key(tenant: Tenant | None, kid: str) -> SigningKey:
    key = create_key("HS256", tenant=tenant)
    key.kid = kid
    key.save()
    return key


def _rows_of(tenant: Tenant, name: str, actor_tenant: Tenant) -> Rows:
    now = timezone.now()
    later = now + timedelta(hours=1)
    user = make_user(tenant, name, None, real_name=name, phone=name, email=f"{name}@example.org")
    client = make_client(name, None, tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["openid"])
    common: dict[str, Any] = {"user": user, "application": client, "scope": f"scope-{name}", "expires": later}
    family = TokenFamily.objects.create(
        id=uuid4(), user=user, client=client, tenant=tenant, dialect="connect", grant="password", auth_time=now
    )
    in_family = {"tenant": tenant, "token_family": family, "dialect": "connect", "jti": name}
    rows: list[Model] = [
        tenant,
        user,
        client,
        family,
        Role.objects.create(tenant=tenant, name=f"role {name}"),
        Post.objects.create(tenant=tenant, code=name, name=f"post {name}"),
        Dept.objects.create(tenant=tenant, name=f"dept {name}"),
        Lockout.objects.create(tenant=tenant, account=name, failures=5, failed_at=now, locked_until=later),
        LoginEvent.objects.create(
            time=now, kind="login", outcome="allowed", account=name, real_name=name,
            tenant_id=tenant.pk, tenant_code=tenant.code, tenant_name=tenant.name,
            actor=f"{MARK}-root", actor_tenant_id=actor_tenant.pk, user_agent=f"{MARK} browser", user_id=user.pk,
        ),
        Change.objects.create(
            time=now, action="update", kind="accounts.user", object_id=str(user.pk), object_name=name,
            tenant_id=tenant.pk, tenant_code=tenant.code, changes={"real_name": ["", name]}, actor_account=name,
            actor_tenant_id=tenant.pk, actor_tenant_code=tenant.code, actor_id=user.pk,
        ),
        _marked_key(tenant, f"key-{name}"),
        AccessToken.objects.create(token=f"access {name}", **in_family, **common),
        RefreshToken.objects.create(token=f"refresh {name}", **in_family, **common),
        IDToken.objects.create(**common),
        AuthorizationCode.objects.create(
            code=f"code {name}", redirect_uri=f"https://{name}.example/", tenant=tenant, auth_time=now, **common
        ),
        Consent.objects.create(user=user, client=client, scopes=[f"scope-{name}"]),
        BrowserSession.objects.create(user=user, auth_time=now, expires_at=later, user_agent=f"browser {name}"),
        LogoutNotice.objects.create(
            client=client, sid=uuid4(), subject=name, issuer="https://id.example", next_attempt_at=later
        ),
        SmsGateway.objects.create(tenant=tenant, name=f"gateway {name}", kind="console"),
        Directory.objects.create(
            tenant=tenant, name=f"directory {name}", servers=f"ldaps://{name}.example", base_dn=f"OU={name},DC=example"
        ),
        WechatApp.objects.create(tenant=tenant, name=f"app {name}", app_id=f"wx-{name}"),
        SocialIdentity.objects.create(
            tenant=tenant, user=user, provider="wechat", app=f"wx-{name}", openid=f"openid-{name}"
        ),
        DeviceGrant.objects.create(
            user=user, tenant=tenant, client_id=name, device_code=f"device {name}", user_code=f"user {name}",
            expires=later,
        ),
    ]  # fmt: skip
    user.assign(roles=[rows[4]], posts=[rows[5]], depts=[rows[6]])  # type: ignore[list-item]  # made just above
    return {type(row): row for row in rows}
