"""Asking for an SMS code: what is answered, what is sent, and what stands in the history."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import SmsCode, SmsGateway, User
from oauthx.cleanup import clear_expired
from oauthx.sms import SmsCodeView
from tests.contract.wire import BLADE, CONNECT, Endpoint, assert_refused
from tests.contract.world import World, history, reasons
from tests.oauthx.sms_calls import (
    E164,
    PHONE,
    ask,
    code_for,
    in_both_forms,
    limit,
    printed,
    prints_codes,
    sign_in,
)


@pytest.fixture
def li(world: World) -> User:
    prints_codes(world)
    return world.make_user("li", phone=PHONE)


def test_connect_answers_how_long_the_code_is_good(world: World, li: User) -> None:
    response = ask(world)
    assert (response.status_code, response.json()) == (200, {"expires_in": 300, "interval": 60})
    assert (response["Cache-Control"], response["Content-Type"]) == ("no-store", "application/json")


@pytest.mark.parametrize("place", BLADE, ids=lambda place: place.name)
def test_the_twins_answer_in_the_form_of_the_documents(place: Endpoint, world: World, li: User) -> None:
    response = ask(world, place)
    body = response.json()
    assert (response.status_code, list(body)) == (200, ["code", "success", "data", "msg"])
    assert (body["code"], body["success"], body["data"]["interval"]) == (200, True, 60)
    assert body["msg"]
    assert [phone for phone, _code in printed(world)] == [E164]


def test_development_prints_one_line(world: World, li: User) -> None:
    world.capsys.readouterr()
    ask(world)
    out = world.capsys.readouterr().out
    assert out == f"sms phone={E164} code={out.strip()[-6:]}\n"


def test_the_message_goes_out_after_the_answer(world: World, li: User) -> None:
    """A server closes an answer once it has sent it; before, nothing begins."""
    body = urlencode({"client_id": world.app[0], "client_secret": world.app[1], "phone": PHONE})
    request = RequestFactory().post("/connect/sms", body, content_type="application/x-www-form-urlencoded")
    response = SmsCodeView.as_view()(request)
    assert response.status_code == 200
    assert not printed(world)
    # Else the end of a request ends the test's database, too.
    request_finished.disconnect(close_old_connections)
    try:
        response.close()
        response.close()
    finally:
        request_finished.connect(close_old_connections)
    assert len(printed(world)) == 1


def test_what_was_asked_and_sent_stands_in_the_history(world: World, li: User) -> None:
    ask(world)
    requested, sent = history()
    assert (requested.kind, requested.outcome, requested.reason) == ("sms_request", "allowed", "")
    assert (sent.kind, sent.outcome, sent.reason) == ("sms_sent", "allowed", "")
    for event in (requested, sent):
        assert (event.account, event.user_id, event.client_id, event.dialect) == ("li", li.pk, "app", "connect")
        assert (event.tenant_code, event.address) == ("000000", "127.0.0.1")


def nobodies(world: World) -> dict[str, str]:
    """Phones to which no message goes, by the reason."""
    world.make_user("idle", phone="13900139000", is_active=False)
    world.make_user("locked", phone="13700137000")
    for _try in range(5):
        world.sign_in(CONNECT, "locked", "wrong").send(world.http)
    world.make_user("elsewhere", tenant=world.make_tenant("000001"), phone="13500135000")
    return {"phone_unknown": "13600136000", "account_disabled": "13900139000", "account_locked": "13700137000"}


@in_both_forms
def test_nobodys_phone_gets_the_same_answer_for_the_same_work_and_no_message(
    place: Endpoint, world: World, li: User
) -> None:
    phones = nobodies(world)
    ask(world, place, "13400134000")  # the process warms up
    printed(world)
    answers, works = set(), set()
    for reason, phone in {"": PHONE, **phones, "phone_unknown ": "13500135000"}.items():
        with CaptureQueriesContext(connection) as captured:
            world.settings.HUFU_SMS_DELIVERY = "builtins.id"  # What happens after the answer is not its work.
            response = ask(world, place, phone)
        headers = tuple(sorted(pair for pair in response.headers.items() if pair[0] != "X-Request-ID"))
        answers.add((response.status_code, response.content, headers))
        works.add(tuple(query["sql"].split(" ")[0] for query in captured.captured_queries))
        assert reasons()[-1] == reason.strip()
    assert len(answers) == 1
    assert len(works) == 1
    world.settings.HUFU_SMS_DELIVERY = "accounts.sms_delivery.deliver"
    world.pass_time(minutes=1)
    for phone in (*phones.values(), "13500135000"):
        ask(world, place, phone)
    assert not printed(world)
    assert "sms_sent" not in {event.kind for event in history()}


@in_both_forms
@pytest.mark.parametrize(
    ("changes", "status", "error", "reason"),
    [
        ({"phone": None}, 400, "invalid_request", "parameter_missing"),
        ({"phone": ""}, 400, "invalid_request", "parameter_missing"),
        ({"phone": "hello"}, 400, "invalid_request", "phone_malformed"),
        ({"phone": "1" * 256}, 400, "invalid_request", "parameter_overlong"),
        ({"phone": "\x00"}, 400, "invalid_request", "parameter_malformed"),
        ({"app": ("app", "wrong")}, 401, "invalid_client", "client_secret_mismatch"),
    ],
)
def test_bad_requests_are_refused_in_form_and_recorded(
    place: Endpoint, changes: dict[str, Any], status: int, error: str, reason: str, world: World
) -> None:
    assert_refused(place, ask(world, place, **changes), status, error)
    [event] = history()
    assert (event.kind, event.outcome, event.reason) == ("sms_request", "refused", reason)


@in_both_forms
def test_the_client_must_be_allowed_to_sign_in_so(place: Endpoint, world: World) -> None:
    without = world.make_client("without", grant_types=["password"])
    assert_refused(place, ask(world, place, app=without), 400, "unauthorized_client")
    elsewhere = world.make_client("elsewhere", dialects=["cams-auth"])
    assert_refused(place, ask(world, place, app=elsewhere), 400, "unauthorized_client")
    assert reasons() == ["grant_not_allowed", "dialect_not_allowed"]


@in_both_forms
def test_an_unknown_client_leaves_a_log_line_alone(place: Endpoint, world: World) -> None:
    assert_refused(place, ask(world, place, app=("nobody", "x")), 401, "invalid_client")
    assert not history()


def test_the_tenant_must_be_usable_and_agree(world: World) -> None:
    closed = world.make_tenant("000001", is_active=False)
    shared = world.shared(closed)
    assert_refused(CONNECT, ask(world, app=shared), 400, "invalid_request")
    assert_refused(CONNECT, ask(world, app=shared, acr_values="tenant:000001"), 400, "invalid_grant")
    assert_refused(BLADE[0], ask(world, BLADE[0], tenantId="000001"), 400, "invalid_request")
    assert reasons() == ["tenant_missing", "tenant_disabled", "tenant_mismatch"]


@pytest.mark.parametrize("path", ["/connect/sms", "/ams-auth/oauth/sms/send-validate"])
def test_only_post_asks_for_a_code(path: str, world: World) -> None:
    response = world.http.get(path)
    assert (response.status_code, response["Allow"]) == (405, "POST")


@in_both_forms
def test_a_tenant_may_want_a_captcha_first(place: Endpoint, world: World, li: User) -> None:
    limit(world, sms_needs_captcha=True)
    world.settings.HUFU_DEVELOPMENT = True
    path, key_name, code_name = (
        ("/connect/captcha", "captcha_key", "captcha_code")
        if place.standard
        else (f"{place.prefix}/oauth/captcha", "captchaKey", "captchaCode")
    )

    def ask_with(key: str, answer: str) -> Any:
        captcha: dict[str, Any] = {key_name: key, code_name: answer}
        return ask(world, place, **captcha)

    assert_refused(place, ask(world, place), 400, "invalid_request")
    assert_refused(place, ask_with("0" * 32, "abcde"), 400, "invalid_grant")
    assert reasons() == ["captcha_missing", "captcha_unknown"]
    world.capsys.readouterr()
    key = world.http.get(path).json()["key"]
    answer = world.capsys.readouterr().out.split("code=")[1].strip()
    assert ask_with(key, answer).status_code == 200
    world.pass_time(minutes=1)
    assert_refused(place, ask_with(key, answer), 400, "invalid_grant")
    assert len(printed(world)) == 1


def test_a_public_client_may_ask_too(world: World, li: User) -> None:
    world.make_client("spa", client_type="public", allowed_origins="https://spa.example")
    response = world.http.post(
        "/connect/sms",
        f"client_id=spa&phone={PHONE}",
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "https://spa.example"},
    )
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "https://spa.example")


def test_without_a_gateway_a_production_set_up_says_so_in_the_history_alone(world: World, li: User) -> None:
    world.settings.HUFU_DEVELOPMENT = False
    assert ask(world).status_code == 200
    assert [(event.kind, event.reason) for event in history()] == [
        ("sms_request", ""),
        ("sms_sent", "sms_gateway_missing"),
    ]


def test_a_console_gateway_prints_nothing_in_production(world: World, li: User) -> None:
    world.settings.HUFU_DEVELOPMENT = False
    SmsGateway.objects.create(tenant=world.tenant, name="console", kind="console")
    ask(world)
    assert not printed(world)
    assert reasons()[-1] == "sms_gateway_failed"


def test_old_codes_are_cleared_away_after_a_day(world: World, li: User) -> None:
    ask(world)
    world.pass_time(hours=23)
    clear_expired(world.clock())
    assert SmsCode.objects.exists()
    world.pass_time(hours=1)
    clear_expired(world.clock())
    assert not SmsCode.objects.exists()


def test_a_code_of_the_twin_signs_in_there(world: World, li: User) -> None:
    code = code_for(world, BLADE[3])
    assert sign_in(world, code, BLADE[3]).send(world.http).status_code == 200
