"""OpenID Connect Core section 5.5: claims that are asked for by name, with the request parameter `claims`."""

import json
from typing import Any

import pytest
from django.utils import translation
from joserfc import jwk, jwt

from accounts.models import User
from oauthx.choices import scope_texts
from oauthx.models import AuthorizationCode, Consent
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.pushing import push, pushed, visit

SCOPES = ["openid", "profile", "email", "phone", "address", "organisation", "offline_access"]


@pytest.fixture
def flow(world: World) -> Flow:
    User.objects.filter(pk=world.admin.pk).update(
        real_name="王小明", email="ming@example.com", phone="13800138000", postal_address="建国路 1 号"
    )
    return make_flow(world, skip_authorization=True, scopes=SCOPES)


def asking(**places: Any) -> str:
    return json.dumps(places)


def tokens(flow: Flow, **changes: str | None) -> Any:
    response = flow.redeem(flow.code(**changes))
    assert response.status_code == 200, response.content
    return response.json()


def id_token(flow: Flow, token: str) -> dict[str, Any]:
    keys = jwk.KeySet.import_key_set(flow.world.http.get("/.well-known/openid-configuration/jwks").json())
    claims: dict[str, Any] = jwt.decode(token, keys, algorithms=["RS256"]).claims
    return claims


def userinfo(flow: Flow, token: str) -> Any:
    return flow.world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token}"}).json()


def test_section_5_5_userinfo_tells_what_was_asked_for_without_its_scope(flow: Flow) -> None:
    given = tokens(flow, claims=asking(userinfo={"email": None, "address": {"essential": True}}))
    assert given["scope"] == "openid"
    told = userinfo(flow, given["access_token"])
    assert told == {"sub": told["sub"], "email": "ming@example.com", "address": {"formatted": "建国路 1 号"}}
    assert "email" not in id_token(flow, given["id_token"])


def test_section_5_5_the_id_token_tells_what_was_asked_for_there(flow: Flow) -> None:
    given = tokens(flow, claims=asking(id_token={"name": None, "tenant_id": None, "phone_number": {"essential": True}}))
    told = id_token(flow, given["id_token"])
    assert (told["name"], told["tenant_id"], told["phone_number"]) == ("王小明", "000000", "13800138000")
    assert set(userinfo(flow, given["access_token"])) == {"sub"}


def test_section_5_5_scopes_and_names_add_up(flow: Flow) -> None:
    given = tokens(flow, scope="openid email", claims=asking(userinfo={"phone_number": None}))
    assert {"email", "email_verified", "phone_number"} < set(userinfo(flow, given["access_token"]))


def test_section_5_5_a_refreshed_pair_tells_the_same(flow: Flow) -> None:
    asked = asking(userinfo={"email": None}, id_token={"name": None})
    given = tokens(flow, scope="openid offline_access", claims=asked)
    wire = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=given["refresh_token"])
    again = wire.send(flow.world.http).json()
    assert userinfo(flow, again["access_token"])["email"] == "ming@example.com"
    assert id_token(flow, again["id_token"])["name"] == "王小明"


@pytest.mark.must("OpenID Connect Core", "5.5", "members of the claims parameter that are not understood are ignored")
def test_section_5_5_1_unknown_claims_and_members_are_ignored(flow: Flow) -> None:
    asked = {"userinfo": {"shoe_size": {"essential": True}, "email": {"colour": 1}}, "walls": [], "id_token": {}}
    assert set(userinfo(flow, tokens(flow, claims=json.dumps(asked))["access_token"])) == {"sub", "email"}


@pytest.mark.must("OpenID Connect Core", "5.5.1", "no error because a claim is not returned, essential or not")
def test_section_5_5_1_what_has_no_value_is_left_out_even_if_essential(flow: Flow) -> None:
    User.objects.filter(pk=flow.world.admin.pk).update(email="")
    given = tokens(flow, claims=asking(userinfo={"email": {"essential": True}}))
    assert set(userinfo(flow, given["access_token"])) == {"sub"}


