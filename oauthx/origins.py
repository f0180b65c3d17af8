"""What an origin is: how a browser names the site of a page that calls us (RFC 6454). It must not know clients."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def is_origin(text: str) -> bool:
    """Whether this is an origin as browsers write it: scheme, host, and the port if it is not the usual one.

    So in lower case, in ASCII, and without a path. Plain http is for loopback addresses alone, where nobody listens
    on the way.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    address = _address_of(host)
    if not text.isascii() or (address is None and not _HOST_NAME.fullmatch(host)):
        return False
    is_loopback = host == "localhost" or (address is not None and address.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        return False
    named_port = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return text == f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{named_port}"


def _address_of(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
