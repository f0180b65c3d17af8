"""What the tests of `accounts/outbound.py` share: a peer on loopback that Hufu may call."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.outbound import OutboundError, fetch_json
from tests.peers import Peer, listening, says_json

LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
def peer(settings: Any) -> Iterator[Peer]:
    """A peer on 127.0.0.1 that Hufu may call."""
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with listening(says_json({"keys": []})) as peer:
        yield peer


def reason_of(url: str, **options: Any) -> str:
    """Why this address gives no JSON."""
    with pytest.raises(OutboundError) as caught:
        fetch_json(url, **options)
    return caught.value.reason
