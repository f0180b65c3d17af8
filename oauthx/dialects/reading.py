"""Reads an HTTP request into a WireRequest, as the dialect's data say. It must not know any dialect by name."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from email.message import Message
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from accounts.origin import origin_of
from oauthx.dialects.base import JSON, MULTIPART, Dialect
from oauthx.errors import (
    BODY_TOO_LARGE,
    BODY_UNREADABLE,
    CONTENT_TYPE_UNSUPPORTED,
    LENGTH_REQUIRED,
    QUERY_REFUSED,
    OAuthError,
)
from oauthx.requests import WireRequest

MAX_BODY_BYTES = 64 * 1024
MAX_PARAMETERS = 200

Pairs = list[tuple[str, object]]


def read_request(dialect: Dialect, request: HttpRequest, now: datetime) -> WireRequest:
    """Read a POST; values are collected, not judged: that is `WireRequest.value`'s, once the client is known.

    Raises:
        OAuthError: invalid_request; body_unreadable, body_too_large, content_type_unsupported, query_refused.
    """
    pairs = _read_body(dialect, request)
    if request.META.get("QUERY_STRING"):
        if not dialect.reads_query:
            raise OAuthError(QUERY_REFUSED)
        pairs += _parse_form(request.META["QUERY_STRING"].encode("latin-1"))
    issuer = issuer_of(request)
    return WireRequest(
        dialect=dialect,
        params=_by_canonical_name(pairs, dialect),
        headers=_read_headers(dialect, request),
        authorization=request.META.get("HTTP_AUTHORIZATION", ""),
        origin=origin_of(request),
        issuer=issuer,
        endpoint=f"{issuer}{request.path}",
        received_at=now,
    )


def issuer_of(request: HttpRequest) -> str:
    """`ISSUER_URL`, or the address as served; without a trailing slash (OpenID Connect Discovery section 3)."""
    return settings.ISSUER_URL or f"{request.scheme}://{request.get_host()}"


def _by_canonical_name(pairs: Iterable[tuple[str, object]], dialect: Dialect) -> dict[str, tuple[object, ...]]:
    collected: defaultdict[str, list[object]] = defaultdict(list)
    for name, value in pairs:
        canonical = dialect.parameters.get(name)
        if canonical is not None:
            collected[canonical].append(value)
    return {name: tuple(values) for name, values in collected.items()}


def _read_headers(dialect: Dialect, request: HttpRequest) -> dict[str, tuple[str, ...]]:
    """The headers that carry parameters. WSGI hands their bytes over as Latin-1; apps send UTF-8.

    Other bytes become lone surrogates, which `WireRequest.value` refuses.
    """
    collected: defaultdict[str, list[str]] = defaultdict(list)
    for header, canonical in dialect.headers.items():
        value = request.META.get(f"HTTP_{header.upper().replace('-', '_')}", "")
        if value:
            text = value.encode("latin-1").decode(errors="surrogateescape")
            # A header sent twice arrives as one, joined by a comma (RFC 9110 section 5.3); no tenant's code has one.
            collected[canonical] += [part.strip() for part in text.split(",")] if canonical == "tenant" else [text]
    return {name: tuple(values) for name, values in collected.items()}


def _read_body(dialect: Dialect, request: HttpRequest) -> Pairs:
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise OAuthError(LENGTH_REQUIRED)
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:  # Python converts no number of 5,000 digits.
        raise OAuthError(BODY_TOO_LARGE)
    content_type, charset = _content_type(request.META.get("CONTENT_TYPE", ""))
    if declared in {"", "0"}:
        return []
    if content_type not in dialect.bodies or charset not in {"", "utf-8", "utf8"}:
        raise OAuthError(CONTENT_TYPE_UNSUPPORTED)
    if content_type == MULTIPART:
        return _read_multipart(request)
    try:
        body = request.body
    except (UnreadablePostError, SuspiciousOperation):
        raise OAuthError(BODY_UNREADABLE) from None
    return _parse_json(body) if content_type == JSON else _parse_form(body)


def _content_type(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Type"] = header
    charset = message.get_param("charset", "")
    return (message.get_content_type() if header else "", str(charset).lower() if isinstance(charset, str) else "?")


def _parse_form(body: bytes) -> Pairs:
    try:
        return list(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise OAuthError(BODY_UNREADABLE) from None


def _parse_json(body: bytes) -> Pairs:
    """The members of a JSON object, repeated ones and all; JSON that is no object is refused."""
    try:
        parsed = json.loads(body.decode(), object_pairs_hook=_Members)
    except (ValueError, RecursionError):
        raise OAuthError(BODY_UNREADABLE) from None
    if not isinstance(parsed, _Members) or len(parsed) > MAX_PARAMETERS:
        raise OAuthError(BODY_UNREADABLE)
    return list(parsed)


class _Members(list[tuple[str, object]]):
    """The members of a JSON object in order, so that a repeated name is seen and an array is told apart."""


def _read_multipart(request: HttpRequest) -> Pairs:
    try:
        post, files = request.POST, request.FILES
    except (MultiPartParserError, UnreadablePostError, SuspiciousOperation, BadRequest, UnicodeError):
        raise OAuthError(BODY_UNREADABLE) from None
    pairs: Pairs = [(name, value) for name, values in post.lists() for value in values]
    # Django puts U+FFFD in place of bytes that are no UTF-8: what was sent cannot be known any more.
    if len(pairs) > MAX_PARAMETERS or any("\ufffd" in str(value) for _name, value in pairs):
        raise OAuthError(BODY_UNREADABLE)
    # A file where a parameter belongs is no text: refused as such when it is read.
    return pairs + [(name, file) for name, values in files.lists() for file in values]
