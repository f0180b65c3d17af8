"""A WeChat identity that is nobody's yet: its ticket binds it, once, to whoever proves himself with a password."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from accounts.bind_tickets import LIFETIME_SECONDS
from accounts.models import BindTicket, LoginEvent, SmsCode, SocialIdentity
from accounts.verifiers.sms import digest_code
from oauthx.cleanup import clear_expired
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import history, reasons
from tests.oauthx.wechat_world import APP_ID, WechatWorld, wechat

__all__ = ["wechat"]

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.fixture
def offering(wechat: WechatWorld) -> WechatWorld:
    wechat.offer_tickets()
    return wechat


def ticket_in(answer: Any) -> str:
    """The ticket that this refusal brings, in the form of its document."""
    body = answer.json()
    assert (answer.status_code, body["error"]) == (400, "invalid_grant")
    ticket = body["bind_ticket"] if "data" not in body else body["data"]["bind_ticket"]
    assert isinstance(ticket, str)
    return ticket


def ticket_for(offering: WechatWorld, openid: str = "openid-1", unionid: str = "", **params: Any) -> str:
    return ticket_in(offering.ask_with_new_code(openid, unionid, **params))


def redeem(offering: WechatWorld, ticket: str, endpoint: Endpoint = CONNECT, **params: Any) -> Any:
    return offering.world.sign_in(endpoint, bind_ticket=ticket, **params).send(offering.world.http)


def sms_code(offering: WechatWorld, code: str) -> str:
    """The code that the person's phone got."""
    tenant, now = offering.world.tenant, offering.world.clock()
    SmsCode.objects.create(
        tenant=tenant, audience="app", phone="+8613800138000", network="", is_sent=True, created_at=now,
        digest=digest_code(tenant.pk, "app", "+8613800138000", code), expires_at=now + timedelta(minutes=5),
    )  # fmt: skip
    return code


def test_without_the_tenants_leave_there_is_no_ticket(wechat: WechatWorld) -> None:
    for endpoint in (CONNECT, BLADE[0]):
        assert_refused(endpoint, wechat.ask_with_new_code("openid-1", endpoint=endpoint), 400, "invalid_grant")
    assert reasons() == ["wechat_not_bound", "wechat_not_bound"]
    assert not BindTicket.objects.exists()


def test_the_refusal_is_the_documents_own_with_one_member_more(offering: WechatWorld) -> None:
    body = offering.ask_with_new_code("openid-1").json()
    assert list(body) == ["error", "error_description", "bind_ticket"]
    body = offering.ask_with_new_code("openid-2", endpoint=BLADE[0]).json()
    assert list(body) == ["error", "error_code", "error_description", "code", "success", "data", "msg"]
    assert list(body["data"]) == ["bind_ticket"]
    assert reasons() == ["wechat_not_bound", "wechat_not_bound"]


@on_each_endpoint
def test_a_ticket_and_a_password_bind_the_identity(endpoint: Endpoint, offering: WechatWorld) -> None:
    ticket = ticket_for(offering, unionid="union-1", endpoint=endpoint)
    answer = redeem(offering, ticket, endpoint)
    assert answer.status_code == 200, answer.content
    bound = SocialIdentity.objects.get()
    assert (bound.tenant, bound.user, bound.provider) == (offering.world.tenant, offering.world.admin, "wechat")
    assert (bound.app, bound.openid, bound.unionid) == (APP_ID, "openid-1", "union-1")
    # Written by one statement, in any order.
    assert sorted((event.kind, event.outcome, event.account, event.client_id) for event in history()[1:]) == [
        ("bind", "allowed", "admin", "app"),
        ("token", "allowed", "admin", "app"),
    ]
    assert offering.ask_with_new_code("openid-1", endpoint=endpoint).status_code == 200


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_a_ticket_goes_with_a_captcha_too(endpoint: Endpoint, offering: WechatWorld) -> None:
    ticket = ticket_for(offering, endpoint=endpoint)
    key, code = offering.world.captcha(endpoint, "000000")
    answer = redeem(offering, ticket, endpoint, grant_type="captcha", captchaKey=key, captchaCode=code)
    assert answer.status_code == 200, answer.content
    assert SocialIdentity.objects.count() == 1


