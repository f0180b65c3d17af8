"""RFC 8628 sections 3.4 and 3.5: how the device asks at the token endpoint, and what it hears."""

import pytest

from accounts.models import BrowserSession, LoginEvent
from oauthx.choices import DEVICE_CODE
from oauthx.models import DeviceGrant, TokenFamily
from tests.contract.wire import CONNECT, assert_refused
from tests.contract.world import World, history, reasons
from tests.protocol.device_flow import DeviceFlow


@pytest.mark.must("RFC 8628", "3.4", "device_code is required")
def test_section_3_4_the_device_code_is_required(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code()
    for wanted in ("", None):
        assert flow.poll(wanted).json()["error"] == "invalid_request"  # type: ignore[arg-type]  # the very mistake
    assert flow.poll(code).status_code == 200


@pytest.mark.must("RFC 8628", "3.4", "a confidential client authenticates, and the code is its own")
def test_section_3_4_another_client_gets_nothing_and_the_code_stays_good(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code()
    refused = flow.poll(code, client=world.app)
    assert_refused(CONNECT, refused, 400, "invalid_grant")
    assert reasons()[-1] == "device_code_of_another_client"
    assert_refused(CONNECT, flow.poll(code, client=(flow.app[0], "wrong")), 401, "invalid_client")
    assert flow.poll(code).status_code == 200


@pytest.mark.must("RFC 8628", "3.5", "an unknown code is an error of RFC 6749 section 5.2")
def test_an_unknown_code_is_an_invalid_grant(flow: DeviceFlow) -> None:
    flow.allowed_code()
    for code in ("x", "虎", DeviceGrant.objects.get().device_code, DeviceGrant.objects.get().user_code):
        assert_refused(CONNECT, flow.poll(code), 400, "invalid_grant")
        assert reasons()[-1] == "device_code_unknown"


@pytest.mark.must("RFC 8628", "3.5", "until the person has decided the device is told authorization_pending")
def test_before_the_decision_the_device_waits(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    for _ in range(3):
        assert_refused(CONNECT, flow.poll(started["device_code"]), 400, "authorization_pending")
        world.pass_time(seconds=5)


@pytest.mark.must("RFC 8628", "3.5", "a device that asks too soon is told slow_down")
@pytest.mark.must("RFC 8628", "3.5", "slow_down makes the interval 5 seconds longer for all later requests")
def test_who_asks_too_soon_has_to_wait_longer_from_then_on(flow: DeviceFlow, world: World) -> None:
    code = flow.start()["device_code"]
    heard = []
    for wait_seconds in (0, 4.9, 9.9, 15, 14.9, 20):
        world.pass_time(seconds=wait_seconds)
        heard.append(flow.poll(code).json()["error"])
    slow, pending = "slow_down", "authorization_pending"
    assert heard == [pending, slow, slow, pending, slow, pending]
    assert DeviceGrant.objects.get().interval == 20


def test_slow_down_has_status_400(flow: DeviceFlow) -> None:
    code = flow.start()["device_code"]
    flow.poll(code)
    assert_refused(CONNECT, flow.poll(code), 400, "slow_down")


def test_a_decision_is_told_at_once_however_soon_the_device_asks(flow: DeviceFlow) -> None:
    started = flow.start()
    flow.poll(started["device_code"])
    flow.decide(flow.confirmation(started["user_code"]))
    assert flow.poll(started["device_code"]).status_code == 200


@pytest.mark.must("RFC 8628", "3.5", "what the person refused is told as access_denied")
def test_a_refusal_is_told(flow: DeviceFlow) -> None:
    started = flow.start()
    flow.decide(flow.confirmation(started["user_code"]), button="deny")
    for _ in range(2):
        assert_refused(CONNECT, flow.poll(started["device_code"]), 400, "access_denied")
    assert not TokenFamily.objects.exists()


@pytest.mark.must("RFC 8628", "3.5", "a code whose time is over is told as expired_token")
@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_code_expires(flow: DeviceFlow, world: World, is_allowed: bool) -> None:
    started = flow.start()
    if is_allowed:
        flow.decide(flow.confirmation(started["user_code"]))
    world.pass_time(seconds=600)
    assert_refused(CONNECT, flow.poll(started["device_code"]), 400, "expired_token")
    assert reasons()[-1] == "device_code_expired"


@pytest.mark.must("RFC 8628", "3.5", "what the person allowed is answered as RFC 6749 section 5.1 has it")
def test_an_allowed_code_brings_the_persons_tokens(flow: DeviceFlow, world: World) -> None:
    response = flow.poll(flow.allowed_code(scope="openid profile offline_access"))
    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["access_token", "token_type", "refresh_token", "expires_in", "id_token", "scope"]
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert world.http.get("/connect/userinfo", headers=bearer).json()["sub"] == str(world.admin.pk)
    refreshed = world.refresh(CONNECT, body["refresh_token"]).by(flow.app).send(world.http)
    assert refreshed.status_code == 200


def test_the_session_knows_the_sign_in_that_it_came_of(flow: DeviceFlow, world: World) -> None:
    flow.poll(flow.allowed_code(scope="openid"))
    family, grant = TokenFamily.objects.get(), DeviceGrant.objects.get()
    assert (family.user, family.tenant, family.grant) == (world.admin, world.tenant, DEVICE_CODE)
    assert (family.auth_time, family.amr) == (grant.auth_time, "pwd")
    assert family.auth_time == BrowserSession.objects.get().auth_time


# --- One use ----------------------------------------------------------------------------------------------------------


def test_a_replay_is_refused_and_ends_what_the_code_brought(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code(scope="openid offline_access")
    tokens = flow.poll(code).json()
    assert_refused(CONNECT, flow.poll(code), 400, "invalid_grant")
    assert reasons()[-1] == "device_code_replayed"
    assert world.user_info(tokens["access_token"]).status_code == 401
    assert TokenFamily.objects.get().end_reason == "device_code_replayed"


def test_a_replay_after_its_time_is_still_seen(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code(scope="openid")
    tokens = flow.poll(code).json()
    world.pass_time(seconds=700)
    assert flow.poll(code).json()["error"] == "invalid_grant"
    assert world.user_info(tokens["access_token"]).status_code == 401


def test_another_clients_replay_ends_nothing(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code(scope="openid")
    flow.poll(code)
    flow.poll(code, client=world.app)
    assert TokenFamily.objects.get().ended_at is None


# --- What happened meanwhile ------------------------------------------------------------------------------------------


def test_a_person_disabled_meanwhile_gets_nothing(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code()
    world.admin.is_active = False
    world.admin.save()
    assert_refused(CONNECT, flow.poll(code), 400, "invalid_grant")
    assert reasons()[-1] == "account_disabled"


def test_a_password_that_changed_meanwhile_takes_the_code_with_it(flow: DeviceFlow, world: World) -> None:
    code = flow.allowed_code()
    world.admin.set_password("another one")
    world.admin.save()
    assert_refused(CONNECT, flow.poll(code), 400, "invalid_grant")
    assert not TokenFamily.objects.exists()


def test_a_client_that_may_no_longer_serve_the_tenant_gets_nothing(world: World) -> None:
    app = world.make_client("tv", serves=(world.tenant, world.make_tenant("000001")))
    flow = DeviceFlow(world, app)
    code = flow.allowed_code()
    world.of(app).served_tenants.remove(world.tenant)
    assert_refused(CONNECT, flow.poll(code), 400, "invalid_grant")
    assert reasons()[-1] == "tenant_not_served"


def test_a_poll_for_another_tenant_gets_nothing_and_the_code_stays_good(world: World) -> None:
    app = world.make_client("tv", serves=(world.tenant, world.make_tenant("000001")))
    flow = DeviceFlow(world, app)
    code = flow.allowed_code()
    assert_refused(CONNECT, flow.poll(code, acr_values="tenant:000001"), 400, "invalid_grant")
    assert reasons()[-1] == "device_code_of_another_tenant"
    assert flow.poll(code, acr_values="tenant:000000").status_code == 200


def test_a_device_stays_signed_in_when_the_browser_that_allowed_it_signs_out(flow: DeviceFlow, world: World) -> None:
    first, second = flow.allowed_code(), flow.allowed_code()
    token = flow.poll(first).json()["access_token"]
    BrowserSession.objects.get().end("logout")
    assert world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert flow.poll(second).status_code == 200


# --- The history ------------------------------------------------------------------------------------------------------


def test_asking_leaves_no_event_and_what_comes_of_it_does(flow: DeviceFlow, world: World) -> None:
    started = flow.start()
    for _ in range(3):  # The second and third time too soon.
        flow.poll(started["device_code"])
    assert not history()
    flow.decide(flow.confirmation(started["user_code"]))
    flow.poll(started["device_code"])
    login, decision, tokens = history()
    assert login.client_id == ""
    for event in (decision, tokens):
        assert (event.outcome, event.account, event.user_id) == ("allowed", "admin", world.admin.pk)
        assert (event.client_id, event.dialect, event.grant) == ("tv", "connect", DEVICE_CODE)
    assert [decision.kind, tokens.kind] == [LoginEvent.Kind.LOGIN, LoginEvent.Kind.TOKEN]


def test_no_code_is_logged_or_kept_in_the_history(flow: DeviceFlow, caplog: pytest.LogCaptureFixture) -> None:
    started = flow.start()
    flow.decide(flow.confirmation(started["user_code"]))
    flow.poll(started["device_code"])
    flow.poll(started["device_code"])
    for secret in (started["device_code"], started["user_code"], started["user_code"].replace("-", "")):
        assert secret not in caplog.text
        for event in LoginEvent.objects.values():
            assert secret not in str(event)
