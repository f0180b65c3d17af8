"""The grant wechat by a code: whom WeChat names signs in; what WeChat refuses, or says wrong, is told by its reason."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Lockout, SocialIdentity
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, Endpoint, assert_refused
from tests.contract.world import NOW, history, reasons
from tests.oauthx.wechat_world import APP_ID, WechatWorld, wechat
from tests.protocol.tokens import claims_of
from tests.wechat_api import MINI_PROGRAM, OAUTH

__all__ = ["wechat"]

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@on_each_endpoint
def test_signs_in_whom_wechat_names(endpoint: Endpoint, wechat: WechatWorld) -> None:
    wechat.bind()
    answer = wechat.ask_with_new_code("openid-1", endpoint=endpoint)
    assert answer.status_code == 200, answer.content
    assert list(answer.json()) == list(wechat.world.sign_in(endpoint).send(wechat.world.http).json())
    event = history()[0]
    assert (event.outcome, event.reason, event.account, event.grant) == ("allowed", "", "admin", "wechat")


def test_says_how_in_the_token(wechat: WechatWorld) -> None:
    wechat.bind()
    tokens = wechat.ask_with_new_code("openid-1", scope="openid").json()
    assert claims_of(wechat.world, tokens["access_token"])["amr"] == ["wechat"]
    assert claims_of(wechat.world, tokens["id_token"])["amr"] == ["wechat"]


def test_remembers_when_an_identity_was_used(wechat: WechatWorld) -> None:
    identity = wechat.bind()
    wechat.ask_with_new_code("openid-1")
    identity.refresh_from_db()
    assert identity.used_at == NOW


@pytest.mark.parametrize(
    ("kind", "path"), [("mini_program", MINI_PROGRAM), ("official_account", OAUTH), ("open_platform", OAUTH)]
)
def test_asks_where_codes_of_this_kind_are_exchanged(kind: str, path: str, wechat: WechatWorld) -> None:
    wechat.make_app("wx-other", kind)
    wechat.bind(app="wx-other", openid="there")
    assert wechat.ask_with_new_code("there", app_id="wx-other").status_code == 200
    assert wechat.requested()[0].startswith(f"GET {path}?appid=wx-other&")


# --- Which app -------------------------------------------------------------------------------------------------------


def test_an_identity_counts_in_its_app_alone(wechat: WechatWorld) -> None:
    wechat.make_app("wx-other")
    wechat.bind()
    assert_refused(CONNECT, wechat.ask_with_new_code("openid-1", app_id="wx-other"), 400, "invalid_grant")
    assert reasons() == ["wechat_not_bound"]


def test_an_identity_counts_in_its_tenant_alone(wechat: WechatWorld) -> None:
    other = wechat.world.make_tenant("000001")
    SocialIdentity.objects.create(
        tenant=other, user=wechat.world.make_user("li", tenant=other), provider="wechat", app=APP_ID, openid="openid-1",
        unionid="union",
    )  # fmt: skip
    assert_refused(CONNECT, wechat.ask_with_new_code("openid-1", "union"), 400, "invalid_grant")
    assert reasons() == ["wechat_not_bound"]


def test_an_identity_of_a_directory_is_none_of_wechat(wechat: WechatWorld) -> None:
    SocialIdentity.objects.create(
        tenant=wechat.world.tenant, user=wechat.world.admin, provider="directory", app=APP_ID, openid="openid-1"
    )
    assert wechat.ask_with_new_code("openid-1").status_code == 400


def test_refuses_an_app_that_it_cannot_use(wechat: WechatWorld) -> None:
    def refused(reason: str, **params: Any) -> None:
        assert_refused(CONNECT, wechat.ask(code="x", **params), 400, "invalid_request")
        assert reasons()[-1] == reason

    refused("wechat_app_unknown", app_id="wx-nowhere")
    foreign = wechat.world.make_tenant("000001")
    wechat.make_app("wx-foreign", tenant=foreign)
    refused("wechat_app_unknown", app_id="wx-foreign")
    wechat.make_app("wx-closed", is_active=False)
    refused("wechat_app_disabled", app_id="wx-closed")
    wechat.set_client(wechat_app=None)
    refused("wechat_app_missing")
    assert wechat.requested() == []


def test_a_disabled_app_is_disabled_at_once(wechat: WechatWorld) -> None:
    wechat.bind()
    assert wechat.ask_with_new_code("openid-1").status_code == 200
    wechat.app.is_active = False
    wechat.app.save()
    assert wechat.ask_with_new_code("openid-1").status_code == 400
    assert reasons()[-1] == "wechat_app_disabled"


def test_needs_one_proof_and_takes_no_two(wechat: WechatWorld) -> None:
    assert_refused(CONNECT, wechat.ask(), 400, "invalid_request")
    assert_refused(CONNECT, wechat.ask(code="a", openId="b"), 400, "invalid_request")
    assert reasons() == ["parameter_missing", "wechat_proofs_conflict"]


# --- The person ------------------------------------------------------------------------------------------------------


def test_refuses_who_may_not_sign_in(wechat: WechatWorld) -> None:
    wechat.bind()
    Lockout.objects.create(
        tenant=wechat.world.tenant, account="admin", failures=5, failed_at=NOW, locked_until=NOW + timedelta(hours=1)
    )
    locked = wechat.ask_with_new_code("openid-1")
    Lockout.objects.all().delete()
    wechat.world.admin.is_active = False
    wechat.world.admin.save()
    disabled = wechat.ask_with_new_code("openid-1")
    unbound = wechat.ask_with_new_code("openid-2")
    assert reasons() == ["account_locked", "account_disabled", "wechat_not_bound"]
    assert history()[0].account == history()[1].account == "admin"
    # One text for all three.
    assert locked.content == disabled.content == unbound.content


def test_the_main_account_must_match(wechat: WechatWorld) -> None:
    wechat.bind()
    refused = wechat.ask_with_new_code("openid-1", endpoint=BLADE[0], tma="somebody")
    assert_refused(BLADE[0], refused, 400, "invalid_grant")
    assert reasons() == ["main_account_mismatch"]
    assert wechat.ask_with_new_code("openid-1", endpoint=BLADE[0], tma="admin").status_code == 200


# --- unionid ---------------------------------------------------------------------------------------------------------


def test_an_unknown_identity_of_a_known_union_id_signs_the_same_person_in_and_is_bound(wechat: WechatWorld) -> None:
    wechat.make_app("wx-web", "open_platform")
    wechat.bind(unionid="union-1")
    assert wechat.ask_with_new_code("openid-on-the-web", "union-1", app_id="wx-web").status_code == 200
    bound = SocialIdentity.objects.get(app="wx-web")
    assert (bound.openid, bound.unionid, bound.user) == ("openid-on-the-web", "union-1", wechat.world.admin)
    # Written by one statement, in any order.
    assert sorted((event.kind, event.outcome, event.account, event.grant) for event in history()) == [
        ("bind", "allowed", "admin", "wechat"),
        ("token", "allowed", "admin", "wechat"),
    ]
    assert wechat.ask_with_new_code("openid-on-the-web", app_id="wx-web").status_code == 200
    assert len(history()) == 3


def test_a_union_id_that_wechat_tells_later_is_kept(wechat: WechatWorld) -> None:
    wechat.make_app("wx-web", "open_platform")
    identity = wechat.bind()
    wechat.ask_with_new_code("openid-1", "union-1")
    identity.refresh_from_db()
    assert identity.unionid == "union-1"
    wechat.ask_with_new_code("openid-1")
    identity.refresh_from_db()
    assert identity.unionid == "union-1"
    assert wechat.ask_with_new_code("openid-2", "union-1", app_id="wx-web").status_code == 200


def test_a_union_id_of_two_people_is_nobodys(wechat: WechatWorld) -> None:
    wechat.bind(unionid="union-1")
    wechat.bind(wechat.world.make_user("li"), openid="openid-2", unionid="union-1")
    assert wechat.ask_with_new_code("openid-3", "union-1").status_code == 400
    assert reasons() == ["wechat_not_bound"]


def test_a_disabled_person_gets_no_second_identity(wechat: WechatWorld) -> None:
    wechat.bind(unionid="union-1")
    wechat.world.admin.is_active = False
    wechat.world.admin.save()
    assert wechat.ask_with_new_code("openid-2", "union-1").status_code == 400
    assert SocialIdentity.objects.count() == 1
