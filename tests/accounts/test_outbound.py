"""What Hufu calls: only where it may, only as long as it wants, and never anywhere else than it was told."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from accounts.outbound import OutboundError, fetch_json, post_form, post_json
from tests.accounts.calling import LOOPBACK, peer, reason_of
from tests.peers import Answer, Peer, listening, says, says_json

pytestmark = pytest.mark.once

# What the tests that wait for its end allow.
BUDGET_SECONDS = 2

__all__ = ["peer"]


def test_fetches_json(peer: Peer) -> None:
    assert fetch_json(peer.url("/keys?of=app")) == {"keys": []}
    assert peer.requests[0].startswith(b"GET /keys?of=app HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{peer.port}\r\n".encode() in peer.requests[0]


def test_fetches_json_from_an_ipv6_address(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    with listening(says_json([1]), address="::1") as peer:
        assert fetch_json(peer.url()) == [1]
        assert f"Host: [::1]:{peer.port}\r\n".encode() in peer.requests[0]


def test_posts_a_form_and_tells_the_status(peer: Peer) -> None:
    peer.answer = says(204)
    assert post_form(peer.url("/logout"), {"logout_token": "a b&c=é"}) == 204
    head, _end, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /logout HTTP/1.1\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"logout_token=a+b%26c%3D%C3%A9"


def test_posts_json_and_reads_json(peer: Peer) -> None:
    assert post_json(peer.url("/token"), {"secret": "ä"}) == {"keys": []}
    head, _end, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /token HTTP/1.1\r\n")
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {"secret": "ä"}
    peer.answer = says(500)
    with pytest.raises(OutboundError) as caught:
        post_json(peer.url(), {})
    assert (caught.value.reason, caught.value.status) == ("answer_refused", 500)


def test_takes_json_of_another_type_where_that_is_wanted(peer: Peer) -> None:
    peer.answer = says(200, b'{"openid": "x"}', "text/plain")
    assert fetch_json(peer.url(), any_type=True) == {"openid": "x"}
    assert reason_of(peer.url()) == "answer_refused"


def test_no_error_names_the_address_that_was_called(peer: Peer) -> None:
    """Some peers take secrets there."""
    answers: list[Answer] = [says(404), says(200, b"<", "text/html"), lambda _request: []]
    for answer in answers:
        peer.answer = answer
        with pytest.raises(OutboundError) as caught:
            fetch_json(peer.url("/?secret=swordfish"))
        assert "swordfish" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("status", [200, 302, 400, 503])
def test_any_status_of_a_posted_form_is_an_answer(peer: Peer, status: int) -> None:
    peer.answer = says(status, b"x" * 1_000_000, Location=peer.url("/elsewhere"))
    assert post_form(peer.url(), {}) == status
    assert len(peer.requests) == 1


def test_sends_no_cookie_and_no_credentials(peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password something")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    peer.answer = says(200, b"{}", "application/json", **{"Set-Cookie": "a=b"})
    for _time in range(2):
        fetch_json(peer.url())
    for request in peer.requests:
        assert b"cookie" not in request.lower()
        assert b"authorization" not in request.lower()


def test_takes_no_proxy_from_the_environment(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(says_json("the proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.setenv("no_proxy", "")
        assert fetch_json(peer.url()) == {"keys": []}
        assert proxy.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect(peer: Peer, status: int) -> None:
    with listening(says_json({"keys": ["of another"]})) as other:
        peer.answer = says(status, Location=other.url())
        assert reason_of(peer.url()) == "answer_refused"
        assert other.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(404, b"{}", "application/json"), id="not found"),
        pytest.param(says(201, b"{}", "application/json"), id="created"),
        pytest.param(says(200, b"{}", "text/html"), id="a page"),
        pytest.param(says(200, b"{", "application/json"), id="broken"),
        pytest.param(says(200, b"", "application/json"), id="empty"),
        pytest.param(says(200, b"\xff\xfe", "application/json"), id="no text"),
        pytest.param(says(200, b"[" * 60_000, "application/json"), id="too deep"),
        pytest.param(says(200, b"9" * 60_000, "application/json"), id="an endless number"),
        pytest.param(lambda _request: [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], id="no HTTP"),
        pytest.param(lambda _request: [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000], id="too many headers"),
    ],
)
def test_refuses_what_is_no_json(peer: Peer, answer: Answer) -> None:
    peer.answer = answer
    assert reason_of(peer.url()) == "answer_refused"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/jwk-set+json"])
def test_takes_every_type_that_is_json(peer: Peer, content_type: str) -> None:
    peer.answer = says(200, b'{"keys": []}', content_type)
    assert fetch_json(peer.url()) == {"keys": []}


def test_refuses_what_is_too_long(peer: Peer) -> None:
    peer.answer = says(200, b'"' + b"x" * 98 + b'"', "application/json")
    assert fetch_json(peer.url(), max_bytes=100) == "x" * 98
    assert reason_of(peer.url(), max_bytes=99) == "answer_refused"


def test_reads_no_more_of_an_endless_answer_than_it_takes(peer: Peer) -> None:
    sent: list[int] = []

    def without_end(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while len(sent) < 100_000:
            sent.append(65536)
            yield b" " * 65536

    peer.answer = without_end
    started = time.monotonic()
    assert reason_of(peer.url()) == "answer_refused"
    assert time.monotonic() - started < 8
    # What the buffers of both sockets hold, and not the 6 GiB.
    assert sum(sent) < 64 * 1024 * 1024


def test_says_that_nobody_listens(peer: Peer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert reason_of(f"http://127.0.0.1:{port}/") == "unreachable"


def test_says_that_a_name_is_unknown() -> None:
    assert reason_of("https://nowhere.invalid/") == "unreachable"


def test_says_that_the_peer_hung_up(peer: Peer) -> None:
    peer.answer = lambda _request: []
    assert reason_of(peer.url()) == "unreachable"


def test_tries_the_next_address_of_a_name(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    # `localhost` is ::1 too on many machines, where nobody listens here.
    with listening(says_json("here")) as peer:
        assert fetch_json(peer.url(host="localhost")) == "here"


def _trickled_head(_request: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(200):
        yield f"X-{number}: y\r\n".encode()
        time.sleep(0.15)


def _trickled_body(_request: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n"
    for _number in range(200):
        yield b" "
        time.sleep(0.15)


def _trickled_body_of_the_last_answer(_request: bytes) -> Iterator[bytes]:
    """As Hufu asks for it: the connection ends with the answer. `http.client` lets go of the socket at its head."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    for _number in range(200):
        yield b" "
        time.sleep(0.15)


