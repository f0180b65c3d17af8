"""Password grants where a second factor is enforced or MD5 is switched off, and what ID tokens say of two factors."""

from typing import Any

import pytest
from django.test import Client as HttpClient

from accounts.models import Lockout, Role
from tests.accounts.factor_moves import FACTOR, code_of, give_app
from tests.contract.counting import CountingHasher
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import World, history, reasons
from tests.factories import make_administrator, make_user
from tests.pages import form_values, send_form
from tests.protocol.code_flow import answer, make_flow
from tests.protocol.tokens import claims_of

with_every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
with_every_md5_endpoint = pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)


def change(row: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


@with_every_endpoint
@pytest.mark.parametrize("by", ["tenant", "role"])
def test_refuses_the_password_alone_where_a_second_factor_is_enforced(
    endpoint: Endpoint, by: str, world: World
) -> None:
    if by == "tenant":
        change(world.tenant, requires_second_factor=True)
    else:
        world.admin.assign(roles=[Role.objects.create(tenant=world.tenant, name="r", requires_second_factor=True)])
    response = world.sign_in(endpoint).send(world.http)
    assert_refused(endpoint, response, 400, "invalid_grant")
    assert "second factor" in response.json()["error_description"]
    (event,) = history()
    assert (event.outcome, event.reason, event.account) == ("refused", "second_factor_required", "admin")
    assert not Lockout.objects.exists()


@with_every_endpoint
def test_who_has_no_password_is_not_told_who_needs_a_second_factor(endpoint: Endpoint, world: World) -> None:
    world.admin.assign(roles=[Role.objects.create(tenant=world.tenant, name="r", requires_second_factor=True)])
    world.make_user("free")
    answers = [world.sign_in(endpoint, name, "wrong").send(world.http) for name in ("admin", "free", "nobody")]
    assert len({each.content for each in answers}) == 1
    assert reasons() == ["credentials_rejected", "credentials_rejected", "unknown_user"]


def test_refuses_the_captcha_grant_too(world: World) -> None:
    change(world.tenant, requires_second_factor=True)
    endpoint = BLADE[0]
    key, code = world.captcha(endpoint, world.tenant.code)
    wire = world.sign_in(endpoint, grant_type="captcha", captchaKey=key, captchaCode=code)
    assert_refused(endpoint, wire.send(world.http), 400, "invalid_grant")
    assert reasons() == ["second_factor_required"]


@with_every_endpoint
def test_an_exempted_client_goes_on_and_the_history_says_why(endpoint: Endpoint, world: World) -> None:
    change(world.tenant, requires_second_factor=True)
    change(world.of(world.app), exempt_from_second_factor=True)
    tokens = world.tokens(endpoint)
    assert reasons() == ["second_factor_exempted"]
    # It says of one factor what it is.
    if endpoint is CONNECT:
        assert claims_of(world, tokens["id_token"])["amr"] == ["pwd"]
    assert world.refresh(endpoint, tokens["refresh_token"]).send(world.http).status_code == 200


def test_a_factor_of_ones_own_choice_changes_nothing_for_applications(world: World) -> None:
    give_app(world.admin)
    assert world.sign_in(CONNECT).send(world.http).status_code == 200


@with_every_md5_endpoint
def test_refuses_every_md5_password_alike_where_it_is_switched_off(
    endpoint: Endpoint, world: World, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["tests.contract.counting.CountingHasher", *settings.PASSWORD_HASHERS[1:]]
    change(world.tenant, accepts_md5_passwords=False)
    before = CountingHasher.computed
    people = (("admin", "admin"), ("admin", "wrong"), ("nobody", "wrong"))
    answers = [world.sign_in(endpoint, *person).send(world.http) for person in people]
    assert len({each.content for each in answers}) == 1
    assert_refused(endpoint, answers[0], 400, "invalid_grant")
    assert reasons() == ["md5_password_refused"] * 3
    assert CountingHasher.computed == before
    assert not Lockout.objects.exists()


def test_plain_passwords_and_refreshing_go_on_without_md5(world: World) -> None:
    blade = BLADE[0]
    tokens = world.tokens(blade)
    change(world.tenant, accepts_md5_passwords=False)
    assert world.sign_in(CONNECT).send(world.http).status_code == 200
    assert world.refresh(blade, tokens["refresh_token"]).send(world.http).status_code == 200


def test_the_captcha_grant_refuses_md5_too(world: World) -> None:
    change(world.tenant, accepts_md5_passwords=False)
    endpoint = BLADE[0]
    key, code = world.captcha(endpoint, world.tenant.code)
    wire = world.sign_in(endpoint, grant_type="captcha", captchaKey=key, captchaCode=code)
    assert_refused(endpoint, wire.send(world.http), 400, "invalid_grant")
    assert reasons() == ["md5_password_refused"]


# --- In ID tokens (OpenID Connect Core section 2, RFC 8176) -----------------------------------------------------------


def test_an_id_token_tells_of_both_factors(world: World) -> None:
    secret = give_app(world.admin)
    flow = make_flow(world, skip_authorization=True)
    asked = flow.authorize()
    given = {"tenant": "000000", "username": "admin", "password": "admin"}
    step = flow.browser.post(asked["Location"], given)
    assert step["Location"] == FACTOR
    # Half signed in is not signed in.
    assert answer(flow.authorize(prompt="none"))["error"] == "login_required"
    done = flow.browser.post(FACTOR, {"code": code_of(secret)})
    code = answer(flow.browser.get(done["Location"]))["code"]
    claims = claims_of(world, flow.redeem(code).json()["id_token"])
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_a_session_without_the_second_factor_does_not_answer_once_it_is_enforced(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    assert flow.code()
    change(world.tenant, requires_second_factor=True)
    assert answer(flow.authorize(prompt="none"))["error"] == "login_required"


# --- Expired passwords ------------------------------------------------------------------------------------------------


@with_every_md5_endpoint
def test_password_expired_turns_true_at_the_moment_that_the_age_is_reached(endpoint: Endpoint, world: World) -> None:
    change(world.tenant, password_max_age_days=30)
    world.pass_time(days=30, microseconds=-1)
    first = world.tokens(endpoint)
    assert first["password_expired"] is False
    world.pass_time(microseconds=1)
    assert world.refresh(endpoint, first["refresh_token"]).send(world.http).json()["password_expired"] is True
    assert world.tokens(endpoint)["password_expired"] is True


def test_a_password_that_must_be_changed_counts_as_expired(world: World) -> None:
    endpoint = BLADE[0]
    change(world.admin, must_change_password=True)
    assert world.tokens(endpoint)["password_expired"] is True
    world.admin.set_password("another one")
    world.admin.password_updated_at = world.clock()
    world.admin.save(update_fields=["password", "password_updated_at"])
    assert world.tokens(endpoint, password="another one")["password_expired"] is False


# --- Who may exempt ---------------------------------------------------------------------------------------------------


def test_only_the_platform_exempts_a_client(world: World) -> None:
    desk = world.make_client("desk", grant_types=["password", "refresh_token"])
    address = f"/admin/oauthx/client/{world.of(desk).pk}/change/"
    boss, platform = HttpClient(), HttpClient()
    boss.force_login(make_administrator(world.tenant, "boss"))
    platform.force_login(make_user(world.tenant, "platform", is_staff=True, is_superuser=True))
    assert "exempt_from_second_factor" not in form_values(boss.get(address), "client_form")
    assert b"exempt_from_second_factor" not in boss.get(address).content
    assert send_form(boss, address, "client_form", exempt_from_second_factor="on").status_code == 302
    assert not world.of(desk).exempt_from_second_factor
    assert send_form(platform, address, "client_form", exempt_from_second_factor="on").status_code == 302
    assert world.of(desk).exempt_from_second_factor
    # Whoever does not see it does not take it away either.
    assert send_form(boss, address, "client_form", name="Other").status_code == 302
    assert world.of(desk).exempt_from_second_factor
