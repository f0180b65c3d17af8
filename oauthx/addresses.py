"""What an address of an application may look like that is called, or opened in a frame. It must not know by whom."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


def is_address(text: str) -> bool:
    """Whether this is an https address without user name and fragment; http is for loopback, where nobody listens."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        return False
    if not _VISIBLE_ASCII.fullmatch(text) or not parts.hostname or "@" in parts.netloc or "#" in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def shares_origin(address: str, others: Iterable[str]) -> bool:
    """Whether scheme, host and port are those of one of the others; of loopback addresses any port is the same."""
    return _origin(address) in {_origin(other) for other in others}


def _origin(address: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return None
    host = parts.hostname or ""
    return parts.scheme, host, None if parts.scheme == "http" and _is_loopback(host) else port


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
