"""What a refusal looks like to people and programs: the two error forms, their languages, and what never leaves."""

import re
from typing import Any

import pytest
from django.urls import path

from oauthx.dialects import DIALECTS
from oauthx.requests import Subject, TokenRequest
from oauthx.views import TokenView
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import World, history

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
on_each_blade_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
CHINESE = re.compile("[\u4e00-\u9fff]")


@on_each_blade_endpoint
def test_a_wrong_password_reads_as_the_design_has_it(endpoint: Endpoint, world: World) -> None:
    body = world.sign_in(endpoint, password="wrong").send(world.http).json()
    assert body["msg"] == "用户名或密码错误"
    assert (body["error"], body["error_code"], body["code"]) == ("invalid_grant", 400, 400)


@on_each_blade_endpoint
def test_the_message_is_english_for_those_who_ask_for_it(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint, password="wrong")
    for language in ("en", "en-US,en;q=0.9,zh;q=0.8"):
        message = wire.with_headers({"Accept-Language": language}).send(world.http).json()["msg"]
        assert message.isascii()
    for language in ("zh-CN,zh;q=0.9", "zh", "fr"):
        assert CHINESE.search(wire.with_headers({"Accept-Language": language}).send(world.http).json()["msg"])


@pytest.mark.parametrize(
    "damage",
    [
        {"grant_type": ""},
        {"grant_type": "magic"},
        {"scope": "admin"},
        {"username": "x" * 256},
        {"tenantId": "000001"},
        {"tma": "root"},
        {"grant_type": "captcha", "captchaKey": "0" * 32, "captchaCode": "abcde"},
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"client_secret": "x"},
    ],
    ids="-".join,
)
def test_every_message_is_chinese_by_default(damage: dict[str, str], world: World) -> None:
    body = world.sign_in(BLADE[0]).with_params(**damage).send(world.http).json()
    assert CHINESE.search(body["msg"]), body


@on_each_endpoint
def test_the_error_of_a_bad_client_is_a_401_with_a_challenge_for_basic_alone(endpoint: Endpoint, world: World) -> None:
    wire = world.sign_in(endpoint)
    refused = wire.with_basic(("nobody", "secret")).send(world.http)
    assert_refused(endpoint, refused, 401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic ")
    assert "WWW-Authenticate" not in wire.by(None).send(world.http)


def test_connect_answers_the_documents_example(world: World) -> None:
    response = world.sign_in(CONNECT).without("grant_type").send(world.http)
    assert response.status_code == 400
    assert response.json().items() >= {"error": "invalid_request"}.items()


class BrokenGrant:
    """A grant that fails in a way that nobody foresaw."""

    name, label, params = "password", "broken", ()
    is_login, personal = True, True

    def authenticate(self, request: TokenRequest) -> Subject:  # noqa: ARG002 - the interface
        raise RuntimeError("the database password is hunter2")


urlpatterns = [
    path(dialect.token_path, TokenView.as_view(dialect=dialect, grants=(BrokenGrant(),))) for dialect in DIALECTS
]


@pytest.mark.urls(__name__)
@on_each_endpoint
def test_a_fault_is_a_server_error_and_no_detail_leaves(endpoint: Endpoint, world: World, caplog: Any) -> None:
    wire = world.sign_in(endpoint)
    response = wire.send(world.http)
    assert_refused(endpoint, response, 500, "server_error")
    assert "hunter2" not in response.content.decode()
    assert dict(wire.pairs)["password"] not in caplog.text
    assert world.app[1] not in caplog.text


@on_each_endpoint
def test_neither_answer_nor_log_of_a_login_tells_a_secret(endpoint: Endpoint, world: World, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    world.make_user("somebody", "correct horse")
    wire = world.sign_in(endpoint, "somebody", "correct horse")
    response = wire.send(world.http)
    told = [caplog.text, *(str(vars(event)) for event in history())]
    for secret in (str(dict(wire.pairs)["password"]), world.app[1], response.json()["access_token"]):
        assert not any(secret in text for text in told)
    assert "correct horse" not in response.content.decode()
