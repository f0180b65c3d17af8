"""Plays the SMS vendors on loopback: checks what arrives as their documents say, and answers as they document it.

Written from the vendors' descriptions of their signatures alone. It must not know our senders or the vendors' SDKs.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.peers import Peer, listening

KEY_ID, SECRET = "AKIDEXAMPLE", "the-vendor's-secret"


@dataclass(frozen=True)
class Received:
    """One request, taken apart; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Received":
        head, _end, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _version = first.split(" ")
        parts = urlsplit(target)
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        return cls(method, parts.path, parts.query, headers, body)


@dataclass
class Vendor:
    """A vendor that listens. `messages`: what it took; `refuse_with` is its next answers' error, if any."""

    endpoint: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refuse_with: str = ""
    fault: Callable[[], Iterable[bytes]] | None = None
    asked: int = 0


def _answer(status: int, document: object) -> list[bytes]:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} Word\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return [head.encode() + b"\r\nConnection: close\r\n\r\n" + body]


@contextmanager
def _playing(answer: Callable[[Vendor, Received], Iterable[bytes]]) -> Iterator[Vendor]:
    vendor = Vendor()

    def respond(raw: bytes) -> Iterable[bytes]:
        vendor.asked += 1
        return vendor.fault() if vendor.fault is not None else answer(vendor, Received.of(raw))

    with listening(respond) as peer:
        vendor.endpoint = _host_of(peer)
        yield vendor


def _host_of(peer: Peer) -> str:
    return f"{peer.address}:{peer.port}"


# --- Alibaba Cloud: signature V3 (ACS3-HMAC-SHA256), Dysmsapi 2017-05-25 ----------------------------------------------


@contextmanager
def aliyun() -> Iterator[Vendor]:
    with _playing(_answer_as_aliyun) as vendor:
        yield vendor


def _answer_as_aliyun(vendor: Vendor, request: Received) -> Iterable[bytes]:
    scheme, _space, rest = request.headers.get("authorization", "").partition(" ")
    given = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    error = {"RequestId": "R-1", "HostId": "dysmsapi.aliyuncs.com"}
    if scheme != "ACS3-HMAC-SHA256" or given.get("Credential") != KEY_ID:
        return _answer(
            404, {**error, "Code": "InvalidAccessKeyId.NotFound", "Message": "Specified access key is not found."}
        )
    if given["Signature"] != _sign_v3(request, given["SignedHeaders"]):
        message = "Specified signature does not match our calculation."
        return _answer(400, {**error, "Code": "SignatureDoesNotMatch", "Message": message})
    wanted = {"x-acs-action": "SendSms", "x-acs-version": "2017-05-25"}
    if any(request.headers.get(name) != value for name, value in wanted.items()):
        vendor.problems.append(f"another action: {request.headers}")
    if vendor.refuse_with:
        # Errors of the business come with 200 (isv.…, isp.…); others, such as Throttling.User, with 400.
        is_business = vendor.refuse_with.startswith("is")
        document = {"RequestId": "R-1", "Code": vendor.refuse_with, "Message": "refused"}
        return _answer(200 if is_business else 400, document)
    vendor.messages.append(dict(parse_qsl(request.query)))
    return _answer(200, {"RequestId": "R-1", "Code": "OK", "Message": "OK", "BizId": "134523^4351232"})


def _sign_v3(request: Received, signed_headers: str) -> str:
    """The signature as "V3 version request structure and signature mechanism" makes it."""
    pairs = sorted(parse_qsl(request.query, keep_blank_values=True))
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    names = signed_headers.split(";")
    must = {"host", *(name for name in request.headers if name.startswith("x-acs-"))}
    if names != sorted(names) or not must <= set(names):
        return "not all headers are signed"
    payload_hash = hashlib.sha256(request.body).hexdigest()
    if request.headers["x-acs-content-sha256"] != payload_hash:
        return "another body"
    headers = "".join(f"{name}:{request.headers[name]}\n" for name in names)
    canonical = f"{request.method}\n{request.path}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


# --- Tencent Cloud: signature v3 (TC3-HMAC-SHA256), sms 2021-01-11 ----------------------------------------------------


@contextmanager
def tencent() -> Iterator[Vendor]:
    with _playing(_answer_as_tencent) as vendor:
        yield vendor


def _answer_as_tencent(vendor: Vendor, request: Received) -> Iterable[bytes]:
    scheme, _space, rest = request.headers.get("authorization", "").partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "TC3-HMAC-SHA256" or not given.get("Credential", "").startswith(f"{KEY_ID}/"):
        return _tencent_error("AuthFailure.SecretIdNotFound")
    if given["Signature"] != _sign_tc3(request, given["Credential"], given["SignedHeaders"]):
        return _tencent_error("AuthFailure.SignatureFailure")
    wanted = {"x-tc-action": "SendSms", "x-tc-version": "2021-01-11"}
    if any(request.headers.get(name) != value for name, value in wanted.items()):
        vendor.problems.append(f"another action: {request.headers}")
    message = json.loads(request.body)
    if vendor.refuse_with and not vendor.refuse_with.startswith(("AuthFailure", "InternalError", "RequestLimit")):
        return _tencent_status(vendor.refuse_with, message["PhoneNumberSet"][0])
    if vendor.refuse_with:
        return _tencent_error(vendor.refuse_with)
    vendor.messages.append({**message, "region": request.headers.get("x-tc-region")})
    return _tencent_status("Ok", message["PhoneNumberSet"][0])


def _tencent_error(code: str) -> list[bytes]:
    return _answer(200, {"Response": {"Error": {"Code": code, "Message": "refused"}, "RequestId": "R-2"}})


def _tencent_status(code: str, phone: str) -> list[bytes]:
    is_good = code == "Ok"
    status = {
        "SerialNo": "5000:1045710669157053657849499619" if is_good else "",
        "PhoneNumber": phone,
        "Fee": int(is_good),
        "SessionContext": "",
        "Code": code,
        "Message": "send success" if is_good else "refused",
        "IsoCode": "CN",
    }
    return _answer(200, {"Response": {"SendStatusSet": [status], "RequestId": "R-2"}})


def _sign_tc3(request: Received, credential: str, signed_headers: str) -> str:
    """The signature as "API 3.0 signature v3" makes it."""
    _key_id, *scope = credential.split("/")
    timestamp = request.headers["x-tc-timestamp"]
    date = datetime.fromtimestamp(int(timestamp), UTC).date().isoformat()
    names = signed_headers.split(";")
    if scope != [date, "sms", "tc3_request"] or not {"content-type", "host"} <= set(names):
        return "another scope"
    headers = "".join(f"{name}:{request.headers[name].lower()}\n" for name in names)
    payload_hash = hashlib.sha256(request.body).hexdigest()
    canonical = f"{request.method}\n{request.path}\n{request.query}\n{headers}\n{signed_headers}\n{payload_hash}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{'/'.join(scope)}\n{digest}"
    key = f"TC3{SECRET}".encode()
    for word in (date, "sms", "tc3_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