def test_a_ticket_goes_with_an_sms_code_too(offering: WechatWorld) -> None:
    offering.world.admin.phone = "+8613800138000"
    offering.world.admin.save()
    offering.set_client(grant_types=["wechat", "sms"])
    ticket, code = ticket_for(offering), sms_code(offering, "123456")
    by_sms = {"grant_type": "sms", "phone": "13800138000", "bind_ticket": ticket, "scope": "all"}

    def ask(sms: str) -> Any:
        return CONNECT.request(offering.client, **by_sms, sms=sms).send(offering.world.http)

    assert_refused(CONNECT, ask("654321"), 400, "invalid_grant")
    assert not SocialIdentity.objects.exists()
    assert ask(code).status_code == 200
    assert SocialIdentity.objects.get().user == offering.world.admin
    assert_refused(CONNECT, ask(code), 400, "invalid_grant")


def test_an_sms_code_is_used_up_by_the_ticket_that_it_redeems(offering: WechatWorld) -> None:
    offering.world.admin.phone = "+8613800138000"
    offering.world.admin.save()
    offering.set_client(grant_types=["wechat", "sms"])
    first, second, code = ticket_for(offering), ticket_for(offering, "openid-2"), sms_code(offering, "123456")
    for ticket, status in ((first, 200), (second, 400)):
        wire = CONNECT.request(
            offering.client, grant_type="sms", phone="13800138000", sms=code, bind_ticket=ticket, scope="all"
        )
        assert wire.send(offering.world.http).status_code == status
    assert SocialIdentity.objects.get().openid == "openid-1"


def test_a_clients_word_alone_brings_no_ticket(offering: WechatWorld) -> None:
    offering.set_client(vouches_for_wechat=True)
    assert_refused(CONNECT, offering.ask(openId="openid-1"), 400, "invalid_grant")
    assert not BindTicket.objects.exists()


def test_an_identity_whose_union_id_two_people_have_brings_no_ticket(offering: WechatWorld) -> None:
    """Nobody could redeem it."""
    for account in ("li", "wang"):
        offering.bind(offering.world.make_user(account), f"openid-of-{account}", "union-1")
    assert_refused(CONNECT, offering.ask_with_new_code("openid-1", "union-1"), 400, "invalid_grant")
    assert reasons() == ["wechat_not_bound"]
    assert not BindTicket.objects.exists()


