"""Messages through a tenant's gateways in their order: when the next one is asked, and when none is."""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.db.backends.signals import connection_created

from accounts import sms_delivery
from accounts.models import SmsGateway, User
from accounts.outbox import PAUSE_SECONDS, WAITING_OF_A_TENANT, Outbox
from tests.accounts.calling import LOOPBACK
from tests.accounts.sms_sending import PHONE, add, deliver, issued
from tests.accounts.sms_vendors import Vendor, aliyun, tencent
from tests.contract.world import World, history
from tests.factories import make_administrator


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


@pytest.mark.once
def test_nothing_begins_while_the_next_request_could_feel_it() -> None:
    outbox, began, begun = Outbox("paused"), threading.Event(), time.monotonic()
    assert outbox.put(1, "request-1", began.set)
    assert began.wait(20)
    assert time.monotonic() - begun >= PAUSE_SECONDS[0]


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
