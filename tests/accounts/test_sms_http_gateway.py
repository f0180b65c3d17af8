"""A gateway that any vendor's HTTP interface is set up as: what is sent to it, and how its answer is judged."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from accounts import sms_delivery
from accounts.gateways.sms import SmsMessage, open_gateway, problems_of
from accounts.models import SmsGateway, User
from tenants.encryption import Secret
from tests.accounts.calling import LOOPBACK
from tests.accounts.sms_sending import PHONE, add, deliver
from tests.accounts.sms_vendors import SECRET
from tests.contract.world import World, reasons
from tests.peers import Peer, listening, says

JSON_TEMPLATE = '{"to": "{phone}", "text": "{code} is your code for {minutes} minutes", "n": 1}'


@pytest.fixture
def li(world: World) -> User:
    world.settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    sms_delivery.resting.clear()
    return world.make_user("li", phone=PHONE)


@pytest.fixture
def peer(li: User) -> Iterator[Peer]:
    with listening(says(200, b'{"code":0}')) as peer:
        yield peer


def http(world: World, peer: Peer, **fields: Any) -> SmsGateway:
    return add(world, 1, "http", url=peer.url("/send?x=1"), **{"body_template": JSON_TEMPLATE, **fields})


def test_an_http_gateway_gets_a_filled_and_signed_body(world: World, peer: Peer) -> None:
    http(world, peer)
    assert deliver(world).outcome == "allowed"
    [request] = peer.requests
    head, _end, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /send?x=1 HTTP/1.1")
    assert json.loads(body) == {"to": PHONE, "text": "042137 is your code for 5 minutes", "n": 1}
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    moment = headers["X-Hufu-Timestamp"]
    assert abs(int(moment) - time.time()) < 60
    expected = hmac.new(SECRET.encode(), moment.encode() + b"\n" + body, hashlib.sha256).hexdigest()
    assert headers["X-Hufu-Signature"] == f"sha256={expected}"


def test_an_http_gateway_gets_its_vendors_credentials_where_it_wants_them(world: World, peer: Peer) -> None:
    http(
        world, peer, header="X-Api-Key: user:{secret}", body_template='{"password": "{secret}", "text": "{code}"}',
        secret=Secret.of('a"b'),
    )  # fmt: skip
    assert deliver(world).outcome == "allowed"
    head, _end, body = peer.requests[0].partition(b"\r\n\r\n")
    assert b'\r\nX-Api-Key: user:a"b\r\n' in head + b"\r\n"
    assert json.loads(body) == {"password": 'a"b', "text": "042137"}


def test_a_secret_breaks_out_of_no_header(world: World, peer: Peer) -> None:
    http(world, peer, header="X-Api-Key: {secret}", secret=Secret.of("a\r\nX-Other: b"))
    assert deliver(world).reason == "sms_gateway_failed"
    assert not peer.requests


def test_an_http_gateway_may_take_a_form_and_no_signature(world: World, peer: Peer) -> None:
    http(world, peer, body_format="form", body_template="mobile={phone}&text=code:+{code}&x=", secret=Secret())
    deliver(world)
    head, _end, body = peer.requests[0].partition(b"\r\n\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert b"Signature" not in head
    assert dict(parse_qsl(body.decode(), keep_blank_values=True)) == {"mobile": PHONE, "text": "code: 042137", "x": ""}


@pytest.mark.parametrize(
    ("status", "body", "success_text", "reason"),
    [
        (200, b"whatever", "", ""),
        (204, b"", "", ""),
        (200, b'{"code":0}', '"code":0', ""),
        (200, b'{"code":1}', '"code":0', "sms_gateway_failed"),
        (422, b"", "", "sms_number_rejected"),
        (302, b"", "", "sms_gateway_failed"),
        (401, b"", "", "sms_gateway_failed"),
        (500, b"", "", "sms_gateway_failed"),
    ],
)
def test_an_http_gateways_answer_is_judged(
    status: int, body: bytes, success_text: str, reason: str, world: World, peer: Peer
) -> None:
    peer.answer = says(status, body)
    http(world, peer, success_text=success_text)
    deliver(world)
    assert reasons()[-1] == reason


def test_an_http_gateway_is_called_past_no_guard(world: World, peer: Peer) -> None:
    world.settings.OUTBOUND_PRIVATE_NETWORKS = []
    http(world, peer)
    assert deliver(world).reason == "sms_gateway_failed"
    assert not peer.requests


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": "ftp://sms.example"}, "url"),
        ({"url": "https://user:secret@sms.example/"}, "url"),
        ({"url": "http://["}, "url"),
        ({"url": ""}, "url"),
        ({"body_template": "{code}"}, "body_template"),
        ({"body_template": '{"to": "{phone}"}'}, "body_template"),
        ({"body_template": "[" * 4000}, "body_template"),
        ({"body_format": "form", "body_template": "code"}, "body_template"),
        ({"body_template": ""}, "body_template"),
        ({"body_template": '{"text": "123456"}'}, "body_template"),
        ({"header": "no colon"}, "header"),
        ({"header": "Content-Length: 3"}, "header"),
        ({"header": "X-Hufu-Signature: x"}, "header"),
        ({"header": "X-Api-Key: {secret}"}, "secret"),
        ({"body_template": '{"text": "{code} {secret}"}'}, "secret"),
    ],
)
def test_an_http_gateways_mistakes_are_found(fields: dict[str, str], problem: str, world: World) -> None:
    good = {"url": "https://sms.example/send", "body_template": JSON_TEMPLATE}
    assert problems_of(SmsGateway(tenant=world.tenant, kind="http", **good)) == {}
    assert list(problems_of(SmsGateway(tenant=world.tenant, kind="http", **{**good, **fields}))) == [problem]


def test_what_is_filled_in_cannot_break_out_of_its_place(world: World, peer: Peer) -> None:
    row = http(world, peer, body_template='{"text": "{code}{unknown}{{code}}"}')
    open_gateway(row).send(SmsMessage(PHONE, '"},{phone}&x=1'))
    body = json.loads(peer.requests[0].partition(b"\r\n\r\n")[2])
    assert body == {"text": '"},{phone}&x=1{unknown}{"},{phone}&x=1}'}