@pytest.mark.parametrize("by", ["tenant", "app"])
def test_a_ticket_ends_when_binding_is_no_longer_offered(by: str, offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    if by == "tenant":
        offering.world.tenant.offers_bind_tickets = False
        offering.world.tenant.save()
    else:
        offering.app.is_active = False
        offering.app.save()
    assert_refused(CONNECT, redeem(offering, ticket), 400, "invalid_grant")
    assert reasons()[-1] == "bind_ticket_withdrawn"
    assert not SocialIdentity.objects.exists()


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_the_answer_that_binds_names_the_identity_as_every_later_one_does(
    endpoint: Endpoint, offering: WechatWorld
) -> None:
    answer = redeem(offering, ticket_for(offering, endpoint=endpoint), endpoint).json()
    bound = SocialIdentity.objects.get()
    assert answer["oauth_id"] == str(bound.pk)
    payload = answer["access_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["oauth_id"] == str(bound.pk)
    assert offering.ask_with_new_code("openid-1", endpoint=endpoint).json()["oauth_id"] == str(bound.pk)
    # A second one changes nothing.
    assert redeem(offering, ticket_for(offering, "openid-2"), endpoint).json()["oauth_id"] == str(bound.pk)


def test_a_ticket_works_once(offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    assert redeem(offering, ticket).status_code == 200
    SocialIdentity.objects.get().delete()
    assert_refused(CONNECT, redeem(offering, ticket), 400, "invalid_grant")
    assert reasons()[-1] == "bind_ticket_used"
    assert not SocialIdentity.objects.exists()


def test_a_ticket_lasts_ten_minutes(offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    offering.world.pass_time(seconds=LIFETIME_SECONDS - 1)
    assert_refused(CONNECT, redeem(offering, ticket, password="wrong"), 400, "invalid_grant")
    offering.world.pass_time(seconds=1)
    assert_refused(CONNECT, redeem(offering, ticket), 400, "invalid_grant")
    assert reasons()[1:] == ["credentials_rejected", "bind_ticket_expired"]
    assert LIFETIME_SECONDS == 600


def test_a_wrong_password_binds_nothing_and_leaves_the_ticket(offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    assert_refused(CONNECT, redeem(offering, ticket, password="wrong"), 400, "invalid_grant")
    assert not SocialIdentity.objects.exists()
    assert redeem(offering, ticket).status_code == 200


def test_a_ticket_is_its_clients_and_its_tenants(offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    wire = offering.world.sign_in(CONNECT, bind_ticket=ticket)
    other = offering.world.make_client("other")
    assert_refused(CONNECT, wire.by(other).send(offering.world.http), 400, "invalid_grant")
    elsewhere = offering.world.make_tenant("000001")
    offering.world.make_user("admin", tenant=elsewhere)
    offering.set_client(tenant=None, wechat_app=None)
    offering.world.of(offering.client).served_tenants.set([offering.world.tenant, elsewhere])
    wire = wire.in_tenant("000001")
    assert_refused(CONNECT, wire.send(offering.world.http), 400, "invalid_grant")
    assert reasons()[1:] == ["bind_ticket_unknown", "bind_ticket_unknown"]
    assert not SocialIdentity.objects.exists()


def test_an_invented_ticket_is_refused_before_the_password_is_looked_at(offering: WechatWorld) -> None:
    assert_refused(CONNECT, redeem(offering, "invented", password="wrong"), 400, "invalid_grant")
    assert reasons() == ["bind_ticket_unknown"]
    assert not LoginEvent.objects.exclude(user_id=None).exists()


def test_of_two_tickets_of_one_identity_one_binds(offering: WechatWorld) -> None:
    first, second = ticket_for(offering), ticket_for(offering)
    offering.world.make_user("li")
    assert redeem(offering, first, username="li").status_code == 200
    assert_refused(CONNECT, redeem(offering, second), 400, "invalid_grant")
    assert reasons()[-1] == "identity_bound_already"
    assert SocialIdentity.objects.get().user.account == "li"


def test_the_union_id_of_another_person_is_not_taken_from_him(offering: WechatWorld) -> None:
    ticket = ticket_for(offering, "openid-2", "union-1")
    offering.bind(offering.world.make_user("li"), unionid="union-1")
    assert_refused(CONNECT, redeem(offering, ticket), 400, "invalid_grant")
    assert reasons()[-1] == "identity_bound_already"


def test_no_ticket_for_whom_an_identity_is_bound_to_but_who_may_not_sign_in(offering: WechatWorld) -> None:
    offering.bind()
    offering.world.admin.is_active = False
    offering.world.admin.save()
    assert_refused(CONNECT, offering.ask_with_new_code("openid-1"), 400, "invalid_grant")
    assert not BindTicket.objects.exists()


def test_only_a_keyed_digest_is_kept_and_it_goes_with_its_time(
    offering: WechatWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ticket = ticket_for(offering)
    assert len(ticket) == 43
    kept = f"{BindTicket.objects.values().get()} {list(LoginEvent.objects.values())} {caplog.text}"
    assert ticket not in kept
    row = BindTicket.objects.get()
    assert clear_expired(row.expires_at) == 1
    assert not BindTicket.objects.exists()


def test_a_scope_that_is_refused_binds_nothing(offering: WechatWorld) -> None:
    ticket = ticket_for(offering)
    assert_refused(CONNECT, redeem(offering, ticket, scope="admin"), 400, "invalid_scope")
    assert not SocialIdentity.objects.exists()
    assert redeem(offering, ticket).status_code == 200
