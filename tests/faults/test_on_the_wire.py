"""What only a real server shows: chunked bodies, headers sent twice, header names with an underscore."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests import factories
from tests.processes import serving

BASIC = {"Authorization": "Basic c3dvcmQ6c3dvcmRfc2VjcmV0"}
LOGIN = {"grant_type": "password", "username": "admin", "password": factories.ADMIN_MD5, "scope": "all"}


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_sword(tenant, factories.make_tenant("000001", "演示租户"))
    with serving(workers=1) as url:
        yield url


def post(base: str, headers: list[tuple[str, str]], body: bytes) -> tuple[int, Any]:
    """Post with exactly these headers, one after the other."""
    length = ("Content-Length", str(len(body)))
    return send(base, "POST", "/ams-auth/oauth/token", [*headers, ("Content-Type", "application/json"), length], body)


def send(base: str, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> tuple[int, Any]:
    with closing(http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)) as connection:
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def login(base: str, *headers: tuple[str, str]) -> tuple[int, Any]:
    return post(base, [*BASIC.items(), *headers], json.dumps(LOGIN).encode())


def test_a_chunked_body_is_read(base: str) -> None:
    chunks = (json.dumps(LOGIN)[start : start + 10].encode() for start in range(0, 1000, 10))
    headers = {**BASIC, "tenantId": "000000", "Content-Type": "application/json"}
    answer = requests.post(f"{base}/ams-auth/oauth/token", data=chunks, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text


def test_a_chunked_body_that_is_too_large_is_refused(base: str) -> None:
    chunks = (b" " * 1024 for _ in range(100))
    headers = {**BASIC, "tenantId": "000000", "Content-Type": "application/json"}
    answer = requests.post(f"{base}/ams-auth/oauth/token", data=chunks, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_a_tenant_named_twice_must_agree(base: str) -> None:
    assert login(base, ("tenantId", "000000"), ("tenantId", "000000"))[0] == 200
    status, body = login(base, ("tenantId", "000000"), ("tenantId", "000001"))
    assert (status, body["error"]) == (400, "invalid_request")


def test_a_header_name_with_an_underscore_is_nothing(base: str) -> None:
    status, body = login(base, ("Tenant_Id", "000000"))
    assert (status, body["error_description"]) == (400, "The tenant is missing")
    status, body = login(base, ("Tenant-Id", "000000"), ("Tenant_Id", "000001"))
    assert (status, body["tenant_id"]) == (200, "000000")


def test_one_token_sent_twice_is_one_token(base: str) -> None:
    token = login(base, ("tenantId", "000000"))[1]["access_token"]
    assert send(base, "GET", "/ams-auth/oauth/user-info", [("Blade-Auth", f"bearer {token}")] * 2)[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_a_wrong_method_is_405_with_or_without_a_token(base: str, method: str) -> None:
    assert requests.request(method, f"{base}/ams-auth/oauth/user-info", timeout=30).status_code == 405