def test_a_claim_of_a_scope_that_the_client_may_not_have_is_not_given(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.scopes = ["openid", "profile"]
    client.save()
    asked = asking(userinfo={"email": {"essential": True}, "name": None}, id_token={"phone_number": None})
    given = tokens(flow, claims=asked)
    assert set(userinfo(flow, given["access_token"])) == {"sub", "name"}
    assert "phone_number" not in id_token(flow, given["id_token"])


def test_a_claim_is_not_given_any_longer_once_the_client_loses_its_scope(flow: Flow, world: World) -> None:
    given = tokens(flow, claims=asking(userinfo={"email": None}))
    client = world.of(flow.app)
    client.scopes = ["openid"]
    client.save()
    assert set(userinfo(flow, given["access_token"])) == {"sub"}


def test_consent_names_the_scopes_of_the_claims_and_covers_them(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.skip_authorization = False
    client.save()
    asked = asking(userinfo={"phone_number": None}, id_token={"email": None})
    page = flow.sign_in(flow.authorize(claims=asked))
    with translation.override("zh-hans"):
        assert all(str(text) in page.content.decode() for text in scope_texts(["openid", "email", "phone"]))
    assert "code" in answer(flow.agree(page))
    assert Consent.objects.get().scopes == ["email", "openid", "phone"]
    assert "code" in answer(flow.authorize(claims=asked)), "not asked again"
    more = asking(userinfo={"phone_number": None, "address": None})
    assert flow.authorize(claims=more).status_code == 200, "asked for the address"
    assert answer(flow.authorize(claims=more, prompt="none"))["error"] == "consent_required"


def test_consent_leaves_out_the_scopes_that_the_client_may_not_have(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.skip_authorization, client.scopes = False, ["openid", "profile"]
    client.save()
    asked = asking(userinfo={"phone_number": {"essential": True}, "name": None}, id_token={"email": None})
    page = flow.sign_in(flow.authorize(claims=asked))
    with translation.override("zh-hans"):
        told, left_out = (scope_texts(names) for names in (["openid", "profile"], ["email", "phone"]))
        assert all(str(text) in page.content.decode() for text in told)
        assert not [text for text in left_out if str(text) in page.content.decode()]
    assert "code" in answer(flow.agree(page))
    assert Consent.objects.get().scopes == ["openid", "profile"]
    # Where the client may have them later, the person has not agreed yet.
    client.scopes = SCOPES
    client.save()
    assert answer(flow.authorize(claims=asked, prompt="none"))["error"] == "consent_required"


def test_claims_may_be_pushed_long_ones_too(flow: Flow) -> None:
    asked = asking(userinfo={"email": None, "x" * 4000: None})
    code = answer(flow.sign_in(visit(flow, push(flow, claims=asked))))["code"]
    assert userinfo(flow, flow.redeem(code).json()["access_token"])["email"] == "ming@example.com"
    refused = pushed(flow, claims="{").send(flow.world.http)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    unmet = pushed(flow, claims=asking(id_token={"acr": {"essential": True, "value": "2"}})).send(flow.world.http)
    assert (unmet.status_code, unmet.json()["error"]) == (400, "unmet_authentication_requirements")


def test_without_openid_the_parameter_means_nothing(flow: Flow) -> None:
    flow.code(scope="profile", claims=asking(userinfo={"email": None}))
    assert AuthorizationCode.objects.latest("pk").claims == "{}"


MALFORMED = {
    "no JSON": "{",
    "no object": "[]",
    "a text": '"userinfo"',
    "a number": "1",
    "a place that is a list": '{"userinfo": []}',
    "a place that is null": '{"id_token": null}',
    "a wish that is a text": '{"userinfo": {"email": "yes"}}',
    "essential that is a text": '{"userinfo": {"email": {"essential": "true"}}}',
    "values that are a text": '{"userinfo": {"email": {"values": "a"}}}',
    "values that are empty": '{"userinfo": {"email": {"values": []}}}',
    "a place twice": '{"userinfo": {}, "userinfo": {"email": null}}',
    "a claim twice": '{"userinfo": {"email": null, "email": null}}',
    "a sub that is a number": '{"id_token": {"sub": {"value": 1}}}',
    "a sub that is null": '{"id_token": {"sub": {"value": null}}}',
    "two people": '{"id_token": {"sub": {"values": ["1", "2"]}}}',
    "an acr that is a number": '{"id_token": {"acr": {"essential": true, "values": [1]}}}',
    "NaN": '{"userinfo": {"email": {"value": NaN}}}',
    "a number of 5,000 digits": '{"x": ' + "1" * 5000 + "}",
    "7,000 brackets": "[" * 7000,
    "more than 8 KiB": json.dumps({"userinfo": {"x" * 8192: None}}),
}


@pytest.mark.parametrize("claims", MALFORMED.values(), ids=MALFORMED.keys())
def test_section_3_1_2_6_malformed_claims_are_an_invalid_request(claims: str, flow: Flow) -> None:
    refused = answer(flow.authorize(claims=claims))
    assert (refused["error"], refused["state"]) == ("invalid_request", "xyz")


@pytest.mark.must(
    "OpenID Connect Core", "3.1.2.2", "a positive answer only if the user of the requested sub has signed in"
)
def test_section_5_5_1_the_sub_that_is_asked_for_must_be_who_signs_in(flow: Flow, world: World) -> None:
    other = world.make_user("other")
    mine, theirs = (asking(id_token={"sub": {"value": str(user.pk)}}) for user in (world.admin, other))
    given = tokens(flow, claims=mine)
    assert id_token(flow, given["id_token"])["sub"] == str(world.admin.pk)
    assert "code" in answer(flow.authorize(claims=mine, prompt="none"))
    assert answer(flow.authorize(claims=theirs, prompt="none"))["error"] == "login_required"
    asked = flow.authorize(claims=theirs)
    assert asked["Location"].startswith("/account/login/")
    assert "code" in answer(flow.sign_in(asked, "other"))


@pytest.mark.must(
    "OpenID Connect Core", "3.1.2.2", "no ID token or access token for another user than the sub that is asked for"
)
def test_section_3_1_2_2_no_answer_tells_of_another_person_than_the_sub(flow: Flow, world: World) -> None:
    other = world.make_user("other")
    asked = flow.authorize(claims=asking(id_token={"sub": {"value": str(other.pk)}}))
    assert answer(flow.sign_in(asked, "admin"))["error"] == "login_required"


def test_a_sub_that_anyone_may_write_does_not_lead_to_a_name(flow: Flow, world: World) -> None:
    """The sign-in page fills in the account of a proven ID token, and of nothing else."""
    other = world.make_user("somebody-else")
    asked = flow.authorize(claims=asking(id_token={"sub": {"value": str(other.pk)}}))
    assert "somebody-else" not in asked["Location"]
    assert "somebody-else" not in flow.browser.get(asked["Location"]).content.decode()


@pytest.mark.parametrize("wish", [{"essential": True}, None, {"values": ["1"]}, {"essential": True, "value": "1"}])
def test_section_5_5_1_1_the_acr_that_there_is_meets_the_wish(wish: Any, flow: Flow) -> None:
    given = tokens(flow, claims=asking(id_token={"acr": wish}))
    assert id_token(flow, given["id_token"])["acr"] == "1"


def test_section_5_5_1_1_one_acr_of_several_is_enough(flow: Flow) -> None:
    given = tokens(flow, claims=asking(id_token={"acr": {"essential": True, "values": ["urn:mace:silver", "1"]}}))
    assert id_token(flow, given["id_token"])["acr"] == "1"


@pytest.mark.parametrize("wish", [{"value": "urn:mace:gold"}, {"values": ["2", "urn:mace:silver"]}])
@pytest.mark.must("OpenID Connect Core", "5.5.1.1", "an essential acr that cannot be met is a failed authentication")
def test_section_5_5_1_1_an_essential_acr_that_there_is_not_is_a_failed_sign_in(
    wish: dict[str, Any], flow: Flow
) -> None:
    refused = answer(flow.authorize(claims=asking(id_token={"acr": {"essential": True, **wish}})))
    assert refused["error"] == "unmet_authentication_requirements"
    voluntary = tokens(flow, claims=asking(id_token={"acr": wish}))
    assert id_token(flow, voluntary["id_token"])["acr"] == "1"


@pytest.mark.must("OpenID Connect Core", "2", "auth_time is there when it is asked for as an essential claim")
def test_section_5_5_1_auth_time_is_there_when_it_is_essential(flow: Flow) -> None:
    given = tokens(flow, claims=asking(id_token={"auth_time": {"essential": True}}))
    assert isinstance(id_token(flow, given["id_token"])["auth_time"], int)


def test_section_5_5_protocol_claims_cannot_be_talked_over(flow: Flow) -> None:
    told = id_token(flow, tokens(flow, claims=asking(id_token={"aud": {"value": "x"}, "iss": None}))["id_token"])
    assert (told["aud"], told["iss"]) == (flow.app[0], "http://testserver")
