"""Where Hufu may call: public addresses, and the networks that were named, and nothing that only looks like them."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from accounts.outbound import OutboundError, _may_be_called, fetch_json, post_form
from tests.accounts.calling import LOOPBACK, peer, reason_of
from tests.peers import Peer, listening, says, says_json

pytestmark = pytest.mark.once

__all__ = ["peer"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104 - called, not bound
        "[::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.251",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[ff02::1]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_calls_no_private_or_special_address(scheme: str, host: str) -> None:
    with listening(says_json("a secret of the inside")) as peer:
        assert reason_of(f"{scheme}://{host}:{peer.port}/") == "address_forbidden"
        assert peer.requests == []


def test_posts_to_no_private_address() -> None:
    with listening(says(200)) as peer, pytest.raises(OutboundError, match="address_forbidden"):
        post_form(peer.url(), {"a": "b"})
    assert peer.requests == []


def test_calls_only_the_networks_that_were_named(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.2"]
    with listening(says_json(1), address="127.0.0.2") as named, listening(says_json(2)) as other:
        assert fetch_json(named.url()) == 1
        assert reason_of(other.url()) == "address_forbidden"
        assert reason_of(other.url(host="[::ffff:127.0.0.1]")) == "address_forbidden"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2001:0:1::1", False),
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
    ],
)
def test_knows_the_internet_from_the_rest(address: str, public: bool) -> None:
    assert _may_be_called(ip_address(address), encrypted=True) is public
    # Without encryption, the Internet is no place for what Hufu sends.
    assert _may_be_called(ip_address(address), encrypted=False) is False


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "http:///path",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX-Header: y",
        "http://127.0.0.1/\x00",
        "http://例子.invalid/",
        f"http://{'x' * 64}.invalid/",
        "http://a..b/",
    ],
)
def test_calls_nothing_that_is_no_address(settings: Any, url: str) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    assert reason_of(url) == "address_forbidden"


def test_calls_no_address_with_credentials(peer: Peer) -> None:
    for user in ("someone:something@", "someone@", "@"):
        assert reason_of(f"http://{user}127.0.0.1:{peer.port}/") == "address_forbidden"
    assert peer.requests == []


def test_a_name_is_looked_up_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that gives an allowed address first, and a forbidden one to whoever asks again (DNS rebinding)."""
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.1"]
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])

    def look_up(_host: str, port: int, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    with listening(says_json("outside")) as peer, socket.create_server(("127.0.0.2", peer.port)) as inside:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert fetch_json(peer.url(host="rebinding.example")) == "outside"
        assert reason_of(peer.url(host="rebinding.example")) == "address_forbidden"
        inside.settimeout(0.1)
        with pytest.raises(TimeoutError):
            inside.accept()


def test_a_name_with_a_forbidden_address_leads_to_its_allowed_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.1"]

    def look_up(_host: str, port: int, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    with listening(says_json("outside")) as peer, socket.create_server(("127.0.0.2", peer.port)):
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert fetch_json(peer.url(host="both.example")) == "outside"
