"""An application that wants to be told, and a browser that uses it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.world import World
from tests.peers import Peer, listening, says
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import make_logout_flow, tokens_of


@pytest.fixture
def peer(settings: Any) -> Iterator[Peer]:
    """The application's own server, on loopback."""
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with listening(says(200)) as peer:
        yield peer


@pytest.fixture
def flow(world: World, peer: Peer) -> Flow:
    return make_logout_flow(world, backchannel_logout_uri=peer.url("/told?tenant=a"))


@pytest.fixture
def hint(flow: Flow) -> str:
    """The ID token of the session that the browser is in."""
    token: str = tokens_of(flow)["id_token"]
    return token
