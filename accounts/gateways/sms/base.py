"""What a sender of SMS is, and how it fails. It must not know any vendor."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from typing import Any, Protocol

from django.conf import settings

from accounts.outbound import budget_seconds

# A vendor that is silent longer has failed; the next one of the tenant is tried.
CONNECT_SECONDS = 3
ANSWER_SECONDS = 5

_PLACEHOLDER = re.compile(r"\{(phone|code|minutes|secret)\}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,128}")


@dataclass(frozen=True, slots=True)
class SmsMessage:
    """One code for one phone (E.164), good for so many minutes."""

    phone: str
    code: str = field(repr=False)
    minutes: int = 5

    def fill(self, template: str, **more: str) -> str:
        """The template with what it names put in: {phone}, {code}, {minutes} and what is given; other braces stay."""
        values = {"phone": self.phone, "code": self.code, "minutes": str(self.minutes), **more}
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)

    def fill_all(self, document: Any, **more: str) -> Any:
        """The same for every text of a JSON document."""
        if isinstance(document, str):
            return self.fill(document, **more)
        if isinstance(document, list):
            return [self.fill_all(item, **more) for item in document]
        if isinstance(document, dict):
            return {name: self.fill_all(value, **more) for name, value in document.items()}
        return document


class SmsSender(Protocol):
    """One account with a vendor, ready to send."""

    def send(self, message: SmsMessage) -> str:
        """Hand the message over; returns the vendor's name for it, "" if it gives none.

        Raises:
            NumberRejectedError: the vendor will send this number nothing: no other one shall be asked either.
            GatewayError: it failed; another one may do it.
        """
        ...


class GatewayError(Exception):
    """The vendor failed. `code` is its own word for that, or `unreachable`, `timed_out`, `not_installed`, `busy`, …"""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class NumberRejectedError(GatewayError):
    """The vendor refuses this number, or has sent it enough of late."""


def failure(code: str, detail: str, rejected: frozenset[str]) -> GatewayError:
    """The error of a vendor's code, of which these are about the number."""
    return (NumberRejectedError if code in rejected else GatewayError)(as_word(code), detail)


def as_word(text: str) -> str:
    """What a vendor calls something, as a line of the log can hold it."""
    return re.sub(r"[^0-9A-Za-z._^:-]", "?", text)[:64]


def read_parameters(text: str, default: str, kind: type) -> Any:
    """What fills the template, a JSON object or array.

    Raises:
        ValueError: it is something else.
    """
    document = json.loads(text or default)
    if not isinstance(document, kind):
        raise ValueError(f"no {kind.__name__}")  # noqa: TRY004 - what was typed in, not what was called
    return document


def tells_code(fill: Callable[[SmsMessage], object]) -> bool:
    """Whether what `fill` makes of a message has its code in it: of two codes it makes two things."""
    one, other = (SmsMessage("+8613800138000", code) for code in ("123456", "654321"))
    return fill(one) != fill(other)


def answer_seconds() -> int:
    """How long a vendor's own library may wait for its answer, in whole seconds."""
    return max(1, min(ANSWER_SECONDS, int(budget_seconds())))


def scheme_of_endpoint(endpoint: str, domain: str) -> str:
    """How to call this host: https one of the vendor's, plain http an address that OUTBOUND_PRIVATE_NETWORKS allows.

    The vendors' own libraries call it, past `accounts/outbound.py`: an endpoint must not lead them anywhere else.

    Raises:
        ValueError: it is neither.
    """
    host, _colon, port = endpoint.partition(":")
    if not _colon and _HOST.fullmatch(host) and host.lower().endswith(f".{domain}"):
        return "https"
    if port.isdecimal() or not _colon:
        networks = [ip_network(network, strict=False) for network in settings.OUTBOUND_PRIVATE_NETWORKS]
        if any(ip_address(host) in network for network in networks):  # ValueError where it is no address.
            return "http"
    raise ValueError(endpoint)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of gateway.

    Attributes:
        needed: the columns of SmsGateway that must be filled.
        check: problems of a filled row, by column.
        open: makes the sender of a row. Raises GatewayError: not_installed, misconfigured.
        advice: what to do about a vendor's code, for the person who set it up.
        module: the optional module that it needs; `package` what to install for that.
    """

    needed: tuple[str, ...]
    check: Callable[[Any], Mapping[str, Any]]
    open: Callable[[Any], SmsSender]
    advice: Mapping[str, Any]
    module: str = ""
    package: str = ""

    @property
    def is_installed(self) -> bool:
        return not self.module or find_spec(self.module) is not None
