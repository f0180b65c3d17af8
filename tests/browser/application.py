"""An application on another origin, as a browser sees it: it keeps what it is sent. It must not know Hufu's models."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

_PAGE = "<!doctype html><title>app</title><link rel=icon href=data:,>{}"


@dataclass
class Application:
    """`received` has the method and the parameters of each call of the redirect URI; `form` is its start page."""

    origin: str = ""
    form: str = ""
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        return f"{self.origin}/callback"

    @property
    def answer(self) -> dict[str, str]:
        """What it was sent, once."""
        [(_method, parameters)] = self.received
        return parameters


@contextmanager
def running_application() -> Iterator[Application]:
    """The application, served on a loopback address until the end of the block."""
    application = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
            """Say nothing."""

        def _answer(self, parameters: str) -> None:
            if urlsplit(self.path).path == "/callback":
                application.received.append((self.command, dict(parse_qsl(parameters))))
            body = _PAGE.format(application.form).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        application.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield application
        finally:
            server.shutdown()
            thread.join()
