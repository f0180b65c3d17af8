"""Small servers on loopback that play whom Hufu calls: each test says, byte by byte, what they answer."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[bytes], Iterable[bytes]]


@dataclass(slots=True)
class Peer:
    """A server that listens. `requests`: what each connection sent, as bytes; `answer` may be changed at any time."""

    address: str
    port: int
    answer: Answer
    scheme: str = "http"
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "") -> str:
        name = host or (f"[{self.address}]" if ":" in self.address else self.address)
        return f"{self.scheme}://{name}:{self.port}{path}"


@contextmanager
def listening(answer: Answer, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A peer that reads one request a connection, then sends the pieces of `answer`, then hangs up."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as resources:
        listener = resources.enter_context(socket.create_server((address, 0), family=family))
        peer = Peer(address, listener.getsockname()[1], answer, "https" if tls else "http")
        connections: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                connections.append(threading.Thread(target=_converse, args=(peer, connection, tls), daemon=True))
                connections[-1].start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield peer
        finally:
            # Closing alone does not wake a thread that waits in accept().
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in connections:
                connection.join(5)


def says(status: int, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> Answer:
    """An answer that is always the same."""
    lines = [f"HTTP/1.1 {status} Word", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda _request: [whole]


def says_json(document: object) -> Answer:
    """A 200 with this document."""
    return says(200, json.dumps(document).encode(), "application/json")


def _converse(peer: Peer, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    # A caller that does not like the certificate, or has heard enough, hangs up.
    with suppress(OSError), connection:
        connection.settimeout(20)
        if tls is None:
            _answer_one(peer, connection)
        else:
            with tls.wrap_socket(connection, server_side=True) as encrypted:
                _answer_one(peer, encrypted)


def _answer_one(peer: Peer, connection: socket.socket) -> None:
    request = b""
    while not _is_whole(request):
        received = connection.recv(65536)
        if not received:
            break
        request += received
    peer.requests.append(request)
    for piece in peer.answer(request):
        connection.sendall(piece)


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(end) and len(body) >= (int(lengths[0]) if lengths else 0)
