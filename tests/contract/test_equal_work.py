"""A guesser learns nothing of who exists: not from the answer, not from the work that it took."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.contract.counting import CountingHasher
from tests.contract.wire import BLADE, ENDPOINTS, Endpoint, Wire
from tests.contract.world import World, reasons

REASONS = {
    "nobody": "unknown_user",
    "admin": "credentials_rejected",
    "locked": "account_locked",
    "idle": "account_disabled",
    "keyless": "credentials_rejected",
}


@pytest.fixture
def counted(world: World, settings: Any) -> World:
    """The world with one person for each reason to be refused, and a hasher that counts."""
    settings.PASSWORD_HASHERS = ["tests.contract.counting.CountingHasher", *settings.PASSWORD_HASHERS[1:]]
    world.make_user("locked")
    world.make_user("idle", is_active=False)
    keyless = world.make_user("keyless")
    keyless.set_unusable_password()
    keyless.save()
    for _attempt in range(5):
        world.sign_in(ENDPOINTS[-1], "locked", "wrong").send(world.http)
    return world


def _attempt(world: World, endpoint: Endpoint, account: str, grant_type: str) -> Wire:
    # The disabled user's password is right: being disabled must not show either.
    wire = world.sign_in(endpoint, account, "admin" if account == "idle" else "wrong")
    if grant_type == "captcha":
        key, code = world.captcha(endpoint)
        wire = wire.with_params(grant_type="captcha", captchaKey=key, captchaCode=code)
    return wire


@pytest.mark.parametrize(
    ("endpoint", "grant_type"),
    [(endpoint, "password") for endpoint in ENDPOINTS] + [(endpoint, "captcha") for endpoint in BLADE],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_refusal_of_a_person_has_one_answer_and_costs_one_hash(
    endpoint: Endpoint, grant_type: str, counted: World
) -> None:
    before = len(reasons())
    answers, hashes, queries = set(), set(), []
    _attempt(counted, endpoint, "nobody", grant_type).send(counted.http)  # the process warms up
    for account in REASONS:
        wire = _attempt(counted, endpoint, account, grant_type)
        computed = CountingHasher.computed
        with CaptureQueriesContext(connection) as captured:
            response = wire.send(counted.http)
        headers = tuple(sorted(pair for pair in response.headers.items() if pair[0] != "X-Request-ID"))
        answers.add((response.status_code, response.content, headers))
        hashes.add(CountingHasher.computed - computed)
        queries.append(len(captured))
    assert reasons()[before + 1 :] == list(REASONS.values())
    assert len(answers) == 1
    assert hashes == {1}
    # Locked and disabled ones are not counted as failures; what a guesser asks for, unknown or wrong, is the same.
    assert queries[0] == queries[1]


def test_a_refused_captcha_costs_no_hash(counted: World) -> None:
    """Otherwise captchas would not protect the processors."""
    wire = counted.sign_in(BLADE[0]).with_params(grant_type="captcha", captchaKey="0" * 32, captchaCode="abcde")
    computed = CountingHasher.computed
    assert wire.send(counted.http).status_code == 400
    assert CountingHasher.computed == computed
