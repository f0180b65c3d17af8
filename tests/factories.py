"""Makes what tests need through the public models."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission

from accounts.models import Dept, Post, Role, User
from oauthx.models import Client
from oauthx.signing import create_key
from tenants.models import Tenant

CONSOLE_APPS = ("tenants", "accounts", "oauthx")
ADMIN_MD5 = "21232f297a57a5a743894a0e4a801fc3"


def make_tenant(code: str = "000000", name: str = "默认租户", **fields: Any) -> Tenant:
    return Tenant.objects.create(code=code, name=name, **fields)


def make_user(tenant: Tenant, account: str = "admin", password: str | None = "admin", **fields: Any) -> User:
    return User.objects.create_user(tenant, account, password, **{"real_name": account, **fields})


def make_client(client_id: str, secret: str | None, *, tenant: Tenant | None = None, **fields: Any) -> Client:
    """A client with a human-chosen secret (a slow hash), as imported ones have."""
    serves = fields.pop("serves", [])
    client = Client(client_id=client_id, name=client_id, tenant=tenant, **fields)
    client.client_secret = make_password(secret, hasher="chosen_secret") if secret is not None else ""
    client.save()
    client.served_tenants.set(serves)
    return client


def make_sword(*tenants: Tenant, **fields: Any) -> Client:
    return make_client(
        "sword",
        "sword_secret",
        **{
            "serves": tenants,
            "dialects": ["ams-auth", "kom-ams-auth"],
            "grant_types": ["password", "captcha", "refresh_token"],
            "scopes": ["all"],
            "access_token_lifetime_seconds": 43200,
            "refresh_token_lifetime_seconds": 2592000,
            **fields,
        },
    )


def make_saber(tenant: Tenant, **fields: Any) -> Client:
    return make_client(
        "saber",
        "cams_saber_secret",
        **{
            "tenant": tenant,
            "dialects": ["cams-auth", "api-cams-auth"],
            "grant_types": ["password", "captcha", "refresh_token"],
            "scopes": ["all"],
            "access_token_lifetime_seconds": 3600,
            "refresh_token_lifetime_seconds": 604800,
            **fields,
        },
    )


def make_connect_client(tenant: Tenant, **fields: Any) -> Client:
    return make_client(
        "client1",
        "secret",
        **{
            "tenant": tenant,
            "dialects": ["connect"],
            "grant_types": ["password", "client_credentials", "refresh_token"],
            "scopes": ["openid", "profile", "email", "phone", "offline_access", "all"],
            "access_token_lifetime_seconds": 3600,
            "refresh_token_lifetime_seconds": 2592000,
            **fields,
        },
    )


def import_shared_key(secret: str = "BladeX") -> None:
    create_key("HS256", secret=secret.encode())


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


def make_organisation(tenant: Tenant) -> dict[str, Any]:
    """The organisation of api-cams-auth.md's user."""
    return {
        "roles": [
            Role.objects.create(tenant=tenant, id=1322379010662809601, name="管理员", alias="admin"),
            Role.objects.create(tenant=tenant, id=1123598816738675201, name="超级管理员", alias="administrator"),
        ],
        "posts": [Post.objects.create(tenant=tenant, id=1336937752625016834, code="ceo", name="首席执行官")],
        "depts": [Dept.objects.create(tenant=tenant, id=1, name="公司", category="company")],
    }


def make_administrator(
    tenant: Tenant, account: str = "boss", *, permissions: Iterable[str] | None = None, **fields: Any
) -> User:
    """A person of the console whose one role holds these permissions ("app.codename"); None: all that there are."""
    user = make_user(tenant, account, **{"is_staff": True, **fields})
    role = Role.objects.create(tenant=tenant, name=f"role of {account}", alias=account)
    granted = Permission.objects.select_related("content_type").filter(content_type__app_label__in=CONSOLE_APPS)
    role.permissions.set(
        permission
        for permission in granted
        if permissions is None or f"{permission.content_type.app_label}.{permission.codename}" in permissions
    )
    user.assign(roles=[role])
    return user
