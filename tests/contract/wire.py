"""How the five documents' endpoints are called, as data, and what their answers must look like.

It must not know the code under test: everything here is read off the documents.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.test import Client as HttpClient

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=frontier"
QUERY = ""  # no body at all: the parameters stand in the address

Credentials = tuple[str, str]


def md5(plain: str) -> str:
    return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One document's token endpoint.

    Attributes:
        content_type: how the document sends parameters.
        tenant_header: under which header the document names the tenant; None where it names none.
        standard: whether it speaks RFC 6749 alone: plain passwords, and errors of two fields.
    """

    name: str
    path: str
    content_type: str
    tenant_header: str | None = None
    standard: bool = False

    @property
    def prefix(self) -> str:
        return self.path.removesuffix("/oauth/token")

    def password(self, plain: str) -> str:
        """The password as this document encodes it."""
        return plain if self.standard else md5(plain)

    def request(self, client: Credentials, **params: object) -> "Wire":
        """A request with these parameters, sent as the document sends it."""
        pairs = tuple((name, value) for name, value in params.items() if value is not None)
        return Wire(self, client, pairs, content_type=self.content_type, body_credentials=self.standard)


AMS_AUTH = Endpoint("ams-auth", "/ams-auth/oauth/token", JSON, "tenantId")
KOM_AMS_AUTH = Endpoint("kom-ams-auth", "/kom-ams-auth/oauth/token", JSON, "tenantId")
CAMS_AUTH = Endpoint("cams-auth", "/cams-auth/oauth/token", FORM)
API_CAMS_AUTH = Endpoint("api-cams-auth", "/api/cams-auth/oauth/token", JSON, "Tenant-Id")
CONNECT = Endpoint("connect", "/connect/token", FORM, standard=True)

BLADE = (AMS_AUTH, KOM_AMS_AUTH, CAMS_AUTH, API_CAMS_AUTH)
ENDPOINTS = (*BLADE, CONNECT)


@dataclass(frozen=True, slots=True)
class Wire:
    """A token request that has not been sent yet; each method returns another one."""

    endpoint: Endpoint
    client: Credentials | None
    pairs: tuple[tuple[str, object], ...]
    content_type: str
    body_credentials: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_body: bytes | None = None
    query: str = ""
    method: str = "POST"

    def by(self, client: Credentials | None) -> "Wire":
        return replace(self, client=client)

    def with_basic(self, client: Credentials | None = None) -> "Wire":
        return replace(self, client=client or self.client, body_credentials=False)

    def with_authorization(self, header: str) -> "Wire":
        """This header in place of the client's credentials."""
        return replace(self, client=None, headers={**self.headers, "Authorization": header})

    def with_params(self, **params: object) -> "Wire":
        """These parameters instead of those of the same name; a None is a JSON null."""
        kept = tuple(pair for pair in self.pairs if pair[0] not in params)
        return replace(self, pairs=(*kept, *params.items()))

    def without(self, *names: str) -> "Wire":
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair[0] not in names))

    def again(self, name: str, value: object = None) -> "Wire":
        """This parameter a second time, with another value or the same."""
        return replace(self, pairs=(*self.pairs, (name, dict(self.pairs)[name] if value is None else value)))

    def with_headers(self, headers: Mapping[str, str]) -> "Wire":
        return replace(self, headers={**self.headers, **headers})

    def in_tenant(self, code: str) -> "Wire":
        """The tenant named as the document names it, or as its design does where the document is silent."""
        if self.endpoint.standard:
            return self.with_params(acr_values=f"tenant:{code}")
        return self.with_headers({self.endpoint.tenant_header or "Tenant-Id": code})

    def sent_as(self, content_type: str) -> "Wire":
        return replace(self, content_type=content_type)

    def with_body(self, body: bytes, content_type: str | None = None) -> "Wire":
        """These bytes in place of the parameters."""
        return replace(self, raw_body=body, content_type=self.content_type if content_type is None else content_type)

    def with_query(self, **params: str) -> "Wire":
        return self.with_raw_query(urlencode(params))

    def with_raw_query(self, query: str) -> "Wire":
        return replace(self, query=query)

    def by_method(self, method: str) -> "Wire":
        return replace(self, method=method)

    @property
    def uses_basic(self) -> bool:
        has_header = self.headers.get("Authorization", "")[:5].lower() == "basic"
        return has_header or (self.client is not None and not self.body_credentials)

    @property
    def all_pairs(self) -> tuple[tuple[str, object], ...]:
        if self.client is None or not self.body_credentials:
            return self.pairs
        return ("client_id", self.client[0]), ("client_secret", self.client[1]), *self.pairs

    def encoded(self) -> bytes:
        """The body."""
        if self.raw_body is not None:
            return self.raw_body
        return b"" if self.content_type == QUERY else _encode(self.all_pairs, self.content_type)

    def send(self, http: HttpClient) -> Any:
        """Send it and return the response."""
        headers = dict(self.headers)
        if self.client is not None and not self.body_credentials:
            parts = [quote_plus(part) for part in self.client] if self.endpoint.standard else self.client
            headers["Authorization"] = basic(*parts)
        query = self.query
        if self.content_type == QUERY and self.raw_body is None:
            query = "&".join(part for part in (query, _form(self.all_pairs).decode()) if part)
        return http.generic(
            self.method,
            self.endpoint.path + (f"?{query}" if query else ""),
            self.encoded(),
            content_type=self.content_type,
            headers={name: _header(value) for name, value in headers.items()},
        )


def _header(value: str) -> str:
    """As WSGI hands a header's UTF-8 bytes over (PEP 3333)."""
    return value.encode("utf-8", "surrogatepass").decode("latin-1")


def _form(pairs: tuple[tuple[str, object], ...]) -> bytes:
    return urlencode([(name, str(value)) for name, value in pairs], errors="surrogatepass").encode()


def _encode(pairs: tuple[tuple[str, object], ...], content_type: str) -> bytes:
    if content_type.lower().startswith(JSON):
        members = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)  # repeated ones too
        return f"{{{members}}}".encode()
    if content_type.startswith("multipart/"):
        parts = [
            f'--frontier\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs
        ]
        return "".join([*parts, "--frontier--\r\n"]).encode("utf-8", "surrogatepass")
    return _form(pairs)


def assert_refused(endpoint: Endpoint, response: Any, status: int, error: str) -> None:
    """The refusal stands in the document's own form, complete, and no cache keeps it."""
    body = response.json()
    assert (response.status_code, body.get("error")) == (status, error), body
    assert_error_form(endpoint, response)


def assert_error_form(endpoint: Endpoint, response: Any) -> None:
    """Whatever the refusal, it has the document's form."""
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert response["Pragma"] == "no-cache"
    body = response.json()
    assert body.get("error_description", "").isascii()
    if endpoint.standard:
        assert isinstance(body["error"], str)
        assert body.keys() <= {"error", "error_description"}
        return
    assert list(body) == ["error", "error_code", "error_description", "code", "success", "data", "msg"]
    assert body["error_code"] == body["code"] == response.status_code
    assert (body["success"], body["data"]) == (False, {})
    assert body["error"]
    assert body["error_description"]
    assert body["msg"]
