"""A tenant with a WeChat app, a client for it and a WeChat on loopback: what the tests of the grant share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import SocialIdentity, User, WechatApp
from oauthx.models import Client
from tenants.encryption import Secret
from tests.accounts.calling import LOOPBACK
from tests.contract.wire import CONNECT, Credentials, Endpoint, Wire
from tests.contract.world import World
from tests.wechat_api import WechatPlayed, wechat_playing

APP_ID, SECRET = "wx0123456789abcdef", "the-app-secret-at-wechat"


@dataclass
class WechatWorld:
    """`app` is the tenant's mini program, which `client` uses by default; `admin` has no identity yet."""

    world: World
    played: WechatPlayed
    app: WechatApp

    @property
    def client(self) -> Credentials:
        return self.world.app

    def make_app(self, app_id: str, kind: str = "mini_program", **fields: Any) -> WechatApp:
        """Another app of the tenant, which WeChat knows too."""
        self.played.apps[app_id] = SECRET
        wanted = {"tenant": self.world.tenant, "name": f"app {app_id}", "secret": Secret.of(SECRET), **fields}
        return WechatApp.objects.create(app_id=app_id, kind=kind, **wanted)

    def bind(self, user: User | None = None, openid: str = "openid-1", unionid: str = "", app: str = APP_ID) -> Any:
        user = user or self.world.admin
        return SocialIdentity.objects.create(
            tenant=user.tenant, user=user, provider="wechat", app=app, openid=openid, unionid=unionid
        )

    def set_client(self, **fields: Any) -> None:
        client = Client.objects.get(client_id="app")
        for name, value in fields.items():
            setattr(client, name, value)
        client.save()

    def offer_tickets(self) -> None:
        self.world.tenant.offers_bind_tickets = True
        self.world.tenant.save()

    def wire(self, endpoint: Endpoint = CONNECT, **params: object) -> Wire:
        """A request by this grant."""
        wire = endpoint.request(self.client, **{"grant_type": "wechat", "scope": "all", **params})
        return wire.in_tenant(self.world.tenant.code) if endpoint.tenant_header else wire

    def ask(self, endpoint: Endpoint = CONNECT, **params: object) -> Any:
        return self.wire(endpoint, **params).send(self.world.http)

    def requested(self) -> list[str]:
        """What WeChat was asked, the request lines."""
        return [request.split(b"\r\n")[0].decode() for request in self.played.peer.requests]

    def ask_with_new_code(self, openid: str, unionid: str = "", endpoint: Endpoint = CONNECT, **params: object) -> Any:
        """Somebody opens the app in WeChat; it sends the code on."""
        app_id = str(params.get("app_id", APP_ID))
        code = self.played.give_code(app_id, f"code-{len(self.played.codes)}", openid, unionid)
        return self.ask(endpoint, code=code, **params)


@pytest.fixture
def wechat(world: World, settings: Any) -> Iterator[WechatWorld]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with wechat_playing() as played:
        settings.WECHAT_API_URL = played.url
        played.apps[APP_ID] = SECRET
        fields: dict[str, Any] = {"name": "Mini", "app_id": APP_ID, "secret": Secret.of(SECRET)}
        app = WechatApp.objects.create(tenant=world.tenant, kind="mini_program", **fields)
        wechat = WechatWorld(world, played, app)
        wechat.set_client(wechat_app=app)
        yield wechat
