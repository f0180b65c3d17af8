"""What the checks of the metadata share: the document, and an application that does what the document promises."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from accounts.models import User
from tests.contract.wire import CONNECT, FORM, Credentials, Wire, basic
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow
from tests.protocol.tokens import metadata_of


@dataclass
class Provider:
    """A running provider and its metadata, as a client that knows nothing else meets them.

    `beside`: what a check starts beside it, until the check is over.
    """

    world: World
    said: dict[str, Any]
    beside: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, world: World) -> "Provider":
        """The provider of this world, with a person of whom every claim can be told."""
        User.objects.filter(pk=world.admin.pk).update(
            real_name="王小明",
            nick_name="小明",
            email="ming@example.com",
            phone="13800138000",
            avatar="https://a.test/1.png",
            postal_address="上海市南京东路 1 号",
        )
        return cls(world, metadata_of(world))

    def path(self, name: str) -> str:
        """The path of this endpoint."""
        address, issuer = self.said[name], self.said["issuer"]
        assert address.startswith(f"{issuer}/"), address
        return str(address).removeprefix(issuer)

    def flow(self, client_id: str = "webapp", **fields: Any) -> Flow:
        """The flow of a new application that may do whatever the metadata name, in a browser that is signed in."""
        wanted = {
            "skip_authorization": True,
            "scopes": self.said["scopes_supported"],
            "grant_types": self.said["grant_types_supported"],
            **fields,
        }
        flow = make_flow(self.world, **wanted) if client_id == "webapp" else self._flow_of(client_id, wanted)
        flow.sign_in(flow.authorize())
        return flow

    def _flow_of(self, client_id: str, wanted: dict[str, Any]) -> Flow:
        redirect_uris = "https://app.example/callback"
        return Flow(self.world, self.world.make_client(client_id, redirect_uris=redirect_uris, **wanted))

    def tokens(self, flow: Flow, **changes: str | None) -> dict[str, Any]:
        """What the application gets for a code."""
        response = flow.redeem(flow.code(**changes))
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    def token_request(self, client: Credentials, **params: object) -> Wire:
        assert self.path("token_endpoint") == CONNECT.path
        return CONNECT.request(client, **params)

    def post(self, name: str, params: dict[str, str], client: Credentials | None = None) -> Any:
        """POST a form to this endpoint, as this client by Basic, or as nobody."""
        headers = {"Authorization": basic(*client)} if client else {}
        return self.world.http.post(self.path(name), urlencode(params), content_type=FORM, headers=headers)

    def get(self, name: str, token: str) -> Any:
        """GET this endpoint as the bearer of a token."""
        return self.world.http.get(self.path(name), headers={"Authorization": f"Bearer {token}"})
