"""Where a request came from, as the history keeps it: only what any database and page can hold."""

import pytest
from django.test import RequestFactory

from accounts.origin import Origin, network_of, origin_of, printable


def origin(**meta: str) -> Origin:
    return origin_of(RequestFactory().get("/", **meta))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("", None),
        ("unix:", None),
        ("192.0.2.1, 10.0.0.1", None),
    ],
)
def test_keeps_an_address_that_is_one(address: str, kept: str | None) -> None:
    assert origin(REMOTE_ADDR=address).address == kept


def test_drops_the_zone_of_a_link_local_address() -> None:
    assert origin(REMOTE_ADDR="fe80::1%eth0").address == "fe80::1"


def test_believes_no_forwarding_header() -> None:
    assert origin(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.7").address == "192.0.2.1"


def test_takes_over_the_request_id_of_the_middleware() -> None:
    request = RequestFactory().get("/")
    request.request_id = "abc"  # type: ignore[attr-defined]  # as config.middleware sets it
    assert origin_of(request).request_id == "abc"


def test_cuts_the_browsers_name() -> None:
    assert len(origin(HTTP_USER_AGENT="x" * 5000).user_agent) == 512


@pytest.mark.parametrize(
    ("text", "kept"), [("a\x00b", "a\ufffdb"), ("a\ud842b", "a?b"), ("𠮷" * 9, "𠮷" * 5), ("", "")]
)
def test_printable_replaces_what_cannot_be_stored(text: str, kept: str) -> None:
    assert printable(text, 5) == kept


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, "local"),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.2", "192.0.2.2"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
    ],
)
def test_senders_are_counted_by_what_one_customer_has(address: str | None, network: str) -> None:
    assert network_of(address) == network
