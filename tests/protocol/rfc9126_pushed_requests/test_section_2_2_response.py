"""RFC 9126 section 2.2: the answer, and what is kept of the request."""

import re
from datetime import timedelta

import pytest

from oauthx.models import PushedRequest
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow
from tests.protocol.pushing import push, pushed


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("RFC 9126", "2.2", "the answer is 201 with request_uri and expires_in, in JSON")
@pytest.mark.must("RFC 9126", "2.2", "expires_in is a positive number of seconds")
def test_section_2_2_the_answer_is_201_with_the_two_members(flow: Flow, world: World) -> None:
    response = pushed(flow).send(world.http)
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["expires_in"] == 90
    assert PushedRequest.objects.get().expires_at == world.clock() + timedelta(seconds=90)


@pytest.mark.must("RFC 9126", "2.2", "request_uri holds a random part that nobody can guess")
@pytest.mark.must("RFC 9126", "7.1", "request_uri has enough entropy against guessing")
def test_section_2_2_the_request_uri_is_random_and_kept_as_a_digest(
    flow: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    uris = {push(flow) for _ in range(5)}
    assert len(uris) == 5
    for uri in uris:
        # 43 characters of base64url: 256 bits.
        assert re.fullmatch(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}", uri)
        assert not PushedRequest.objects.filter(digest__contains=uri[-43:]).exists()
        assert uri[-43:] not in caplog.text
