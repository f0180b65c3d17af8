"""The way to a domain controller: its address, the time that may pass, and TLS. It must not know what is asked there.

Nothing is sent before TLS stands with a verified certificate, and there is no switch for that.
"""

import re
import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from accounts.outbound import OutboundError, allowed_addresses

with warnings.catch_warnings():
    # WORKAROUND(ldap3 2.9.1): it asks pyasn1 for names that pyasn1 0.6 warns of.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3

# Whoever else needs ldap3 takes it from here, where its warnings are dealt with.
__all__ = [
    "Budget",
    "ControllerFailedError",
    "DirectoryError",
    "DirectorySetupError",
    "DirectoryUnavailableError",
    "Endpoint",
    "Limits",
    "Route",
    "close",
    "ldap3",
]

_PORTS = {"ldaps": 636, "ldap": 389}
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
# Of one operation's answer. A page of people is a few hundred KiB.
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
# What OpenSSL calls the common troubles with a certificate (X509_V_ERR_...).
_CERTIFICATE_TROUBLES = {
    **dict.fromkeys((7, 18, 19, 20, 21), "authority"),
    **dict.fromkeys((9, 10), "dates"),
    **dict.fromkeys((62, 64), "host"),
}


class DirectoryError(Exception):
    """A directory gave no usable answer.

    Attributes:
        reason: a stable id for the history. detail: a word for the console's trial, never a secret.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class DirectoryUnavailableError(DirectoryError):
    """For now: what was asked may be answered later."""


class ControllerFailedError(DirectoryUnavailableError):
    """This controller cannot be reached, is not the one that its certificate should name, or fell silent.

    The next one may be asked. `detail` is how far the way went (name, tcp, tls, answer), for TLS what is wrong with it.
    """


class DirectorySetupError(DirectoryError):
    """What an administrator has set up is refused; no waiting mends it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a controller listens. With `starttls` the connection is encrypted before anything else is said."""

    host: str
    port: int
    starttls: bool

    @classmethod
    def of(cls, url: str) -> "Endpoint":
        """Read `ldaps://host[:port]`, or `ldap://host[:port]` for StartTLS.

        Raises:
            ValueError: it is neither, or says more than that.
        """
        parts = urlsplit(url)
        port = parts.port
        more = parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc
        if not _VISIBLE_ASCII.fullmatch(url) or parts.scheme not in _PORTS or not parts.hostname or more or port == 0:
            raise ValueError(url)
        return cls(parts.hostname, port or _PORTS[parts.scheme], starttls=parts.scheme == "ldap")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, for one operation, and for everything together."""

    connect_seconds: float
    operation_seconds: float
    total_seconds: float


