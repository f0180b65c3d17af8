"""`GET {prefix}/oauth/captcha` and what its answer is good for."""

import base64
import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.contract.wire import BLADE, CONNECT, Endpoint, Wire, assert_error_form
from tests.contract.world import World, reasons

on_each_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def with_captcha(world: World, endpoint: Endpoint, key: str, code: str, **params: Any) -> Wire:
    return world.sign_in(endpoint, grant_type="captcha", captchaKey=key, captchaCode=code, **params)


@on_each_endpoint
def test_answers_a_key_and_a_picture(endpoint: Endpoint, world: World) -> None:
    response = world.http.get(f"{endpoint.prefix}/oauth/captcha")
    body = response.json()
    assert (response.status_code, list(body)) == (200, ["key", "image"])
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    kind, _comma, picture = body["image"].partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(picture, validate=True))) as image:
        image.verify()
        assert image.format == "PNG"


def test_every_captcha_is_new(world: World) -> None:
    solved = {world.captcha(BLADE[0]) for _number in range(5)}
    assert len({key for key, _code in solved}) == len({code for _key, code in solved}) == 5


def test_has_five_letters_and_digits(world: World) -> None:
    for _number in range(5):
        assert re.fullmatch("[0-9a-z]{5}", world.captcha(BLADE[0])[1])


def test_the_answer_does_not_stand_in_the_response(world: World, settings: Any, capsys: Any) -> None:
    settings.HUFU_DEVELOPMENT = True
    response = world.http.get("/ams-auth/oauth/captcha")
    code = capsys.readouterr().out.split("code=")[1].strip()
    assert code not in response.content.decode().split(",")[0]
    assert code not in str(response.headers)


def test_the_answer_is_printed_in_development_alone(world: World, capsys: Any) -> None:
    world.http.get("/ams-auth/oauth/captcha")
    assert capsys.readouterr().out == ""


@on_each_endpoint
def test_the_right_answer_signs_in(endpoint: Endpoint, world: World) -> None:
    assert with_captcha(world, endpoint, *world.captcha(endpoint)).send(world.http).status_code == 200


@on_each_endpoint
def test_the_answer_counts_in_any_case(endpoint: Endpoint, world: World) -> None:
    for write in (str.upper, str.title, str.swapcase):
        key, code = world.captcha(endpoint)
        assert with_captcha(world, endpoint, key, write(code)).send(world.http).status_code == 200


def test_is_good_for_just_under_five_minutes(world: World) -> None:
    in_time, too_late = world.captcha(BLADE[0]), world.captcha(BLADE[0])
    world.pass_time(minutes=5, microseconds=-1)
    assert with_captcha(world, BLADE[0], *in_time).send(world.http).status_code == 200
    world.pass_time(microseconds=1)
    assert with_captcha(world, BLADE[0], *too_late).send(world.http).status_code == 400
    assert reasons() == ["", "captcha_expired"]


@on_each_endpoint
def test_refuses_a_captcha_used_twice(endpoint: Endpoint, world: World) -> None:
    solved = world.captcha(endpoint)
    assert with_captcha(world, endpoint, *solved).send(world.http).status_code == 200
    assert with_captcha(world, endpoint, *solved).send(world.http).status_code == 400
    assert reasons() == ["", "captcha_used"]


@pytest.mark.parametrize("code", ["00000", "0", "x" * 200])
def test_a_wrong_answer_burns_it(code: str, world: World) -> None:
    key, right = world.captcha(BLADE[0])
    wrong = with_captcha(world, BLADE[0], key, code).send(world.http)
    assert wrong.status_code == 400
    assert with_captcha(world, BLADE[0], key, right).send(world.http).status_code == 400
    assert reasons() == ["captcha_mismatch", "captcha_used"]


def test_a_wrong_password_burns_it(world: World) -> None:
    solved = world.captcha(BLADE[0])
    with_captcha(world, BLADE[0], *solved).with_params(password="wrong").send(world.http)
    assert with_captcha(world, BLADE[0], *solved).send(world.http).status_code == 400
    assert reasons() == ["credentials_rejected", "captcha_used"]


def test_the_wrong_prefix_refuses_and_burns_it(world: World) -> None:
    solved = world.captcha(BLADE[0])
    for endpoint in (BLADE[1], BLADE[0]):
        assert with_captcha(world, endpoint, *solved).send(world.http).status_code == 400
    assert reasons() == ["captcha_mismatch", "captcha_used"]


@pytest.mark.parametrize("header", ["tenantId", "Tenant-Id"])
def test_is_bound_to_the_tenant_that_the_request_names(header: str, world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("admin", tenant=other)
    shared = world.shared(other)
    for code, outcome in (("000001", 200), ("000000", 400)):
        world.settings.HUFU_DEVELOPMENT = True
        key = world.http.get("/ams-auth/oauth/captcha", headers={header: "000001"}).json()["key"]
        answer = world.capsys.readouterr().out.split("code=")[1].strip()
        wire = with_captcha(world, BLADE[0], key, answer).by(shared).in_tenant(code)
        assert wire.send(world.http).status_code == outcome
    assert reasons() == ["", "captcha_mismatch"]


def test_without_a_tenant_is_good_for_any(world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("admin", tenant=other)
    wire = with_captcha(world, BLADE[0], *world.captcha(BLADE[0])).by(world.shared(other))
    assert wire.in_tenant("000001").send(world.http).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"tenantId": "000000", "Tenant-Id": "000001"},
        {"tenantId": "x" * 256},
        {"tenantId": "a\x00b"},
        {"tenantId": "\xed\xa0\x80"},
    ],
    ids=["two tenants", "overlong", "NUL", "lone surrogate"],
)
@on_each_endpoint
def test_refuses_a_broken_tenant_in_the_error_form(endpoint: Endpoint, headers: dict[str, str], world: World) -> None:
    response = world.http.get(f"{endpoint.prefix}/oauth/captcha", headers=headers)
    assert response.status_code == 400
    assert_error_form(endpoint, response)


@on_each_endpoint
def test_is_fetched_by_get_alone(endpoint: Endpoint, world: World) -> None:
    response = world.http.post(f"{endpoint.prefix}/oauth/captcha")
    assert response.status_code == 405
    assert_error_form(endpoint, response)


def test_connect_has_one_for_codes_by_sms_and_no_grant(world: World) -> None:
    """`GET /connect/captcha` draws one (docs/sms.md); nobody signs in at /connect/token with it, or with another."""
    assert world.http.get("/connect/oauth/captcha").status_code == 404
    drawn = world.http.get("/connect/captcha")
    assert (drawn.status_code, set(drawn.json())) == (200, {"key", "image"})
    elsewhere, code = world.captcha(BLADE[0])
    for key in (drawn.json()["key"], elsewhere):
        wire = world.sign_in(CONNECT, grant_type="captcha", captchaKey=key, captchaCode=code)
        assert wire.send(world.http).json()["error"] == "unsupported_grant_type"


def test_a_password_grant_needs_none_and_burns_none(world: World) -> None:
    key, code = world.captcha(BLADE[0])
    wire = world.sign_in(BLADE[0])
    assert wire.with_params(captchaKey=key, captchaCode="00000").send(world.http).status_code == 200
    assert with_captcha(world, BLADE[0], key, code).send(world.http).status_code == 200
