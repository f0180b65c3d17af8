"""Messages through a tenant's gateways in their order: when the next one is asked, and when none is."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db.backends.signals import connection_created

from accounts import sms_delivery
from accounts.gateways.sms import SmsMessage, open_gateway, problems_of
from accounts.history import Attempt
from accounts.models import LoginEvent, SmsGateway, User
from accounts.origin import Origin
from accounts.outbox import WAITING_OF_A_TENANT
from accounts.people import look_up_by_phone
from accounts.sms_codes import CodeRequest, IssuedCode
from tenants.encryption import Secret
from tests.accounts.calling import LOOPBACK
from tests.accounts.sms_vendors import KEY_ID, SECRET, Vendor, aliyun, tencent
from tests.contract.world import World, history, reasons
from tests.factories import make_administrator
from tests.peers import Peer, listening, says

PHONE = "+8613800138000"
JSON_TEMPLATE = '{"to": "{phone}", "text": "{code} is your code for {minutes} minutes", "n": 1}'


@pytest.fixture
def li(world: World) -> User:
    world.settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    sms_delivery.resting.clear()
    return world.make_user("li", phone=PHONE)


@pytest.fixture
def first(world: World, li: User) -> Iterator[Vendor]:
    """A vendor that is asked first, by its SDK."""
    with aliyun() as vendor:
        add(world, 1, "aliyun", vendor.endpoint)
        yield vendor


@pytest.fixture
def second(world: World, li: User) -> Iterator[Vendor]:
    with tencent() as vendor:
        add(world, 2, "tencent", vendor.endpoint)
        yield vendor


def add(world: World, position: int, kind: str, endpoint: str = "", **fields: Any) -> SmsGateway:
    wanted = {"key_id": KEY_ID, "app_id": "1", "sign_name": "虎符", "template": "1", "secret": Secret.of(SECRET)}
    return SmsGateway.objects.create(
        tenant=world.tenant, name=f"{kind} {position}", kind=kind, position=position, endpoint=endpoint,
        **{**wanted, **fields},
    )  # fmt: skip


def issued(world: World, code: str = "042137", phone: str = PHONE) -> IssuedCode:
    origin = Origin("192.0.2.1", "agent", "request-1")
    attempt = Attempt(time=world.clock(), kind=LoginEvent.Kind.SMS_REQUEST, origin=origin, client_id="app")
    request = CodeRequest(world.tenant, "app", phone, attempt)
    return IssuedCode(request, look_up_by_phone(world.tenant.pk, phone).person, code)


def deliver(world: World, code: str = "042137") -> LoginEvent:
    """Send a code, and return the event of how that ended."""
    sms_delivery.deliver(issued(world, code))
    return history()[-1]


def test_the_first_one_sends_and_nobody_else_is_asked(world: World, first: Vendor, second: Vendor) -> None:
    event = deliver(world)
    assert (len(first.messages), second.asked) == (1, 0)
    assert (event.kind, event.outcome, event.account, event.request_id) == ("sms_sent", "allowed", "li", "request-1")


def test_the_order_is_the_administrators(world: World, first: Vendor, second: Vendor) -> None:
    SmsGateway.objects.filter(kind="tencent").update(position=0)
    deliver(world)
    assert (first.asked, len(second.messages)) == (0, 1)


@pytest.mark.parametrize("code", ["isv.AMOUNT_NOT_ENOUGH", "isp.SYSTEM_ERROR", "Throttling.User"])
def test_the_next_one_is_asked_when_a_vendor_fails(
    code: str, world: World, first: Vendor, second: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    first.refuse_with = code
    assert deliver(world).outcome == "allowed"
    assert (first.asked, len(second.messages)) == (1, 1)
    assert f"code={code} request_id=request-1" in caplog.text
    assert "042137" not in caplog.text


@pytest.mark.parametrize("code", ["isv.MOBILE_NUMBER_ILLEGAL", "isv.BUSINESS_LIMIT_CONTROL"])
def test_nobody_else_is_asked_about_a_rejected_number(code: str, world: World, first: Vendor, second: Vendor) -> None:
    first.refuse_with = code
    event = deliver(world)
    assert (event.outcome, event.reason, second.asked) == ("refused", "sms_number_rejected", 0)


def test_the_next_one_is_asked_when_a_vendor_is_silent_which_then_rests(
    world: World, first: Vendor, second: Vendor
) -> None:
    world.settings.OUTBOUND_SECONDS = 1

    def silent() -> Iterable[bytes]:
        time.sleep(2)
        return []

    first.fault = silent
    started = time.monotonic()
    assert deliver(world).outcome == "allowed"
    assert time.monotonic() - started < 3
    assert len(second.messages) == 1
    # The next message does not wait for it again.
    deliver(world)
    assert (first.asked, len(second.messages)) == (1, 2)


def test_when_all_fail_the_history_says_so(world: World, first: Vendor, second: Vendor) -> None:
    first.refuse_with, second.refuse_with = "isv.OUT_OF_SERVICE", "LimitExceeded.DailyLimit"
    assert deliver(world).reason == "sms_gateway_failed"
    SmsGateway.objects.update(is_active=False)
    assert deliver(world).reason == "sms_gateway_missing"


def test_another_tenants_gateway_is_never_asked(world: World, first: Vendor) -> None:
    other = world.make_tenant("000001")
    SmsGateway.objects.update(tenant=other)
    assert deliver(world).reason == "sms_gateway_missing"
    assert first.asked == 0


def test_a_row_that_cannot_send_is_passed_over_and_written_down(
    world: World, second: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    """Past the form: another kind's parameters, no JSON."""
    add(world, 1, "http", url="https://sms.example/", body_template="{code} no JSON")
    add(world, 1, "aliyun", template_parameters="nonsense")
    assert deliver(world).outcome == "allowed"
    assert len(second.messages) == 1
    second.refuse_with = "LimitExceeded.DailyLimit"
    assert deliver(world).reason == "sms_gateway_failed"
    assert "042137" not in caplog.text


