"""Two tenants with a row of every model of the console. What belongs to the other bears a mark that no page may show.

It must not know the pages; a new model of the console needs a row in one of the lists below.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
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
    User,
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
_SOON = timedelta(hours=1)

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
    foreign_tenant = _make_foreign_tenant("", domain="foreign.example")
    # A platform administrator of the other tenant has done something to somebody of one's own.
    own = _rows_of(own_tenant, f"own-{TERM}", actor_tenant=foreign_tenant)
    foreign = _rows_of(foreign_tenant, f"{MARK}-{TERM}", actor_tenant=foreign_tenant)
    _leave_traces(own[User], foreign[User])
    shared_client = make_client(f"{MARK}-{TERM}-shared", None, serves=[own[Tenant], foreign_tenant])
    shared: Rows = {Client: shared_client, SigningKey: _marked_key(None, f"{MARK}-{TERM}-installation")}
    return TwoTenants(own=own, foreign=foreign, shared=shared)


def add_foreign_tenant() -> None:
    """One more whose rows nobody of the others may see, or count."""
    tenant = _make_foreign_tenant("-more")
    _rows_of(tenant, f"{MARK}-more", actor_tenant=tenant)


def _make_foreign_tenant(suffix: str, **fields: Any) -> Tenant:
    # What expires calls for attention.
    expires_at = timezone.now() + _SOON
    return make_tenant(f"{MARK}-{TERM}{suffix}", f"{MARK} {TERM} GmbH{suffix}", expires_at=expires_at, **fields)


def _leave_traces(person: Any, foreigner: Any) -> None:
    """The person has a history from elsewhere: from a tenant that was his before, or of a platform administrator."""
    _change_of(person, foreigner.tenant, f"{MARK} before")
    content_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user_id=foreigner.pk, content_type=content_type, object_id=person.pk, object_repr=MARK, action_flag=CHANGE
    )


def _marked_key(tenant: Tenant | None, kid: str) -> SigningKey:
    key = create_key("HS256", tenant=tenant)
    key.kid, key.status = kid, SigningKey.Status.ACTIVE
    key.created_at = timezone.now() - timedelta(days=400)
    key.save()
    return key


def _rows_of(tenant: Tenant, name: str, actor_tenant: Tenant) -> Rows:
    user = make_user(tenant, name, None, real_name=name, phone=name, email=f"{name}@example.org")
    client = make_client(
        name, None, tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["openid"],
        previous_secret_expires_at=timezone.now() + _SOON,
    )  # fmt: skip
    rows = [
        tenant,
        user,
        client,
        _marked_key(tenant, f"key-{name}"),
        *_organisation(tenant, name, user),
        *_settings(tenant, name, user),
        *_history(tenant, name, user, actor_tenant),
        *_sessions(tenant, name, user, client),
        *_issued(tenant, name, user, client),
    ]
    return {type(row): row for row in rows}


def _organisation(tenant: Tenant, name: str, user: User) -> list[Model]:
    role = Role.objects.create(tenant=tenant, name=f"role {name}")
    post = Post.objects.create(tenant=tenant, code=name, name=f"post {name}")
    dept = Dept.objects.create(tenant=tenant, name=f"dept {name}")
    user.assign(roles=[role], posts=[post], depts=[dept])
    return [role, post, dept]


def _settings(tenant: Tenant, name: str, user: User) -> list[Model]:
    return [
        SmsGateway.objects.create(tenant=tenant, name=f"gateway {name}", kind="console"),
        Directory.objects.create(
            tenant=tenant, name=f"directory {name}", servers=f"ldaps://{name}.example", base_dn=f"OU={name},DC=example"
        ),
        WechatApp.objects.create(tenant=tenant, name=f"app {name}", app_id=f"wx-{name}"),
        SocialIdentity.objects.create(
            tenant=tenant, user=user, provider="wechat", app=f"wx-{name}", openid=f"openid-{name}"
        ),
    ]


def _history(tenant: Tenant, name: str, user: User, actor_tenant: Tenant) -> list[Model]:
    now = timezone.now()
    return [
        Lockout.objects.create(tenant=tenant, account=name, failures=5, failed_at=now, locked_until=now + _SOON),
        LoginEvent.objects.create(
            time=now, kind="login", outcome="refused", reason="sms_gateway_failed", account=name, real_name=name,
            tenant_id=tenant.pk, tenant_code=tenant.code, tenant_name=tenant.name,
            actor=f"{MARK}-root", actor_tenant_id=actor_tenant.pk, user_agent=f"{MARK} browser", user_id=user.pk,
        ),
        _change_of(user, tenant, name),
    ]  # fmt: skip


def _change_of(user: User, tenant: Tenant, name: str) -> Change:
    """What somebody of this tenant has done to this person."""
    return Change.objects.create(
        time=timezone.now(), action="update", kind="accounts.user", object_id=str(user.pk), object_name=name,
        tenant_id=tenant.pk, tenant_code=tenant.code, changes={"real_name": ["", name]}, actor_account=name,
        actor_tenant_id=tenant.pk, actor_tenant_code=tenant.code, actor_id=user.pk,
    )  # fmt: skip


def _sessions(tenant: Tenant, name: str, user: User, client: Client) -> list[Model]:
    now = timezone.now()
    return [
        TokenFamily.objects.create(
            id=uuid4(), user=user, client=client, tenant=tenant, dialect="connect", grant="password", auth_time=now
        ),
        BrowserSession.objects.create(user=user, auth_time=now, expires_at=now + _SOON, user_agent=f"browser {name}"),
        Consent.objects.create(user=user, client=client, scopes=[f"scope-{name}"]),
        LogoutNotice.objects.create(
            client=client, sid=uuid4(), subject=name, issuer="https://id.example", next_attempt_at=now + _SOON
        ),
    ]


def _issued(tenant: Tenant, name: str, user: User, client: Client) -> list[Model]:
    now = timezone.now()
    family = TokenFamily.objects.get(user=user)
    common: dict[str, Any] = {"user": user, "application": client, "scope": f"scope-{name}", "expires": now + _SOON}
    in_family = {"tenant": tenant, "token_family": family, "dialect": "connect", "jti": name}
    return [
        AccessToken.objects.create(token=f"access {name}", **in_family, **common),
        RefreshToken.objects.create(token=f"refresh {name}", **in_family, **common),
        IDToken.objects.create(**common),
        AuthorizationCode.objects.create(
            code=f"code {name}", redirect_uri=f"https://{name}.example/", tenant=tenant, auth_time=now, **common
        ),
        DeviceGrant.objects.create(
            user=user, tenant=tenant, client_id=name, device_code=f"device {name}", user_code=f"user {name}",
            expires=now + _SOON,
        ),
    ]  # fmt: skip
