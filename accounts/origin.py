"""Where a request came from, as the login history keeps it. It must not know what the request wants."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.http import HttpRequest

_USER_AGENT_LENGTH = 512
# What one customer of a provider has of IPv6.
_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """The sender's address (None on a local socket), browser, and the request's id.

    `actor` is the account of who tries this request from the console in an application's place, `actor_tenant_id` his
    tenant; "" and None for what applications and people send themselves.
    """

    address: str | None
    user_agent: str
    request_id: str
    actor: str = ""
    actor_tenant_id: int | None = None


def origin_of(request: HttpRequest) -> Origin:
    """The origin of an HTTP request, as `config.middleware` settled address and request id."""
    meta = request.META
    try:
        # Without the zone of a link-local address (fe80::1%eth0), which no address column takes.
        address = str(ip_address(meta.get("REMOTE_ADDR", "").partition("%")[0]))
    except ValueError:
        address = None
    tried_by: Any = getattr(request, "tried_by", None)
    return Origin(
        address=address,
        # WSGI hands the header's bytes over as Latin-1.
        user_agent=printable(
            meta.get("HTTP_USER_AGENT", "").encode("latin-1", "replace").decode(errors="replace"), _USER_AGENT_LENGTH
        ),
        request_id=getattr(request, "request_id", ""),
        actor=tried_by.account if tried_by else "",
        actor_tenant_id=tried_by.tenant_id if tried_by else None,
    )


def network_of(address: str | None) -> str:
    """Whose requests to count together: an address of IPv4 (also written as one of IPv6), a /64 of IPv6."""
    if address is None:
        return "local"
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    # A socket that listens on both sees every sender of IPv4 as ::ffff:a.b.c.d, all in one /64.
    return str(parsed.ipv4_mapped or ip_network((address, _PREFIX), strict=False))


def printable(text: str, length: int) -> str:
    """The text as any database and page can hold it: no NUL, no lone surrogates, cut to this many characters."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")[:length]
