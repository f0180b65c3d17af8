"""Many requests with one client assertion, over several real server processes: it proves the client once."""

import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from accounts.models import LoginEvent
from oauthx.models import UsedAssertion
from tests import factories
from tests.faults.crowd import MANY, Call, all_at_once, at_once
from tests.peers import listening, says_json
from tests.processes import serving
from tests.protocol.key_holder import ASSERTION_TYPE, ec_key, key_set, sign

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    """Servers whose client publishes its key at an address that none of them has asked yet."""
    with listening(says_json(key_set(ec_key()))) as peer:
        app = factories.make_connect_client(
            factories.make_tenant(), authenticates_by="private_key_jwt", jwks_uri=peer.url()
        )
        assert app.client_id == "client1"
        with serving(OUTBOUND_PRIVATE_NETWORKS="127.0.0.1") as url:
            yield url


def assertion(base: str, jti: str) -> str:
    claims = {"iss": "client1", "sub": "client1", "aud": base, "jti": jti, "exp": int(time.time()) + 60}
    return sign(ec_key(), {"alg": "ES256", "kid": "first"}, json.dumps(claims).encode())


def ask_with(base: str, text: str) -> Call:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": text}
    return lambda: requests.post(f"{base}/connect/token", data=form, timeout=60)


def test_of_many_uses_of_one_assertion_exactly_one_succeeds(base: str) -> None:
    answers = at_once(ask_with(base, assertion(base, "once")))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: MANY - 1}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 401} == {"invalid_client"}
    assert Counter(LoginEvent.objects.values_list("reason", flat=True)) == {
        "": 1,
        "client_assertion_replayed": MANY - 1,
    }
    assert UsedAssertion.objects.count() == 1


def test_many_assertions_at_once_all_succeed_though_no_process_has_the_keys_yet(base: str) -> None:
    answers = all_at_once([ask_with(base, assertion(base, f"number {number}")) for number in range(MANY)])
    assert Counter(answer.status_code for answer in answers) == {200: MANY}
