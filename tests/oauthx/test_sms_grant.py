"""Signing in by a code that was sent to the phone: what it is good for, how often, and what a guesser learns."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Lockout, SmsCode, User
from accounts.verifiers.sent_codes import use_of_code
from accounts.verifiers.sms import read_code
from tenants.sql import WritePlan, write
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import NOW, World, history, reasons
from tests.oauthx.sms_calls import E164, PHONE, another, ask, claims_of, code_for, prints_codes, sign_in

everywhere = pytest.mark.parametrize("place", ENDPOINTS, ids=lambda place: place.name)


@pytest.fixture
def li(world: World) -> User:
    prints_codes(world)
    return world.make_user("li", phone=PHONE, real_name="李四")


@everywhere
def test_a_code_signs_its_person_in(place: Endpoint, world: World, li: User) -> None:
    code = code_for(world, place)
    assert re.fullmatch(r"[0-9]{6}", code)
    response = sign_in(world, code, place).send(world.http)
    assert response.status_code == 200, response.content
    claims = claims_of(response.json()["access_token"])
    assert claims["sub" if place.standard else "user_id"] == str(li.pk)
    if place.standard:
        assert claims["amr"] == ["sms"]
    told = history()[-1]
    assert (told.kind, told.outcome, told.reason, told.grant) == ("token", "allowed", "", "sms")
    assert (told.account, told.real_name) == ("li", "李四")


def test_the_id_token_says_how_and_when(world: World, li: User) -> None:
    wire = sign_in(world, code_for(world)).with_params(scope="openid")
    claims = claims_of(wire.send(world.http).json()["id_token"])
    assert (claims["amr"], claims["auth_time"]) == (["sms"], int(NOW.timestamp()))


@pytest.mark.parametrize(
    "spelling", ["+8613800138000", "138 0013 8000", "138-0013-8000", "008613800138000", "１３８00138000"]
)
def test_any_spelling_of_a_number_is_that_number(spelling: str, world: World, li: User) -> None:
    code = code_for(world, phone=spelling)
    assert sign_in(world, code, phone="+86 138 0013 8000").send(world.http).status_code == 200


@everywhere
def test_a_code_works_once(place: Endpoint, world: World, li: User) -> None:
    code = code_for(world, place)
    assert sign_in(world, code, place).send(world.http).status_code == 200
    assert_refused(place, sign_in(world, code, place).send(world.http), 400, "invalid_grant")
    assert reasons()[-1] == "sms_code_spent"


def test_a_code_is_good_for_five_minutes(world: World, li: User) -> None:
    code = code_for(world)
    world.pass_time(seconds=299)
    # A wrong one does not end it.
    assert sign_in(world, another(code)).send(world.http).status_code == 400
    world.pass_time(seconds=1)
    assert_refused(CONNECT, sign_in(world, code).send(world.http), 400, "invalid_grant")
    assert reasons()[-2:] == ["sms_code_mismatch", "sms_code_expired"]


def test_a_code_survives_four_wrong_tries_and_not_five(world: World, li: User) -> None:
    code = code_for(world)
    for _try in range(4):
        assert sign_in(world, another(code)).send(world.http).status_code == 400
    assert sign_in(world, code).send(world.http).status_code == 200
    world.pass_time(minutes=2)
    code = code_for(world)
    for _try in range(5):
        assert sign_in(world, another(code)).send(world.http).status_code == 400
    assert_refused(CONNECT, sign_in(world, code).send(world.http), 400, "invalid_grant")
    assert reasons()[-1] == "sms_code_exhausted"


def test_wrong_codes_lock_no_account(world: World, li: User) -> None:
    for _round in range(2):
        code = code_for(world)
        for _try in range(5):
            sign_in(world, another(code)).send(world.http)
        world.pass_time(minutes=2)
    assert not Lockout.objects.exists()
    assert world.sign_in(CONNECT, "li").send(world.http).status_code == 200


def test_a_newer_code_takes_the_place_of_an_older_one(world: World, li: User) -> None:
    first = code_for(world)
    world.pass_time(minutes=1)
    second = code_for(world)
    if first != second:
        assert sign_in(world, first).send(world.http).status_code == 400
    assert sign_in(world, second).send(world.http).status_code == 200


def test_a_code_is_good_for_its_client_tenant_and_phone_alone(world: World, li: User) -> None:
    other_tenant = world.make_tenant("000001")
    world.make_user("twin", tenant=other_tenant, phone=PHONE)
    world.make_user("wang", phone="13900139000")
    shared = world.shared(other_tenant)
    code = code_for(world)
    assert sign_in(world, code, app=shared).in_tenant("000000").send(world.http).status_code == 400
    assert sign_in(world, code, app=shared).in_tenant("000001").send(world.http).status_code == 400
    assert sign_in(world, code, phone="13900139000").send(world.http).status_code == 400
    assert reasons()[-3:] == ["sms_code_missing"] * 3
    assert sign_in(world, code).send(world.http).status_code == 200


def test_a_code_is_good_at_another_endpoint_of_the_same_client(world: World, li: User) -> None:
    assert sign_in(world, code_for(world, CONNECT), BLADE[0]).send(world.http).status_code == 200


def test_nothing_that_is_stored_tells_the_code(world: World, li: User) -> None:
    code = code_for(world)
    assert not any(code == str(value) for value in SmsCode.objects.values_list().get())
    assert len(SmsCode.objects.get().digest) == 64
    assert code not in str([event.__dict__ for event in history()])


def _refusals(world: World, li: User) -> dict[str, Any]:
    """By reason, a request that is refused for it, with the right code wherever there is one."""
    wang = world.make_user("wang", phone="13900139000")
    zhao = world.make_user("zhao", phone="13700137000")
    codes = {person: code_for(world, phone=phone) for person, phone in ((wang, "13900139000"), (zhao, "13700137000"))}
    User.objects.filter(pk=wang.pk).update(is_active=False)
    for _try in range(5):
        world.sign_in(CONNECT, "zhao", "wrong").send(world.http)
    right = code_for(world)
    ask(world, phone="13600136000")
    return {
        "sms_code_mismatch": sign_in(world, another(right)),
        "phone_unknown": sign_in(world, "123456", phone="13600136000"),
        "sms_code_missing": sign_in(world, "123456", phone="13500135000"),
        "account_disabled": sign_in(world, codes[wang], phone="13900139000"),
        "account_locked": sign_in(world, codes[zhao], phone="13700137000"),
    }


def test_whatever_is_wrong_the_answer_is_the_same(world: World, li: User) -> None:
    world.make_user("sun", phone="13500135000")
    answers, seen = set(), []
    requests = _refusals(world, li)
    for wire in requests.values():
        response = wire.send(world.http)
        answers.add((response.status_code, response.content))
        seen.append(reasons()[-1])
    assert len(answers) == 1
    assert seen == list(requests)


def test_a_wrong_code_of_an_unknown_phone_costs_what_any_wrong_code_costs(world: World, li: User) -> None:
    requests = _refusals(world, li)
    counts = []
    for reason in ("sms_code_mismatch", "phone_unknown"):
        with CaptureQueriesContext(connection) as captured:
            requests[reason].send(world.http)
        counts.append([query["sql"].split(" ")[0] for query in captured.captured_queries])
    assert counts[0] == counts[1]


@pytest.mark.parametrize("phone", ["12345", "hello", "+8613800138000x12", "+999123456789", "0" * 200])
@everywhere
def test_what_is_no_phone_number_is_a_bad_request(place: Endpoint, phone: str, world: World) -> None:
    assert_refused(place, sign_in(world, "123456", place, phone).send(world.http), 400, "invalid_request")
    assert reasons() == ["phone_malformed"]


def test_a_wrong_main_account_is_told_to_nobody_without_a_code(world: World, li: User) -> None:
    code = code_for(world, BLADE[0])
    wire = sign_in(world, another(code), BLADE[0]).with_headers({"tma": "nobody"})
    wire.send(world.http)
    sign_in(world, code, BLADE[0]).with_headers({"tma": "nobody"}).send(world.http)
    assert reasons()[-2:] == ["sms_code_mismatch", "main_account_mismatch"]
    assert sign_in(world, code, BLADE[0]).with_headers({"tma": "admin"}).send(world.http).status_code == 200


@pytest.mark.parametrize("place", BLADE, ids=lambda place: place.name)
def test_a_login_at_a_document_names_its_scope(place: Endpoint, world: World, li: User) -> None:
    wire = sign_in(world, code_for(world, place), place).without("scope")
    assert_refused(place, wire.send(world.http), 400, "invalid_request")
    assert reasons()[-1] == "scope_missing"


def test_a_code_that_others_tried_at_meanwhile_is_not_used(world: World, li: User) -> None:
    """Of guesses at once, the right one counts in its order: after five wrong ones it is too late."""
    code = code_for(world)
    presented = read_code(world.tenant.pk, world.app[0], E164, code)
    assert presented.code is not None
    assert presented.code.matches
    for _try in range(5):
        sign_in(world, another(code)).send(world.http)
    assert not write(WritePlan([], guard=use_of_code(presented.code, NOW)))
