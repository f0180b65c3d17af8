"""The moves of an application that pushes its authorization requests (RFC 9126), on Django's test client."""

from dataclasses import replace
from typing import Any

from tests.contract.wire import CONNECT, Credentials, Endpoint, Wire
from tests.protocol.code_flow import Flow

PAR = Endpoint("par", "/connect/par", CONNECT.content_type, standard=True)


def pushed(flow: Flow, client: Credentials | None = None, **changes: str | None) -> Wire:
    """A push of a good request that has not been sent yet; a None takes a parameter out. The secret is in the body."""
    params = flow.request(**changes)
    wire = PAR.request(client or flow.app, **params)
    # `client_id` stands among the parameters already.
    credentials = () if client == (flow.app[0], "") else (("client_secret", (client or flow.app)[1]),)
    return replace(wire, client=None, pairs=(*wire.pairs, *credentials))


def push(flow: Flow, **changes: str | None) -> str:
    """The `request_uri` of a request that was taken."""
    response = pushed(flow, None, **changes).send(flow.world.http)
    assert response.status_code == 201, response.content
    request_uri: str = response.json()["request_uri"]
    return request_uri


def visit(flow: Flow, request_uri: str, **more: str) -> Any:
    """The answer to the person's browser when it comes with it; not followed."""
    return flow.browser.get("/connect/authorize", {"client_id": flow.app[0], "request_uri": request_uri, **more})
