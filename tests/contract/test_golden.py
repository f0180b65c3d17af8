"""The documents' own requests, answered with the documents' own tokens, byte for byte.

Each test sets up the document's user, key, token ids and clock through the public models and posts over HTTP.
"""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import path

from accounts.models import Role
from config import urls as config_urls
from oauthx.dialects.ams import AMS_AUTH
from oauthx.views import TokenView
from tests import factories

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
DOCUMENTS = sorted(GOLDEN)

_clock = factories.FakeClock(datetime(2020, 1, 1, tzinfo=UTC))
_token_ids: list[str] = []


def clock() -> datetime:
    return _clock()


def next_token_id() -> str:
    return _token_ids.pop(0)


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


@pytest.fixture
def document(request: pytest.FixtureRequest, settings: Any, db: None) -> dict[str, Any]:
    """The document, with its clock at half a second and its token ids laid ready."""
    document: dict[str, Any] = GOLDEN[request.param]
    access, refresh = document["access_claims"], document["refresh_claims"]
    issued_at = datetime.fromtimestamp(access["exp"] - document["access_lifetime_seconds"], UTC)
    _clock.moment = issued_at + timedelta(milliseconds=500)
    _token_ids[:] = [access["jti"], refresh["jti"]]
    settings.HUFU_CLOCK = "tests.contract.test_golden.clock"
    settings.HUFU_TOKEN_IDS = "tests.contract.test_golden.next_token_id"
    _set_up(document, request.param)
    return document


def _set_up(document: dict[str, Any], name: str) -> None:
    claims = document["access_claims"]
    tenant = factories.make_tenant()
    factories.import_shared_key(document["signing_key"])
    set_at = claims["password_last_update_date"]
    user = factories.make_user(
        tenant,
        claims["account"],
        "admin",
        id=int(claims["user_id"]),
        real_name=claims["real_name"],
        nick_name=claims["nick_name"],
        job_number=claims.get("job_number"),
        password_updated_at=None if set_at is None else datetime.fromtimestamp(set_at / 1000, UTC),
    )
    if name == "api-cams-auth":
        user.assign(**factories.make_organisation(tenant))
    else:
        role = Role.objects.create(tenant=tenant, id=int(claims["role_id"]), name="role", alias=claims["role_name"])
        user.assign(roles=[role])
    factories.make_sword(tenant)
    factories.make_saber(tenant)


def _post(document: dict[str, Any], http: HttpClient, capsys: Any = None) -> Any:
    client_id, secret = document["client"]
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", **document["headers"]}
    request = dict(
        document["request"]
        or {
            "grant_type": "password",
            "scope": "all",
            "type": "account",
            "username": "admin",
            "password": factories.ADMIN_MD5,
        }
    )
    if request["grant_type"] == "captcha":
        captcha = http.get(document["path"].replace("/token", "/captcha"), headers=document["headers"]).json()
        printed = dict(part.split("=") for part in capsys.readouterr().out.split()[1:])
        assert printed["key"] == captcha["key"]
        request |= {"captchaKey": captcha["key"], "captchaCode": printed["code"].upper()}
    token_path = document.get("token_path", document["path"])
    if document["content_type"] == "application/json":
        return http.post(token_path, json.dumps(request), content_type="application/json", headers=headers)
    return http.post(token_path, request, headers=headers)


@pytest.mark.parametrize("document", DOCUMENTS, indirect=True)
def test_answers_the_documents_request_with_the_documents_response(
    document: dict[str, Any], client: HttpClient, settings: Any, capsys: Any
) -> None:
    settings.HUFU_DEVELOPMENT = True  # the captcha's answer stands on standard output
    response = _post(document, client, capsys)
    expected = dict(document["response"])
    if document["path"].startswith("/api/"):
        expected["tenant_id"] = "000000"
    body = response.json()
    assert "access_token" in body, body
    assert _claims(body["access_token"]) == document["access_claims"]
    assert _claims(body["refresh_token"]) == document["refresh_claims"]
    # As text, so that the order of the fields counts as well.
    assert response.content.decode() == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))


def _swapped(names: tuple[str, ...]) -> tuple[str, ...]:
    return (names[1], names[0], *names[2:])


# The golden documents' endpoint with one claim's order changed, under an address of its own.
_changed = replace(AMS_AUTH, access_claims=_swapped(AMS_AUTH.access_claims))
urlpatterns = [*config_urls.urlpatterns, path("changed/oauth/token", TokenView.as_view(dialect=_changed))]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("document", ["ams-auth"], indirect=True)
def test_a_changed_order_of_claims_would_be_seen(
    document: dict[str, Any], client: HttpClient, settings: Any, capsys: Any
) -> None:
    settings.HUFU_DEVELOPMENT = True
    document = document | {"token_path": "/changed/oauth/token"}
    body = _post(document, client, capsys).json()
    assert _claims(body["access_token"]) == document["access_claims"]
    assert body["access_token"] != document["response"]["access_token"]