class Budget:
    """The time that is left, however few bytes at a time a peer sends, and how many of them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._ends = time.monotonic() + limits.total_seconds
        self._received = 0
        self.begin_operation()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def begin_operation(self) -> None:
        self._operation_ends = min(time.monotonic() + self.limits.operation_seconds, self._ends)
        self._received = 0

    def remaining_seconds(self) -> float:
        """What is left of this operation.

        Raises:
            TimeoutError: nothing.
        """
        remaining = self._operation_ends - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining

    def connecting_seconds(self) -> float:
        """How long a connection may take now; almost nothing if time is up."""
        return max(0.001, min(self.limits.connect_seconds, self._ends - time.monotonic()))

    def count(self, received: int) -> None:
        """Note that so many bytes came.

        Raises:
            OSError: too many for one operation.
        """
        self._received += received
        if self._received > _MAX_ANSWER_BYTES:
            raise OSError("the answer is too long")


class _WatchedSocket:
    """A socket whose every read and write ends with the budget; ldap3 would give each single read its full time."""

    def __init__(self, raw: socket.socket, budget: Budget) -> None:
        self.raw = raw
        self._budget = budget

    def recv(self, size: int) -> bytes:
        self.raw.settimeout(self._budget.remaining_seconds())
        received = self.raw.recv(size)
        self._budget.count(len(received))
        return received

    def sendall(self, data: bytes) -> None:
        self.raw.settimeout(self._budget.remaining_seconds())
        self.raw.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class _VerifyingTls(ldap3.Tls):  # type: ignore[misc]  # untyped
    """ldap3's TLS, by Python's own check of certificate and host name, before ldap3 gets the socket."""

    def __init__(self, ca_certificates: str, budget: Budget) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED, ca_certs_data=ca_certificates or None)
        self._budget = budget
        self.was_tried = False
        self.trouble: BaseException | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002 - its interface
        self.was_tried = True
        plain = connection.socket
        raw = plain.raw if isinstance(plain, _WatchedSocket) else plain
        try:
            context = ssl.create_default_context(cadata=self.ca_certs_data)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.settimeout(self._budget.connecting_seconds())
            encrypted = context.wrap_socket(raw, server_hostname=connection.server.host)
        except (OSError, ValueError) as error:
            self.trouble = error
            raise
        connection.socket = _WatchedSocket(encrypted, self._budget)


class _Server(ldap3.Server):  # type: ignore[misc]  # untyped
    """A server at addresses that were looked up and checked already."""

    def __init__(self, endpoint: Endpoint, addresses: list[Any], tls: _VerifyingTls, budget: Budget) -> None:
        super().__init__(
            endpoint.host,
            port=endpoint.port,
            use_ssl=not endpoint.starttls,
            allowed_referral_hosts=[],
            get_info=ldap3.NONE,
            tls=tls,
            connect_timeout=budget.limits.connect_seconds,
        )
        self._checked = addresses
        self._budget = budget

    def candidate_addresses(self) -> Iterator[list[Any]]:
        for family, address in self._checked:
            if self._budget.is_over:
                return
            self.connect_timeout = self._budget.connecting_seconds()
            yield [family, socket.SOCK_STREAM, 0, "", address, None, None]


class Route:
    """The way to one controller; `step` says how far it came: name, tcp, tls."""

    def __init__(self, url: str, ca_certificates: str, budget: Budget) -> None:
        self._endpoint = Endpoint.of(url)
        self._budget = budget
        self._tls = _VerifyingTls(ca_certificates, budget)
        self.step = "name"

    def open(self) -> Any:
        """An ldap3 connection over TLS, to which nothing was said yet.

        Raises:
            ControllerFailedError: there is no way.
        """
        addresses = self._look_up()
        self.step = "tcp"
        server = _Server(self._endpoint, addresses, self._tls, self._budget)
        connection = ldap3.Connection(
            server,
            user="nobody yet",
            authentication=ldap3.SIMPLE,
            auto_referrals=False,
            receive_timeout=max(1, int(self._budget.limits.operation_seconds)),
            check_names=False,
        )
        self._budget.begin_operation()
        try:
            connection.open(read_server_info=False)
            if self._endpoint.starttls:
                connection.socket = _WatchedSocket(connection.socket, self._budget)
                connection.start_tls(read_server_info=False)
            if not isinstance(connection.socket.raw, ssl.SSLSocket):
                raise ssl.SSLError("StartTLS was not answered")  # noqa: TRY301 - to be told like the others
        except Exception as error:  # noqa: BLE001 - ldap3 makes classes of errors as it goes
            close(connection)
            raise self._failure(error) from None
        return connection

    def _look_up(self) -> list[Any]:
        """The addresses of the host. No timeout of ours bounds a name server, so a thread of its own waits for it."""
        future: Future[list[Any]] = Future()

        def work() -> None:
            try:
                future.set_result(allowed_addresses(self._endpoint.host, self._endpoint.port, encrypted=True))
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                future.set_exception(error)

        Thread(target=work, name="directory-name", daemon=True).start()
        try:
            found = future.result(self._budget.connecting_seconds())
        except OutboundError:
            found = []
        except OSError as error:
            timed_out = isinstance(error, TimeoutError)
            raise ControllerFailedError(
                "directory_timed_out" if timed_out else "directory_unreachable", "name"
            ) from None
        if not found:
            raise ControllerFailedError("directory_address_forbidden", "name")
        return found

    def _failure(self, error: BaseException) -> ControllerFailedError:
        if self._tls.was_tried or isinstance(error, ldap3.core.exceptions.LDAPStartTLSError | ssl.SSLError):
            self.step = "tls"
            if isinstance(self._tls.trouble, TimeoutError):
                return ControllerFailedError("directory_timed_out", "tls")
            code = getattr(self._tls.trouble, "verify_code", None)
            return ControllerFailedError("directory_tls", _CERTIFICATE_TROUBLES.get(code, "other") if code else "other")
        timed_out = isinstance(error, TimeoutError) or "timed out" in str(error)
        return ControllerFailedError("directory_timed_out" if timed_out else "directory_unreachable", "tcp")


def close(connection: Any) -> None:
    """End a connection, whatever state it is in."""
    with suppress(Exception):
        connection.strategy.close()
    with suppress(Exception):
        connection.socket.close()
