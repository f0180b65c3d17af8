"""The grant wechat by openId: only a client that may vouch is believed, for its own app and tenant alone."""

import base64
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as HttpClient

from oauthx.demo import create_demo_data
from oauthx.models import Client
from tests.contract.wire import BLADE, CONNECT, ENDPOINTS, FORM, Endpoint, assert_refused
from tests.contract.world import history, reasons
from tests.oauthx.wechat_world import WechatWorld, wechat
from tests.protocol.tokens import claims_of

__all__ = ["wechat"]

on_each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@on_each_endpoint
def test_a_client_that_may_vouch_is_believed_and_the_history_says_so(endpoint: Endpoint, wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.bind()
    assert wechat.ask(endpoint, openId="openid-1").status_code == 200
    assert [(event.outcome, event.reason, event.account) for event in history()] == [
        ("allowed", "wechat_vouched", "admin")
    ]
    assert wechat.played.peer.requests == []


def test_tokens_say_that_it_was_vouched(wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.bind()
    tokens = wechat.ask(openId="openid-1", scope="openid offline_access").json()
    assert claims_of(wechat.world, tokens["access_token"])["amr"] == ["wechat", "vouched"]
    assert claims_of(wechat.world, tokens["id_token"])["amr"] == ["wechat", "vouched"]
    renewed = wechat.world.refresh(CONNECT, tokens["refresh_token"]).send(wechat.world.http).json()
    assert claims_of(wechat.world, renewed["access_token"])["amr"] == ["wechat", "vouched"]


@on_each_endpoint
def test_any_other_client_is_not_believed(endpoint: Endpoint, wechat: WechatWorld) -> None:
    wechat.bind()
    assert_refused(endpoint, wechat.ask(endpoint, openId="openid-1"), 400, "unauthorized_client")
    assert reasons() == ["wechat_vouching_refused"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"client_type": "public"}, id="public"),
        pytest.param({"tenant": None}, id="shared"),
        pytest.param({"wechat_app": None}, id="without an app"),
    ],
)
def test_a_row_that_the_console_would_refuse_does_not_count(fields: dict[str, Any], wechat: WechatWorld) -> None:
    wechat.bind()
    wechat.set_client(vouches_for_wechat=True, **fields)
    client = Client.objects.get(client_id="app")
    client.served_tenants.set([] if client.tenant else [wechat.world.tenant])
    wire = wechat.wire(openId="openid-1", acr_values="tenant:000000")
    if client.is_public:
        wire = wire.by(None).with_params(client_id="app")
    assert_refused(CONNECT, wire.send(wechat.world.http), 400, "unauthorized_client")
    assert reasons() == ["wechat_vouching_refused"]


def test_believes_it_for_its_own_app_alone(wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.make_app("wx-other")
    wechat.bind(app="wx-other")
    answer = wechat.ask(openId="openid-1", app_id="wx-other")
    assert_refused(CONNECT, answer, 400, "unauthorized_client")
    assert_refused(CONNECT, wechat.ask(openId="openid-1"), 400, "invalid_grant")
    assert reasons() == ["wechat_vouching_elsewhere", "wechat_not_bound"]
    wechat.bind()
    assert wechat.ask(openId="openid-1", app_id=wechat.app.app_id).status_code == 200


def test_a_disabled_app_is_vouched_for_by_nobody(wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.bind()
    wechat.app.is_active = False
    wechat.app.save()
    assert_refused(CONNECT, wechat.ask(openId="openid-1"), 400, "invalid_request")
    assert reasons() == ["wechat_app_disabled"]


@pytest.mark.parametrize("openid", ["a b", "身份", "o" * 129, "a\tb"])
def test_refuses_what_can_be_no_identity(openid: str, wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.offer_tickets()
    assert_refused(CONNECT, wechat.ask(openId=openid), 400, "invalid_request")
    assert reasons() == ["parameter_malformed"]


def test_vouching_taken_away_ends_at_once(wechat: WechatWorld) -> None:
    wechat.set_client(vouches_for_wechat=True)
    wechat.bind()
    assert wechat.ask(openId="openid-1").status_code == 200
    wechat.set_client(vouches_for_wechat=False)
    assert wechat.ask(openId="openid-1").status_code == 400


# --- What the client's form refuses ----------------------------------------------------------------------------------


def errors_of(**fields: Any) -> set[str]:
    client = Client(client_id="x", name="x", dialects=["connect"], grant_types=["wechat"], scopes=["all"], **fields)
    try:
        client.clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


def test_the_client_of_a_vouching_must_be_confidential_bound_and_have_an_app_of_its_tenant(wechat: WechatWorld) -> None:
    tenant = wechat.world.tenant
    foreign = wechat.make_app("wx-foreign", tenant=wechat.world.make_tenant("000001"))
    assert errors_of(tenant=tenant, wechat_app=wechat.app, vouches_for_wechat=True) == set()
    assert errors_of(tenant=tenant, wechat_app=wechat.app) == set()
    assert errors_of(tenant=tenant, vouches_for_wechat=True) == {"wechat_app"}
    assert errors_of(tenant=tenant, wechat_app=foreign) == {"wechat_app"}
    assert errors_of(wechat_app=wechat.app) == {"wechat_app"}
    assert errors_of(vouches_for_wechat=True) == {"vouches_for_wechat"}
    public = {"client_type": "public", "tenant": tenant, "wechat_app": wechat.app}
    assert errors_of(**public, vouches_for_wechat=True) == {"vouches_for_wechat"}
    assert errors_of(**public) == set()


# --- oauth_id --------------------------------------------------------------------------------------------------------


def told(wechat: WechatWorld, endpoint: Endpoint) -> list[dict[str, Any]]:
    """The answer to a password and the claims of its tokens, without what every answer has anew."""
    answer = wechat.world.sign_in(endpoint).send(wechat.world.http).json()
    tokens = [answer.pop("access_token"), answer.pop("refresh_token")]
    claims = [json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "===")) for token in tokens]
    return [{name: value for name, value in each.items() if name not in {"jti", "ati"}} for each in (answer, *claims)]


@pytest.mark.parametrize("endpoint", BLADE, ids=lambda endpoint: endpoint.name)
def test_oauth_id_is_the_identitys_id_and_nothing_else_changes(endpoint: Endpoint, wechat: WechatWorld) -> None:
    before = told(wechat, endpoint)
    assert [each["oauth_id"] for each in before] == ["", "", ""]
    identity = wechat.bind()
    wechat.bind(openid="openid-2")
    wechat.bind(wechat.world.make_user("li"), openid="openid-3")
    assert told(wechat, endpoint) == [{**each, "oauth_id": str(identity.pk)} for each in before]
    for row in type(identity).objects.all():
        row.delete()
    assert told(wechat, endpoint) == before


# --- The demo data ---------------------------------------------------------------------------------------------------


def test_the_demo_client_vouches_for_the_demo_identity(db: None, client: HttpClient) -> None:
    assert create_demo_data()
    form = "client_id=client1&client_secret=secret&grant_type=wechat&openId=demo-openid"
    answer = client.post("/connect/token", form, content_type=FORM)
    assert answer.status_code == 200, answer.content
    assert [(event.account, event.tenant_code, event.reason) for event in history()] == [
        ("admin", "000000", "wechat_vouched")
    ]
