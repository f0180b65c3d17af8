"""OpenID Connect Back-Channel Logout section 2.7: which tokens end with the session."""

import pytest

from accounts.models import BrowserSession
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import end_session, make_logout_flow, tokens_of


@pytest.fixture
def flow(world: World) -> Flow:
    return make_logout_flow(world)


def refreshed(flow: Flow, refresh_token: str) -> int:
    wire = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=refresh_token)
    return int(wire.send(flow.world.http).status_code)


def asked_for(flow: Flow, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return int(flow.world.http.get("/connect/userinfo", headers=headers).status_code)


def test_section_2_7_what_was_not_asked_for_to_outlast_the_session_ends_with_it(flow: Flow) -> None:
    tokens = tokens_of(flow)
    assert "refresh_token" not in tokens
    assert asked_for(flow, tokens["access_token"]) == 200
    end_session(flow, id_token_hint=tokens["id_token"])
    assert asked_for(flow, tokens["access_token"]) == 401


def test_section_2_7_what_was_granted_offline_access_goes_on(flow: Flow) -> None:
    tokens = tokens_of(flow, scope="openid offline_access")
    end_session(flow, id_token_hint=tokens["id_token"])
    assert asked_for(flow, tokens["access_token"]) == 200
    assert refreshed(flow, tokens["refresh_token"]) == 200


def test_a_session_that_somebody_ended_takes_everything_with_it(flow: Flow) -> None:
    """Then a thief may hold the tokens (docs/decisions/0011-logout-and-offline-access.md)."""
    tokens = tokens_of(flow, scope="openid offline_access")
    BrowserSession.objects.get().end("console")
    assert asked_for(flow, tokens["access_token"]) == 401
    assert refreshed(flow, tokens["refresh_token"]) == 400


def test_a_code_that_was_not_used_ends_with_the_session(flow: Flow) -> None:
    hint = tokens_of(flow)["id_token"]
    code = flow.code()
    end_session(flow, id_token_hint=hint)
    assert flow.redeem(code).json()["error"] == "invalid_grant"
