"""Settles who really sent a request before anything else reads it. It must not know any app."""

import re
import secrets
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_FORWARDED_HEADERS = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"),
    "HTTP_X_REQUEST_ID",
)


class RequestIdMiddleware:
    """Gives each request one id, which history, log and answer (`X-Request-ID`) share.

    The one that a proxy sends is taken over if it is a plain word; `TrustedProxyMiddleware` drops anybody else's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else _new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]  # ours
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


def _new_request_id() -> str:
    """Milliseconds, then chance, as in a UUID of version 7: the history's index of them grows at its end alone."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class TrustedProxyMiddleware:
    """Makes `REMOTE_ADDR` the client's address: the socket's, or, from `TRUSTED_PROXIES` alone, the forwarded one.

    `X-Forwarded-For` is read from its right end, past every trusted proxy; what a client wrote further left is never
    believed. From anyone who is not a trusted proxy, all forwarding headers are dropped, and the request id.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.networks = tuple(ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
        if not self._is_trusted(meta.get("REMOTE_ADDR", "")):
            for header in _FORWARDED_HEADERS:
                meta.pop(header, None)
        elif forwarded:
            meta["REMOTE_ADDR"] = self._client_of(forwarded, meta["REMOTE_ADDR"])
        return self.get_response(request)

    def _client_of(self, forwarded: str, socket_address: str) -> str:
        client = socket_address
        for hop in reversed(forwarded.split(",")):
            candidate = hop.strip()
            if _parse_address(candidate) is None:
                return client
            client = candidate
            if not self._is_trusted(candidate):
                return client
        return client

    def _is_trusted(self, address: str) -> bool:
        if not self.networks:
            return False
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in self.networks)


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


class PagePolicyMiddleware:
    """Keeps the console and the people's own pages apart from whatever window opened them, and the console to itself.

    Not those of a sign-in: an application may have opened them, and wait.

    The console runs no script but its own files. Its theme's library (Alpine) makes functions of attributes, which
    counts as `eval`, and its pages carry a style sheet with the theme's colours: here alone that is allowed. The other
    pages have a stricter policy of their own (`accounts/pages.py`).
    """

    CONSOLE = (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; font-src 'self';"
        " img-src 'self' data: https:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_console = request.path.startswith("/admin/")
        is_own = request.path.startswith("/account/") and not request.path.startswith("/account/login/")
        if is_console or is_own:
            response["Cross-Origin-Opener-Policy"] = "same-origin"
        if is_console:
            response.headers.setdefault("Content-Security-Policy", self.CONSOLE)
        return response
