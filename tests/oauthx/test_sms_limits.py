"""How often one may ask for an SMS code: by phone, address, client, tenant and spending, and for whom it counts."""

import pytest

from accounts.models import SmsCode, User
from tests.contract.wire import BLADE, CONNECT, Endpoint
from tests.contract.world import World, history, reasons
from tests.oauthx.sms_calls import E164, PHONE, ask, assert_limited, in_both_forms, limit, printed, prints_codes


@pytest.fixture
def li(world: World) -> User:
    prints_codes(world)
    return world.make_user("li", phone=PHONE)


@in_both_forms
def test_a_phone_gets_one_code_a_minute(place: Endpoint, world: World, li: User) -> None:
    assert ask(world, place).status_code == 200
    world.pass_time(seconds=18.5)
    # In any spelling, from any client.
    assert_limited(place, ask(world, place, "+86 138 0013 8000"), "sms_limited_phone", 42)
    assert_limited(place, ask(world, place, app=world.make_client("other")), "sms_limited_phone", 42)
    world.pass_time(seconds=41.5)
    assert ask(world, place).status_code == 200


def test_a_phone_gets_five_codes_an_hour_and_ten_a_day(world: World, li: User) -> None:
    for _code in range(5):
        assert ask(world).status_code == 200
        world.pass_time(minutes=2)
    assert_limited(CONNECT, ask(world), "sms_limited_phone", 50 * 60)
    world.pass_time(minutes=50)
    for _code in range(5):
        assert ask(world).status_code == 200
        world.pass_time(minutes=12)
    # Ten since the first, two hours ago.
    assert_limited(CONNECT, ask(world), "sms_limited_phone", 22 * 3600)
    world.pass_time(hours=22)
    assert ask(world).status_code == 200


def test_an_unknown_phone_is_limited_alike(world: World, li: User) -> None:
    assert ask(world, phone="13600136000").status_code == 200
    assert_limited(CONNECT, ask(world, phone="13600136000"), "sms_limited_phone", 60)


def test_a_phone_gets_no_more_messages_of_all_tenants_and_no_other_tenant_learns_of_them(
    world: World, li: User
) -> None:
    """It is one person's phone that rings."""
    prints_codes(world)
    other = world.make_tenant("000001")
    world.make_user("other-li", tenant=other, phone=E164)
    shared = world.shared(other)
    assert ask(world).status_code == 200
    assert len(printed(world)) == 1
    assert ask(world, app=shared, acr_values="tenant:000001").status_code == 200
    assert printed(world) == []
    assert [(event.outcome, event.reason) for event in history() if event.kind == "sms_request"] == [
        ("allowed", ""), ("refused", "sms_limited_phone"),
    ]  # fmt: skip
    # In its own tenant it has asked.
    assert_limited(CONNECT, ask(world, app=shared, acr_values="tenant:000001"), "sms_limited_phone", 60)


def test_what_another_tenant_asked_for_in_vain_limits_nobody(world: World, li: User) -> None:
    prints_codes(world)
    shared = world.shared(world.make_tenant("000001"))
    assert ask(world, app=shared, acr_values="tenant:000001").status_code == 200
    assert printed(world) == []
    assert ask(world).status_code == 200
    assert len(printed(world)) == 1


def test_a_wrong_main_account_gets_the_same_answer_and_no_message(world: World, li: User) -> None:
    prints_codes(world)
    assert User.objects.get(is_main_account=True).account == "admin"
    answers = [ask(world, BLADE[0], tma="nobody").content]
    assert printed(world) == []
    assert reasons()[-1] == "main_account_mismatch"
    world.pass_time(seconds=60)
    answers.append(ask(world, BLADE[0], tma="admin").content)
    assert len(printed(world)) == 1
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("field", "reason", "seconds"),
    [
        ("sms_per_hour_of_address", "sms_limited_address", 3600),
        ("sms_per_hour_of_client", "sms_limited_client", 3600),
        ("sms_per_hour", "sms_limited_tenant", 3600),
        ("sms_per_day", "sms_cap_reached", 86400),
    ],
)
def test_address_client_tenant_and_spending_are_limited(
    field: str, reason: str, seconds: int, world: World, li: User
) -> None:
    limit(world, **{field: 2})
    world.make_user("wang", phone="13900139000")
    assert ask(world).status_code == 200
    assert ask(world, phone="13900139000").status_code == 200
    assert_limited(CONNECT, ask(world, phone="13600136000"), reason, seconds)
    world.pass_time(seconds=seconds)
    assert ask(world, phone="13600136000").status_code == 200


def test_a_limit_of_one_client_or_address_spares_the_others(world: World, li: User) -> None:
    limit(world, sms_per_hour_of_client=1, sms_per_hour_of_address=2)
    ask(world)
    assert_limited(CONNECT, ask(world, phone="13600136000"), "sms_limited_client", 3600)
    other = world.make_client("other")
    assert ask(world, phone="13600136000", app=other).status_code == 200
    third = world.make_client("third")
    assert_limited(CONNECT, ask(world, phone="13500135000", app=third), "sms_limited_address", 3600)
    world.http.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert ask(world, phone="13500135000", app=third).status_code == 200


def test_what_is_not_sent_is_not_paid_for(world: World, li: User) -> None:
    limit(world, sms_per_day=1)
    assert ask(world, phone="13600136000").status_code == 200
    assert ask(world).status_code == 200
    assert_limited(CONNECT, ask(world, phone="13500135000"), "sms_cap_reached", 86400)


def test_zero_means_no_limit(world: World, li: User) -> None:
    limit(world, sms_per_day=0, sms_per_hour=0, sms_per_hour_of_client=0, sms_per_hour_of_address=0)
    for number in range(40):
        assert ask(world, phone=f"138001380{number:02d}").status_code == 200


def test_a_refused_request_leaves_no_code_and_prolongs_no_limit(world: World, li: User) -> None:
    ask(world)
    world.pass_time(seconds=30)
    ask(world)
    assert SmsCode.objects.count() == 1
    world.pass_time(seconds=30)
    assert ask(world).status_code == 200
