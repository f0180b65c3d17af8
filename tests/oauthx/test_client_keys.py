"""A client's keys at an address of its own: fetched when they are needed, and never more often than that."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from oauthx.client_keys import ASKED_WITHIN, FRESH_FOR, KEPT_FOR, MAX_CLIENTS, find_keys
from oauthx.models import Client
from tenants import registry
from tests.contract.world import World, reasons
from tests.peers import Peer, listening, says, says_json
from tests.protocol.key_holder import KeyHolder, ec_key, key_set, make_key_holder, rsa_key


@pytest.fixture
def peer(settings: Any) -> Iterator[Peer]:
    """The client's server, which publishes its first key."""
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with listening(says_json(key_set(ec_key()))) as peer:
        yield peer


@pytest.fixture
def holder(world: World, peer: Peer) -> KeyHolder:
    return make_key_holder(world, jwks=None, jwks_uri=peer.url("/keys"))


def pass_time(holder: KeyHolder, duration: Any) -> None:
    holder.world.pass_time(seconds=duration.total_seconds())


def test_fetches_the_keys_at_the_first_assertion_and_keeps_them(holder: KeyHolder, peer: Peer) -> None:
    assert peer.requests == []
    for _time in range(3):
        assert holder.ask().status_code == 200
    assert [request.partition(b" HTTP")[0] for request in peer.requests] == [b"GET /keys"]


@pytest.mark.parametrize("bad", [{"exp": 1}, {"aud": "https://other.example"}, {"jti": None}, {"iss": "app"}])
def test_fetches_nothing_for_an_assertion_that_is_refused_anyway(
    holder: KeyHolder, peer: Peer, bad: dict[str, Any]
) -> None:
    assert holder.ask(holder.assertion(**bad)).status_code == 401
    assert peer.requests == []


def test_a_new_key_works_at_its_first_use(holder: KeyHolder, peer: Peer) -> None:
    """OpenID Connect Core section 10.1.1: the client publishes a new key and signs with it."""
    assert holder.ask().status_code == 200
    peer.answer = says_json(key_set(ec_key(), rsa_key()))
    assert holder.ask(holder.assertion(rsa_key(), {"alg": "PS256"})).status_code == 200
    assert len(peer.requests) == 2


def test_a_key_that_was_taken_out_is_good_for_five_minutes_at_the_most(holder: KeyHolder, peer: Peer) -> None:
    assert holder.ask().status_code == 200
    peer.answer = says_json(key_set(ec_key("second")))
    pass_time(holder, FRESH_FOR)
    assert holder.is_refused("client_assertion_signature")
    assert holder.ask(holder.assertion(ec_key("second"))).status_code == 200


def test_invented_key_ids_make_no_more_than_two_fetches_in_half_a_minute(holder: KeyHolder, peer: Peer) -> None:
    assert holder.ask().status_code == 200
    for number in range(20):
        assert holder.is_refused("client_assertion_signature", holder.headed(kid=f"invented {number}"))
    assert len(peer.requests) == 2
    pass_time(holder, ASKED_WITHIN)
    for number in range(20):
        assert holder.is_refused("client_assertion_signature", holder.headed(kid=f"invented {number}"))
    assert len(peer.requests) == 4
    assert holder.ask().status_code == 200


def test_an_address_that_answers_nothing_is_not_asked_at_each_request(
    holder: KeyHolder, peer: Peer, caplog: Any
) -> None:
    peer.answer = says(503)
    for _time in range(5):
        assert holder.is_refused("client_keys_unavailable")
    assert len(peer.requests) == 2
    told = {record.getMessage() for record in caplog.records if record.name == "oauthx.client_keys"}
    assert told == {"no keys from the address of client=holder: answer_refused: status 503"}
    peer.answer = says_json(key_set(ec_key()))
    pass_time(holder, ASKED_WITHIN)
    assert holder.ask().status_code == 200


def test_the_last_keys_count_for_an_hour_while_the_address_answers_nothing(holder: KeyHolder, peer: Peer) -> None:
    assert holder.ask().status_code == 200
    peer.answer = says(503)
    pass_time(holder, KEPT_FOR - ASKED_WITHIN)
    assert holder.ask().status_code == 200
    assert len(peer.requests) == 2
    pass_time(holder, ASKED_WITHIN)
    assert holder.is_refused("client_keys_unavailable")


def test_a_saved_client_is_asked_anew(holder: KeyHolder, peer: Peer) -> None:
    """So an administrator who is in a hurry can do something."""
    assert holder.ask().status_code == 200
    peer.answer = says_json(key_set(ec_key("second")))
    holder.world.of(holder.app).save()
    assert holder.ask(holder.assertion(ec_key("second"))).status_code == 200


