"""A small LDAP server (RFC 4511) that answers what only Windows does; Samba cannot be made to. It must not know Hufu.

It takes an empty password for no sign-in and says success, knows sub-code 525, and gives at most 1,000 entries.
"""

import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.directory import ber

MAX_PAGE = 1000
_BIND, _SEARCH = 0x60, 0x63
_PAGED = b"1.2.840.113556.1.4.319"


@dataclass(frozen=True, slots=True)
class StubEntry:
    """An entry; `attributes` by name, also those that are bytes."""

    dn: str
    attributes: Mapping[str, list[bytes]]

    def values(self, name: bytes) -> list[bytes]:
        wanted = name.decode().lower()
        if wanted == "distinguishedname":
            return [self.dn.encode()]
        return next((values for key, values in self.attributes.items() if key.lower() == wanted), [])


def person(account: str, dn: str, guid: uuid.UUID, **attributes: str) -> StubEntry:
    """A person as Active Directory has him."""
    fixed = {
        "objectClass": [b"top", b"person", b"user"],
        "objectCategory": [b"person"],
        "sAMAccountName": [account.encode()],
        "objectGUID": [guid.bytes_le],
        "userAccountControl": [b"512"],
    }
    return StubEntry(dn, {**fixed, **{name: [value.encode()] for name, value in attributes.items()}})


def unit(name: str, dn: str, guid: uuid.UUID) -> StubEntry:
    """An organisational unit."""
    return StubEntry(dn, {"objectClass": [b"organizationalUnit"], "ou": [name.encode()], "objectGUID": [guid.bytes_le]})


@dataclass(slots=True)
class Stub:
    """What it answers, and what it was asked.

    Attributes:
        entries: gives all entries anew, each time. passwords: who may sign in, by DN.
        refusals: sub-code by DN, for any password. results: result code of an operation ("bind", "search"), or of the
            searches that ask for this attribute.
        binds: the names and passwords that it was sent. before_answer: called before each answer.
        trickles: whether it takes half a second for each byte.
    """

    port: int
    entries: Callable[[], Iterable[StubEntry]] = tuple
    passwords: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    binds: list[tuple[str, str]] = field(default_factory=list)
    searches: int = 0
    before_answer: Callable[[str], None] = lambda _operation: None
    trickles: bool = False

    @property
    def url(self) -> str:
        return f"ldaps://127.0.0.1:{self.port}"

    def bind(self, name: str, password: str) -> tuple[int, str]:
        """The result and its message."""
        self.binds.append((name, password))
        if self.results.get("bind"):
            return self.results["bind"], "no"
        if not password:
            return 0, ""
        code = self.refusals.get(name) or ("525" if name not in self.passwords else "52e")
        if name not in self.refusals and self.passwords.get(name) == password:
            return 0, ""
        return 49, f"80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {code}, v4563\0"


