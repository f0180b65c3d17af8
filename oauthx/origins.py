"""What an origin is: how a browser names the site of a page that calls us (RFC 6454). It must not know clients."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from oauthx.addresses import DEFAULT_PORTS, is_loopback

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


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
    if not text.isascii() or not (_is_numeric(host) or _HOST_NAME.fullmatch(host)):
        return False
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        return False
    named_port = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return text == f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{named_port}"


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
