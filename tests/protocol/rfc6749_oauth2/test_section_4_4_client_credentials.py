"""RFC 6749 section 4.4: the client's own credentials, for confidential clients alone."""

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World


@pytest.mark.must("RFC 6749", "4.4", "client credentials are for confidential clients alone")
def test_must_only_be_used_by_confidential_clients(world: World) -> None:
    world.make_client("public", client_type="public")
    wire = CONNECT.request(world.app, grant_type="client_credentials").by(None).with_params(client_id="public")
    assert wire.send(world.http).status_code in {400, 401}


def test_section_4_4_3_includes_no_refresh_token(world: World) -> None:
    body = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()
    assert body["access_token"]
    assert "refresh_token" not in body
