"""The console lets nobody make or change a client that signs in as his superiors by its word for WeChat identities."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import SocialIdentity, User, WechatApp
from oauthx.models import Client
from tenants.models import Tenant
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.pages import errors_of, send_form

pytestmark = pytest.mark.django_db

ADD = "/admin/oauthx/client/add/?kind=custom"
NEW: dict[str, Any] = {
    "name": "Portal",
    "client_id": "portal",
    "dialects": ["connect"],
    "grant_types": ["password"],
    "scopes": ["all"],
}
ALL_OF_CLIENTS = [f"oauthx.{action}_client" for action in ("view", "add", "change", "delete")]
MINI = {"name": "Mini", "app_id": "wx1"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def limited(tenant: Tenant) -> HttpClient:
    """Somebody who may edit clients and apps, and nothing else."""
    browser = HttpClient()
    permissions = [*ALL_OF_CLIENTS, "accounts.view_wechatapp"]
    browser.force_login(make_administrator(tenant, "limited", permissions=permissions))
    return browser


def add(browser: HttpClient, **changes: Any) -> Any:
    return send_form(browser, ADD, "client_form", **{**NEW, **changes})


def address(client: Client, page: str = "change") -> str:
    return f"/admin/oauthx/client/{client.pk}/{page}/"


def bind(user: User, app: WechatApp) -> None:
    SocialIdentity.objects.create(
        tenant=user.tenant, user=user, provider="wechat", app=app.app_id, openid=f"openid of {user.pk}"
    )


def test_nobody_makes_a_client_that_signs_in_as_his_superiors(limited: HttpClient, tenant: Tenant) -> None:
    app = WechatApp.objects.create(tenant=tenant, **MINI)
    vouching = {"wechat_app": app.pk, "vouches_for_wechat": "on"}
    bind(make_user(tenant, "worker"), app)
    assert errors_of(add(limited, client_id="", **vouching)).keys() == {"client_id"}
    bind(make_administrator(tenant, "chief"), app)
    assert errors_of(add(limited, **vouching)).keys() == {"vouches_for_wechat"}
    existing = make_client("existing", "secret", tenant=tenant, grant_types=["password"], dialects=["connect"])
    assert errors_of(send_form(limited, address(existing), "client_form", **vouching)).keys() == {"vouches_for_wechat"}
    assert not Client.objects.filter(vouches_for_wechat=True).exists()
    # The app alone brings him nothing: WeChat itself says who somebody is.
    changed = send_form(limited, address(existing), "client_form", wechat_app=app.pk, scopes=["all"])
    assert changed.status_code == 302


def test_a_client_that_vouches_is_changed_only_by_those_who_may_do_no_less(limited: HttpClient, tenant: Tenant) -> None:
    app = WechatApp.objects.create(tenant=tenant, **MINI)
    client = make_client("robot", "secret", tenant=tenant, wechat_app=app, vouches_for_wechat=True)
    pages = [address(client), address(client, "rotate-secret")]
    bind(make_user(tenant, "worker"), app)
    # Bound to the same app id, in another tenant.
    bind(make_administrator(make_tenant("000001"), "elsewhere"), app)
    assert [limited.get(page).status_code for page in pages] == [200, 200]
    assert limited.post(pages[0], {}).status_code == 200
    chief = make_administrator(tenant, "chief")
    bind(chief, app)
    assert limited.post(pages[0], {}).status_code == 403
    assert limited.get(pages[1]).status_code == 403
    limited.force_login(chief)
    assert [limited.get(page).status_code for page in pages] == [200, 200]