def _endless_continue(_request: bytes) -> Iterator[bytes]:
    for _number in range(200):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        time.sleep(0.15)


def _silence(_request: bytes) -> Iterator[bytes]:
    time.sleep(BUDGET_SECONDS + 1)
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_waits_for_nobody_longer_than_its_budget(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS, settings.OUTBOUND_SECONDS = LOOPBACK, BUDGET_SECONDS

    def seconds_with(answer: Answer) -> float:
        with listening(answer) as peer:
            started = time.monotonic()
            assert reason_of(peer.url()) == "timed_out"
            return time.monotonic() - started

    answers = (_trickled_head, _trickled_body, _trickled_body_of_the_last_answer, _endless_continue, _silence)
    with ThreadPoolExecutor(len(answers)) as pool:
        for seconds in pool.map(seconds_with, answers):
            assert BUDGET_SECONDS - 0.5 < seconds < BUDGET_SECONDS + 1.5


def test_leaves_no_thread_behind_where_an_answer_drips(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS, settings.OUTBOUND_SECONDS = LOOPBACK, BUDGET_SECONDS

    def call(answer: Answer) -> None:
        with listening(answer) as peer:
            assert reason_of(peer.url()) == "timed_out"
            deadline = time.monotonic() + 3
            while any(thread.name == "outbound" for thread in threading.enumerate()):
                assert time.monotonic() < deadline, "the thread goes on while the peer sends"
                time.sleep(0.05)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, (_trickled_body, _trickled_body_of_the_last_answer)))


def test_does_not_wait_for_the_body_of_an_answer_to_a_form(peer: Peer) -> None:
    peer.answer = _trickled_body
    started = time.monotonic()
    assert post_form(peer.url(), {}) == 200
    assert time.monotonic() - started < 2
