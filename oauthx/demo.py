"""Demo data for development: the tenants, people and clients that the documents' examples speak of.

It must never meet a stranger: `serve` refuses it on any address but loopback, and `check --deploy` finds it.
"""

from dataclasses import dataclass

from django.contrib.admin import site
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from accounts.models import Dept, Post, Role, SocialIdentity, User, WechatApp
from accounts.ready_made_roles import READY_MADE, permissions_of
from oauthx.choices import DEVICE_CODE
from oauthx.models import Client
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class DemoAccount:
    tenant: str
    account: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoClient:
    client_id: str
    secret: str


ACCOUNTS = (
    DemoAccount("000000", "admin", "admin"),
    DemoAccount("000000", "auditor", "auditor"),
    DemoAccount("000001", "admin", "admin1"),
)
SWORD = DemoClient("sword", "sword_secret")
SABER = DemoClient("saber", "cams_saber_secret")
CLIENT1 = DemoClient("client1", "secret")
CLIENTS = (SWORD, SABER, CLIENT1)

# The default tenant's app at WeChat, and who `admin` is there.
WECHAT_APP, OPENID = "wxdemo0000000000", "demo-openid"


@transaction.atomic
def create_demo_data() -> bool:
    """Make the demo data in an empty installation; False, and nothing touched, where there is any tenant."""
    if Tenant.objects.exists():
        return False
    default = Tenant.objects.create(code="000000", name="默认租户")
    ways = {"offers_password_reset": True, "offers_password_reset_by_mail": True}
    demo = Tenant.objects.create(code="000001", name="演示租户", **ways)
    _people_of_default(default)
    _people_of_demo(demo)
    _clients(default, demo)
    return True


def _people_of_default(tenant: Tenant) -> None:
    company = Dept.objects.create(tenant=tenant, name="虎符科技有限公司", category=Dept.Category.COMPANY)
    administrator = Role.objects.create(tenant=tenant, name="超级管理员", alias="administrator", sort=1)
    manager = Role.objects.create(tenant=tenant, name="管理员", alias="admin", sort=2)
    officer = Post.objects.create(tenant=tenant, code="ceo", name="首席执行官", sort=1)
    admin = User.objects.create_user(
        tenant,
        "admin",
        "admin",
        real_name="admin",
        nick_name="超级管理员",
        phone="+8613800138000",
        postal_address="北京市朝阳区建国路 1 号",
        is_staff=True,
        is_superuser=True,
        is_main_account=True,
        password_updated_at=timezone.now(),
    )
    admin.assign(roles=[administrator, manager], posts=[officer], depts=[company])
    wechat = WechatApp.objects.create(tenant=tenant, name="演示小程序", app_id=WECHAT_APP)
    SocialIdentity.objects.create(tenant=tenant, user=admin, provider="wechat", app=wechat.app_id, openid=OPENID)
    auditing = Role.objects.create(tenant=tenant, name="审计员", alias="auditor", sort=3)
    auditing.permissions.set(_permissions("auditor"))
    auditor = User.objects.create_user(tenant, "auditor", "auditor", real_name="审计员", is_staff=True)
    auditor.assign(roles=[auditing], depts=[company])


def _people_of_demo(tenant: Tenant) -> None:
    company = Dept.objects.create(tenant=tenant, name="演示公司", category=Dept.Category.COMPANY)
    administration = Role.objects.create(tenant=tenant, name="租户管理员", alias="administrator", sort=1)
    administration.permissions.set(_permissions("administrator"))
    admin = User.objects.create_user(
        tenant,
        "admin",
        "admin1",
        real_name="王小明",
        phone="+8613900139000",
        postal_address="上海市浦东新区世纪大道 100 号",
        is_staff=True,
        is_main_account=True,
    )
    admin.assign(roles=[administration], depts=[company])


def _permissions(role: str) -> list[Permission]:
    """What the ready-made role allows."""
    wanted = permissions_of(READY_MADE[role], site)
    rows = Permission.objects.select_related("content_type")
    return [row for row in rows if f"{row.content_type.app_label}.{row.codename}" in wanted]


def _clients(default: Tenant, demo: Tenant) -> None:
    document_grants = ["password", "captcha", "refresh_token", "sms"]
    sword = _client(
        SWORD,
        name="Sword",
        dialects=["ams-auth", "kom-ams-auth"],
        grant_types=document_grants,
        scopes=["all"],
        access_token_lifetime_seconds=43_200,
        refresh_token_lifetime_seconds=2_592_000,
    )
    sword.served_tenants.set([default, demo])
    _client(
        SABER,
        name="Saber",
        tenant=default,
        dialects=["cams-auth", "api-cams-auth"],
        grant_types=document_grants,
        scopes=["all"],
        access_token_lifetime_seconds=3600,
        refresh_token_lifetime_seconds=604_800,
    )
    _client(
        CLIENT1,
        name="Client 1",
        tenant=default,
        dialects=["connect"],
        grant_types=[
            "password",
            "password_ad",
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "sms",
            "wechat",
            DEVICE_CODE,
        ],
        scopes=["openid", "profile", "email", "phone", "address", "offline_access", "all"],
        access_token_lifetime_seconds=3600,
        refresh_token_lifetime_seconds=2_592_000,
        redirect_uris="https://myapp.com/callback http://127.0.0.1/callback",
        wechat_app=WechatApp.objects.get(tenant=default, app_id=WECHAT_APP),
        vouches_for_wechat=True,
        vouching_allowed_by=User.objects.get(tenant=default, account="admin"),
    )


def _client(demo: DemoClient, **fields: object) -> Client:
    client = Client(client_id=demo.client_id, **fields)
    client.client_secret = make_password(demo.secret, hasher="chosen_secret")
    client.full_clean(exclude=["client_secret"])
    client.save()
    return client
