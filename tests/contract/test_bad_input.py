"""The bad-input list, as a table over all five token endpoints.

Each row damages a good request in one way and says what must come back, in the document's own error form, and what the
login history must hold: exactly one refusal with exactly that reason, or, where the client is unknown or the request
cannot be read, nothing but one line in the log.
"""

from typing import Any

import pytest

from accounts.models import LoginEvent
from tests.contract.bad_clients import BAD_CLIENTS
from tests.contract.bad_people import BAD_PEOPLE
from tests.contract.bad_requests import BAD_REQUESTS
from tests.contract.row import Row
from tests.contract.wire import ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import World, history

TABLE = [
    pytest.param(endpoint, row, id=f"{endpoint.name}-{row.id}")
    for endpoint in ENDPOINTS
    for row in (*BAD_REQUESTS, *BAD_CLIENTS, *BAD_PEOPLE)
    if row.concerns(endpoint)
]


@pytest.mark.parametrize(("endpoint", "row"), TABLE)
def test_refuses(endpoint: Endpoint, row: Row, world: World, caplog: Any) -> None:
    wire = row.damage(world.sign_in(endpoint), world)
    before = LoginEvent.objects.count()
    caplog.clear()

    response = wire.send(world.http)

    assert_refused(endpoint, response, row.status, row.error)
    assert ("WWW-Authenticate" in response) == (row.status == 401 and wire.uses_basic)
    told = [(event.kind, event.outcome, event.reason) for event in history()[before:]]
    lines = [record for record in caplog.records if record.name.startswith("oauthx")]
    if row.audited is None:
        assert told == []
        assert len(lines) == 1
    else:
        assert told == [("token", "refused", row.audited)]
    assert_keeps_secrets(response.content.decode() + caplog.text, wire)


def assert_keeps_secrets(text: str, wire: Any) -> None:
    """Nothing that was sent in confidence stands in an answer or in the log."""
    confidential = {"password", "client_secret", "refresh_token", "captchaCode", "code"}
    secrets = {str(value) for name, value in wire.pairs if name in confidential}
    secrets |= {wire.client[1]} if wire.client else set()
    for secret in secrets:
        # Very short values occur by chance.
        assert len(secret) < 5 or secret not in text


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_grants_the_undamaged_request(endpoint: Endpoint, world: World) -> None:
    """Otherwise the table would prove nothing."""
    response = world.sign_in(endpoint).send(world.http)
    assert response.status_code == 200, response.content
    assert [(event.kind, event.outcome, event.reason) for event in history()] == [("token", "allowed", "")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_answers_only_to_post(endpoint: Endpoint, method: str, world: World) -> None:
    response = world.sign_in(endpoint).by_method(method).send(world.http)
    assert_refused(endpoint, response, 405, "invalid_request")
    assert response["Allow"] == "POST"
    assert history() == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_body_of_64_kib_is_not_too_large(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    filler = 64 * 1024 - len(wire.with_params(ignored="").encoded())
    assert wire.with_params(ignored="x" * filler).send(world.http).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_parameter_of_255_characters_is_not_too_long(endpoint: Endpoint, world: World) -> None:
    world.make_user("𠮷" * 255, real_name="")
    assert world.sign_in(endpoint, "𠮷" * 255).send(world.http).status_code == 200
