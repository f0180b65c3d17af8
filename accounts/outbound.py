"""The one place from which Hufu calls addresses that somebody configured. It must not know what for.

An address in a form can make a server call what its writer cannot reach: a database, a cloud's metadata service. So it
is https to public addresses alone, but for the networks in `OUTBOUND_PRIVATE_NETWORKS`, which plain http may reach too.
`http.client` follows no redirect, takes no proxy from the environment and keeps no cookie; nothing here adds that.
"""

import http.client
import json
import re
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

CONNECT_SECONDS = 3.0

# Global unicast (RFC 4291 section 2.4). The rest leads to neighbours, or through a translator to any IPv4 address.
_PUBLIC_V6 = ip_network("2000::/3")
# Public by Python's tables, of one release or another, but not the Internet's.
_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, and one cloud's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # another cloud's metadata service
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4: any IPv4 address
        "3fff::/20",  # documentation
    )
]
_PORTS = {"https": 443, "http": 80}
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")

_Address = IPv4Address | IPv6Address


class OutboundError(Exception):
    """An address was not called, or did not give an answer that can be used.

    Attributes:
        reason: `address_forbidden`, `unreachable`, `timed_out`, or `answer_refused` (its status, size or type).
        status: the HTTP status, if that is what was refused.
    """

    def __init__(self, reason: str, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class _Request:
    """One request. `max_bytes`: how much of the answer's body is read."""

    method: str
    # Some peers take secrets in their addresses.
    url: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content_type: str
    body: bytes = field(repr=False)


def budget_seconds() -> float:
    """For everything together: the name, the connection, the request and the answer."""
    return float(settings.OUTBOUND_SECONDS)


def fetch_json(url: str, *, max_bytes: int = 64 * 1024, any_type: bool = False) -> object:
    """What this address answers to a GET, if that is 200, JSON by its type too, and at most this long.

    With `any_type`, JSON that calls itself something else will do.

    Raises:
        OutboundError: it may not be called, cannot be reached in time, or answers something else.
    """
    request = _Request("GET", url, headers={"Accept": "application/json, */*;q=0.1"}, max_bytes=max_bytes + 1)
    return _read_json(_send(request), max_bytes, any_type=any_type)


def post_json(url: str, document: object, *, max_bytes: int = 64 * 1024, any_type: bool = False) -> object:
    """What this address answers to a POST of this document, read like `fetch_json` reads it.

    Raises:
        OutboundError: it may not be called, cannot be reached in time, or answers something else.
    """
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json, */*;q=0.1"}
    return _read_json(_send(_Request("POST", url, body, headers, max_bytes + 1)), max_bytes, any_type=any_type)


def post_body(url: str, body: bytes, headers: Mapping[str, str], *, max_bytes: int = 64 * 1024) -> tuple[int, bytes]:
    """The HTTP status and the body, cut to this length, with which this address answers; whichever they are.

    Raises:
        OutboundError: it may not be called, cannot be reached in time, or answers no HTTP.
    """
    answer = _send(_Request("POST", url, body, headers, max_bytes))
    return answer.status, answer.body


def _read_json(answer: _Answer, max_bytes: int, *, any_type: bool) -> object:
    if answer.status != http.client.OK:
        raise OutboundError("answer_refused", f"status {answer.status}", status=answer.status)
    if len(answer.body) > max_bytes:
        raise OutboundError("answer_refused", f"more than {max_bytes} bytes")
    if not any_type and answer.content_type != "application/json" and not answer.content_type.endswith("+json"):
        raise OutboundError("answer_refused", "no JSON by its type")
    try:
        document: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise OutboundError("answer_refused", "no JSON") from None
    return document


def post_form(url: str, fields: Mapping[str, str]) -> int:
    """The HTTP status with which this address answers the form, whichever it is. The answer's body is not read.

    Raises:
        OutboundError: it may not be called, cannot be reached in time, or answers no HTTP.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _send(_Request("POST", url, body=urlencode(fields).encode(), headers=headers)).status


def _send(request: _Request) -> _Answer:
    """The answer, within `budget_seconds`, however slow a name server is or however few bytes at a time a peer sends.

    No timeout of a socket bounds these two, so a thread does the work, and its connection is cut when time is up.
    """
    budget = budget_seconds()
    connection = _Connection(request.url, time.monotonic() + budget)
    future: Future[_Answer] = Future()

    def work() -> None:
        try:
            future.set_result(_talk(connection, request))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            future.set_exception(error)

    Thread(target=work, name="outbound", daemon=True).start()
    try:
        return future.result(budget)
    except TimeoutError:
        connection.cut()
        raise OutboundError("timed_out") from None
    except OSError as error:
        raise OutboundError("unreachable", type(error).__name__) from None
    except http.client.HTTPException as error:
        raise OutboundError("answer_refused", f"no HTTP, {type(error).__name__}") from None


def _talk(connection: "_Connection", request: _Request) -> _Answer:
    try:
        headers = {"User-Agent": "Hufu", "Connection": "close", **request.headers}
        connection.request(request.method, connection.target, request.body, headers)
        with connection.getresponse() as response:
            body = response.read(request.max_bytes) if request.max_bytes else b""
            return _Answer(response.status, response.headers.get_content_type(), body)
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked: nothing is sent, and no name looked up again, after the check."""

    def __init__(self, url: str, deadline: float) -> None:
        """Read the URL; `deadline` is of the monotonic clock.

        Raises:
            OutboundError: address_forbidden; another scheme, credentials, or nothing that can be an address.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise OutboundError("address_forbidden", "malformed") from None
        if not _VISIBLE_ASCII.fullmatch(url) or parts.scheme not in _PORTS or not parts.hostname:
            raise OutboundError("address_forbidden", "malformed")
        if "@" in parts.netloc:
            raise OutboundError("address_forbidden", "credentials in the URL")
        default_port = _PORTS[parts.scheme]
        super().__init__(parts.hostname, default_port if port is None else port)
        # What the header Host does not name.
        self.default_port = default_port
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._encrypted = parts.scheme == "https"
        self._deadline = deadline
        # `sock` is None again as soon as the head of an answer is read that is the connection's last.
        self._open_socket: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first address of this host that may be called and answers.

        Raises:
            OutboundError: address_forbidden. OSError: none answers.
        """
        plain = self._connect_plain()
        try:
            plain.settimeout(self._remaining_seconds())
            self.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self._encrypted else plain
            )
        except BaseException:
            plain.close()
            raise
        self._open_socket = self.sock
        # `cut` comes after the deadline: either it finds the socket, or this finds the deadline over.
        self._remaining_seconds()

    def cut(self) -> None:
        """End the connection from another thread: whoever waits for its bytes wakes up."""
        if self._open_socket is not None:
            with suppress(OSError):
                self._open_socket.shutdown(socket.SHUT_RDWR)

    def _connect_plain(self) -> socket.socket:
        failure: OSError | None = None
        for family, address in self._allowed_addresses():
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(min(CONNECT_SECONDS, self._remaining_seconds()))
                # The numeric address that was checked, so that no second look-up can say something else.
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure or OutboundError("address_forbidden", "private or special")

    def _allowed_addresses(self) -> list[tuple[socket.AddressFamily, Any]]:
        return allowed_addresses(self.host, self.port, encrypted=self._encrypted)

    def _remaining_seconds(self) -> float:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def allowed_addresses(host: str, port: int, *, encrypted: bool) -> list[tuple[socket.AddressFamily, Any]]:
    """The numeric addresses of this host that may be called, as sockets take them. A slow name server bounds nothing.

    Raises:
        OutboundError: address_forbidden; the name can be none. OSError: there is no such name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OutboundError("address_forbidden", "malformed") from None
    return [
        (family, address)
        for family, _type, _protocol, _name, address in found
        if _may_be_called(ip_address(address[0]), encrypted=encrypted)
    ]


def _may_be_called(address: _Address, *, encrypted: bool) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in ip_network(network, strict=False) for network in settings.OUTBOUND_PRIVATE_NETWORKS):
        return True
    return encrypted and _is_public(address)


def _is_public(address: _Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and (address.version == 4 or address in _PUBLIC_V6)  # noqa: PLR2004 - the protocol's number
        and not any(address in network for network in _NOT_PUBLIC)
    )