@contextmanager
def serving(certificate: Path) -> Iterator[Stub]:
    """A stub on 127.0.0.1 that speaks LDAPS with the certificate in this folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stub = Stub(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = listener.accept()
                    threads.append(threading.Thread(target=_converse, args=(stub, connection, context), daemon=True))
                    threads[-1].start()

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[0].start()
        try:
            yield stub
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)


def _converse(stub: Stub, connection: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), connection:
        connection.settimeout(120)
        with context.wrap_socket(connection, server_side=True) as encrypted:
            session = _Session(stub, encrypted)
            while session.answer_one():
                pass


class _Session:
    def __init__(self, stub: Stub, connection: ssl.SSLSocket) -> None:
        self._stub = stub
        self._connection = connection
        self._unread = b""
        # One search goes on from page to page.
        self._found: Iterator[StubEntry] = iter(())

    def answer_one(self) -> bool:
        """Whether there may be another request."""
        message = self._read()
        if message is None:
            return False
        (_tag, number), (operation, content), *controls = ber.elements(message)
        answer = {_BIND: self._bind, _SEARCH: self._search}.get(operation)
        if answer is None:
            return False
        parts, more = answer(content, controls)
        out = [ber.element(0x30, ber.element(0x02, number), part) for part in parts[:-1]]
        whole = b"".join([*out, ber.element(0x30, ber.element(0x02, number), parts[-1], more)])
        for byte in whole if self._stub.trickles else ():
            self._connection.sendall(bytes([byte]))
            time.sleep(0.5)
        if not self._stub.trickles:
            self._connection.sendall(whole)
        return True

    def _read(self) -> bytes | None:
        while True:
            with suppress(IndexError):
                _tag, start, end = ber.header(self._unread)
                message, self._unread = self._unread[start:end], self._unread[end:]
                return message
            received = self._connection.recv(65536)
            if not received:
                return None
            self._unread += received

    def _bind(self, content: bytes, _controls: list[ber.Element]) -> tuple[list[bytes], bytes]:
        _version, (_tag, name), (_simple, password) = ber.elements(content)
        self._stub.before_answer("bind")
        code, message = self._stub.bind(name.decode(), password.decode())
        return [_result(0x61, code, message)], b""

    def _search(self, content: bytes, controls: list[ber.Element]) -> tuple[list[bytes], bytes]:
        base, scope, _aliases, _size, _time, _types, query, attributes = ber.elements(content)
        self._stub.searches += 1
        self._stub.before_answer("search")
        wanted = [name for _tag, name in ber.elements(attributes[1])]
        for name in ("search", *(one.decode() for one in wanted)):
            if self._stub.results.get(name):
                return [_result(0x65, self._stub.results[name], "no")], b""
        page = _page_of(controls)
        if page is None or not page[1]:
            self._found = (
                entry
                for entry in self._stub.entries()
                if _is_below(entry.dn, base[1].decode(), ber.number(scope[1])) and _matches(entry, query)
            )
        size = min(page[0], MAX_PAGE) if page else MAX_PAGE
        entries = [_search_entry(entry, wanted) for entry in islice(self._found, size)]
        following = next(self._found, None)
        if following is not None:
            self._found = _again(following, self._found)
        if page is None:
            # Windows: sizeLimitExceeded, and the first thousand.
            return [*entries, _result(0x65, 4 if following else 0)], b""
        value = ber.element(0x30, ber.integer(0), ber.text(b"more" if following else b""))
        control = ber.element(0x30, ber.text(_PAGED), ber.text(value))
        return [*entries, _result(0x65, 0)], ber.element(0xA0, control)


def _again(first: StubEntry, others: Iterator[StubEntry]) -> Iterator[StubEntry]:
    yield first
    yield from others


def _page_of(controls: list[ber.Element]) -> tuple[int, bytes] | None:
    """The size and the cookie of the control for pages (RFC 2696)."""
    for _tag, content in controls:
        for _sequence, control in ber.elements(content):
            (_kind, oid), *more = ber.elements(control)
            if oid == _PAGED:
                (_sequence, page), *_none = ber.elements(more[-1][1])
                (_integer, size), (_octets, cookie) = ber.elements(page)
                return ber.number(size), cookie
    return None


def _matches(entry: StubEntry, query: ber.Element) -> bool:
    tag, content = query
    if tag == 0xA0:
        return all(_matches(entry, one) for one in ber.elements(content))
    if tag == 0xA1:
        return any(_matches(entry, one) for one in ber.elements(content))
    if tag == 0xA3:
        (_name, name), (_value, value) = ber.elements(content)
        return value.lower() in [one.lower() for one in entry.values(name)]
    return tag == 0x87


def _is_below(dn: str, base: str, scope: int) -> bool:
    same = dn.lower() == base.lower()
    return same if scope == 0 else same or dn.lower().endswith("," + base.lower())


def _search_entry(entry: StubEntry, wanted: list[bytes]) -> bytes:
    attributes = [
        ber.element(0x30, ber.text(name), ber.element(0x31, *(ber.text(value) for value in values)))
        for name in wanted
        if (values := entry.values(name))
    ]
    return ber.element(0x64, ber.text(entry.dn), ber.element(0x30, *attributes))


def _result(tag: int, code: int, message: str = "") -> bytes:
    return ber.element(tag, ber.integer(code, 0x0A), ber.text(""), ber.text(message))
