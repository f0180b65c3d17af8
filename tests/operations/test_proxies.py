"""Whose address a request has: the socket's, unless a trusted proxy says otherwise."""

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.origin import origin_of
from config.middleware import RequestIdMiddleware, TrustedProxyMiddleware


def address_of(settings: Any, trusted: list[str], socket: str, forwarded: str | None) -> str | None:
    settings.TRUSTED_PROXIES = trusted
    seen: list[str | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(origin_of(request).address)
        return HttpResponse()

    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=socket)
    TrustedProxyMiddleware(view)(request)
    return seen[0]


@pytest.mark.parametrize(
    ("trusted", "socket", "forwarded", "expected"),
    [
        ([], "203.0.113.9", None, "203.0.113.9"),
        ([], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (["10.0.0.0/8"], "10.0.0.1", "nonsense", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (["fd00::/8"], "fd00::1", "2001:db8::7", "2001:db8::7"),
        ([], "fe80::1%eth0", None, "fe80::1"),
        ([], "", None, None),
    ],
)
def test_the_address_is_the_last_one_that_no_trusted_proxy_vouches_for(
    settings: Any, trusted: list[str], socket: str, forwarded: str | None, expected: str | None
) -> None:
    assert address_of(settings, trusted, socket, forwarded) == expected


def test_a_stranger_cannot_say_that_he_came_by_https(settings: Any, client: Any) -> None:
    settings.TRUSTED_PROXIES = []

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.scheme)

    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "https"})
    assert TrustedProxyMiddleware(view)(request).content == b"http"


def request_id_of(given: str, trusted: list[str], settings: Any) -> tuple[str, str]:
    """The id that a view sees, and the one that the answer names."""
    settings.TRUSTED_PROXIES = trusted
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(origin_of(request).request_id)
        return HttpResponse()

    chain = TrustedProxyMiddleware(RequestIdMiddleware(view))
    response = chain(RequestFactory().get("/", headers={"X-Request-ID": given}))
    return seen[0], response["X-Request-ID"]


@pytest.mark.parametrize("given", ["abc-123", "A.b_C", "x" * 64])
def test_takes_a_proxys_request_id_that_is_a_plain_word(settings: Any, given: str) -> None:
    assert request_id_of(given, ["127.0.0.1"], settings) == (given, given)


@pytest.mark.parametrize(
    ("given", "trusted"),
    [*((given, ["127.0.0.1"]) for given in ("", "x" * 65, "a b", "<b>", "é")), ("abc-123", ["10.0.0.0/8"])],
)
def test_makes_a_request_id_otherwise_and_says_it_in_the_answer(settings: Any, given: str, trusted: list[str]) -> None:
    seen, said = request_id_of(given, trusted, settings)
    assert re.fullmatch("[0-9a-f]{32}", seen)
    assert said == seen
    assert request_id_of(given, trusted, settings)[0] != seen
