"""Addresses of applications: which may be called, or opened in a frame, and what is added. It must not know whose."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit, urlunsplit

DEFAULT_PORTS = {"https": 443, "http": 80}
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
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def shares_origin(address: str, others: Iterable[str]) -> bool:
    """Whether scheme, host and port are those of one of the others; of loopback addresses any port is the same."""
    return _origin(address) in {_origin(other) for other in others}


def is_loopback(host: str) -> bool:
    """Whether this host, as `urlsplit` tells it, is the machine itself; of names that is `localhost` alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters after those of its query (RFC 6749 section 3.1.2)."""
    parts = urlsplit(uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))


def _origin(address: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    host = parts.hostname or ""
    return parts.scheme, host, None if parts.scheme == "http" and is_loopback(host) else port