def test_saving_anything_else_loses_no_keys(holder: KeyHolder, peer: Peer) -> None:
    """In a large installation something is saved every minute: an address that is down must still have its hour."""
    assert holder.ask().status_code == 200
    peer.answer = says(503)
    holder.world.make_tenant("999999")
    holder.world.make_client("another")
    assert holder.ask().status_code == 200
    assert len(peer.requests) == 1


def test_saving_anything_else_lets_no_address_be_asked_more_often(holder: KeyHolder, peer: Peer) -> None:
    peer.answer = says(503)
    for number in range(3):
        assert holder.is_refused("client_keys_unavailable")
        holder.world.make_tenant(f"99999{number}")
    assert len(peer.requests) == 2


def test_remembers_no_more_clients_than_it_says(world: World, peer: Peer) -> None:
    clients = [Client(pk=-1 - number, jwks_uri=peer.url(), client_id=f"{number}") for number in range(MAX_CLIENTS + 1)]
    for client in clients:
        assert len(find_keys(client, "ES256", "first", world.clock())) == 1
    asked = len(peer.requests)
    assert asked == len(clients)
    find_keys(clients[-1], "ES256", "first", world.clock())
    assert len(peer.requests) == asked
    find_keys(clients[0], "ES256", "first", world.clock())
    assert len(peer.requests) == asked + 1


@pytest.mark.parametrize(
    "document", [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": [None, 7, "x", [], {}]}, "keys", 7]
)
def test_what_is_no_key_set_holds_no_key(holder: KeyHolder, peer: Peer, document: object) -> None:
    peer.answer = says_json(document)
    assert holder.is_refused("client_assertion_signature")


def test_keys_that_cannot_be_used_hinder_no_others(holder: KeyHolder, peer: Peer) -> None:
    good = key_set(ec_key())["keys"][0]
    private = ec_key("private").as_dict(private=True)
    others = [
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "first"},
        {"kty": "EC", "crv": ["P-256"], "x": 1, "y": {}, "kid": "first"},
        {**good, "x": good["y"]},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "first"},
        {"kty": "RSA", "n": "AQAC", "e": "AA", "kid": "first"},
        {"kty": "RSA", "n": 7, "e": None, "kid": "first"},
        {"kty": "RSA", "n": "é", "e": "!", "kid": "first"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "first"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "first"},
        {"kty": ["EC"], "kid": "first"},
        {**good, "kid": 7},
        {**good, "alg": 7},
        private,
    ]
    peer.answer = says_json({"keys": [*others, good]})
    assert holder.ask().status_code == 200
    assert holder.is_refused("client_assertion_signature", holder.assertion(ec_key("private")))


def test_short_rsa_keys_are_not_used(holder: KeyHolder, peer: Peer) -> None:
    peer.answer = says_json(key_set(rsa_key("short", 1024)))
    assert holder.is_refused("client_assertion_signature", holder.assertion(rsa_key("short", 1024), {"alg": "RS256"}))


def test_an_address_inside_that_was_not_named_is_not_called(holder: KeyHolder, peer: Peer) -> None:
    holder.world.settings.OUTBOUND_PRIVATE_NETWORKS = []
    assert holder.is_refused("client_keys_unavailable")
    assert peer.requests == []


def test_who_has_a_key_does_not_wait_for_who_asks_for_newer_ones(holder: KeyHolder, peer: Peer) -> None:
    """While the address answers slowly, requests with a known key go on, and are not held up in every thread."""
    registry.refresh()
    client, now = holder.world.of(holder.app), holder.world.clock()
    assert len(find_keys(client, "ES256", "first", now)) == 1
    slow, answered = Event(), says_json(key_set(ec_key()))

    def answer(request: bytes) -> Any:
        slow.set()
        time.sleep(2)
        return answered(request)

    peer.answer = answer
    later = now + FRESH_FOR
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(find_keys, client, "ES256", "first", later)
        assert slow.wait(5)
        started = time.monotonic()
        assert len(find_keys(client, "ES256", "first", later)) == 1
        assert time.monotonic() - started < 0.5
        assert len(asking.result()) == 1
    assert len(peer.requests) == 2


def test_the_history_tells_of_each_refusal(holder: KeyHolder, peer: Peer) -> None:
    peer.answer = says(503)
    holder.ask()
    assert reasons() == ["client_keys_unavailable"]