def test_a_fault_in_a_vendors_library_is_passed_over_and_written_down(
    world: World, first: Vendor, second: Vendor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_given: Any, **_named: Any) -> None:
        raise RuntimeError(f"{PHONE} 042137")

    monkeypatch.setattr("alibabacloud_dysmsapi20170525.models.SendSmsRequest.__init__", fault)
    assert deliver(world).outcome == "allowed"
    assert (first.asked, len(second.messages)) == (0, 1)
    assert "error=RuntimeError" in caplog.text
    assert "042137" not in caplog.text


# --- Whose codes go through whose gateway -----------------------------------------------------------------------------


def vouch(world: World, *permissions: str, **fields: Any) -> User:
    """Somebody who has set up all gateways, and may do this in the console."""
    user = make_administrator(world.tenant, "trustee", permissions=permissions, **fields)
    SmsGateway.objects.update(set_up_by=user)
    return user


def promote(user: User, *permissions: str) -> None:
    role = make_administrator(user.tenant, f"{user} {permissions}", permissions=permissions).roles.get()
    user.assign(roles=[role])


def test_no_code_of_a_superior_goes_through_what_somebody_lesser_set_up(world: World, li: User, first: Vendor) -> None:
    """Whatever came first: the gateway, the phone or the rights."""
    trustee = vouch(world, "accounts.view_smsgateway", "accounts.change_smsgateway")
    assert deliver(world).outcome == "allowed"
    promote(li, "accounts.view_smsgateway")
    assert deliver(world).outcome == "allowed"
    promote(li, "accounts.change_user")
    event = deliver(world)
    assert (event.outcome, event.reason, event.account) == ("refused", "sms_gateway_untrusted", "li")
    promote(trustee, "accounts.change_user")
    assert deliver(world).outcome == "allowed"
    User.objects.filter(pk=li.pk).update(is_superuser=True)
    assert deliver(world).reason == "sms_gateway_untrusted"
    SmsGateway.objects.update(set_up_by=li)
    assert deliver(world).outcome == "allowed"
    assert len(first.messages) == 4


def test_the_trusted_ones_alone_are_asked(world: World, li: User, first: Vendor, second: Vendor) -> None:
    vouch(world, "accounts.change_smsgateway")
    promote(li, "accounts.change_user")
    SmsGateway.objects.filter(kind="tencent").update(set_up_by=li)
    second.refuse_with = "LimitExceeded.DailyLimit"
    assert deliver(world).reason == "sms_gateway_failed"
    assert (first.asked, second.asked) == (0, 1)


@pytest.mark.parametrize("gone", ["deleted", "disabled"])
def test_what_somebody_left_behind_serves_those_who_may_do_nothing(
    gone: str, world: World, li: User, first: Vendor
) -> None:
    trustee = vouch(world, is_superuser=True)
    promote(li, "accounts.view_loginevent")
    assert deliver(world).outcome == "allowed"
    if gone == "deleted":
        trustee.delete()
    else:
        User.objects.filter(pk=trustee.pk).update(is_active=False)
    assert deliver(world).reason == "sms_gateway_untrusted"
    li.roles.clear()
    assert deliver(world).outcome == "allowed"


# --- In a thread ------------------------------------------------------------------------------------------------------


def threads_of_sms() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sms"]


@pytest.mark.django_db(transaction=True)
def test_a_message_keeps_no_connection_to_the_database_while_it_waits(world: World, first: Vendor) -> None:
    opened: list[str] = []

    def note(**_told: Any) -> None:
        opened.append(threading.current_thread().name)

    connection_created.connect(note)
    try:
        sms_delivery.deliver_in_thread(issued(world))
        for thread in threads_of_sms():
            thread.join(20)
    finally:
        connection_created.disconnect(note)
    assert len(first.messages) == 1
    assert history()[-1].kind == "sms_sent"
    # One to find the gateways, another one to write down how it ended.
    assert opened.count("sms") == 2


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_cannot_be_started_is_written_down_and_waits_for_nothing(world: World, first: Vendor) -> None:
    before = threading.stack_size(1 << 46)  # No machine has room for it.
    try:
        sms_delivery.deliver_in_thread(issued(world))
        assert [(event.outcome, event.reason) for event in history()] == [("refused", "sms_gateway_busy")]
        # And nothing for a number that is nobody's.
        for _time in range(WAITING_OF_A_TENANT):
            sms_delivery.deliver_in_thread(issued(world, phone="+8613900139999"))
        assert len(history()) == 1
    finally:
        threading.stack_size(before)
    sms_delivery.deliver_in_thread(issued(world))
    for thread in threads_of_sms():
        thread.join(20)
    assert len(first.messages) == 1
    assert history()[-1].outcome == "allowed"


# --- Any HTTP gateway -------------------------------------------------------------------------------------------------


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
