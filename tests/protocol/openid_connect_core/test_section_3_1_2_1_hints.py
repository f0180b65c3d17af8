"""OpenID Connect Core section 3.1.2.1: `id_token_hint`, and what is expected of the person whom it names."""

from typing import Any

import pytest

from oauthx.models import PushedRequest
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.pushing import push, visit


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.fixture
def hint(flow: Flow) -> str:
    """An ID token of `admin`, who is signed in."""
    return id_token(flow)


def id_token(flow: Flow) -> str:
    token: str = flow.redeem(flow.code()).json()["id_token"]
    return token


def become(flow: Flow, world: World, account: str) -> None:
    """Let this person sign in in the same browser."""
    world.make_user(account)
    flow.sign_in(flow.authorize(prompt="login"), account=account)


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "the person of the id_token_hint is answered without a page")
def test_section_3_1_2_1_the_hinted_person_goes_on_without_a_page(flow: Flow, hint: str) -> None:
    assert "code" in answer(flow.authorize(id_token_hint=hint, prompt="none"))
    assert "code" in answer(flow.authorize(id_token_hint=hint))


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "for another person than the hinted one the answer is an error")
def test_section_3_1_2_1_another_person_is_login_required_without_a_page(flow: Flow, world: World, hint: str) -> None:
    become(flow, world, "zhang")
    assert answer(flow.authorize(id_token_hint=hint, prompt="none"))["error"] == "login_required"


def test_section_3_1_2_1_nobody_is_login_required_without_a_page(flow: Flow, hint: str) -> None:
    flow.browser.logout()
    assert answer(flow.authorize(id_token_hint=hint, prompt="none"))["error"] == "login_required"


@pytest.mark.must("OpenID Connect Core", "3.1.2.2", "another person who signs in for a hinted request is no answer")
def test_section_3_1_2_2_with_pages_the_hinted_person_is_asked_to_sign_in(flow: Flow, world: World, hint: str) -> None:
    become(flow, world, "zhang")
    asked = flow.authorize(id_token_hint=hint)
    page = flow.browser.get(asked["Location"]).content.decode()
    assert 'name="username" value="admin"' in page
    assert answer(flow.sign_in(asked, account="zhang"))["error"] == "login_required"
    assert "code" in answer(flow.sign_in(flow.authorize(id_token_hint=hint), account="admin"))


def test_section_3_1_2_1_an_id_token_that_has_expired_is_a_hint_still(flow: Flow, world: World, hint: str) -> None:
    world.pass_time(days=30)
    assert "code" in answer(flow.authorize(id_token_hint=hint, prompt="none"))


def test_section_3_1_2_1_the_hint_fills_tenant_and_account_in_for_a_shared_client(flow: Flow, world: World) -> None:
    other = world.make_tenant("000001")
    client = world.of(flow.app)
    client.tenant = None
    client.save()
    client.served_tenants.set([world.tenant, other])
    hint = id_token(flow)
    flow.browser.logout()
    page = flow.browser.get(flow.authorize(id_token_hint=hint)["Location"]).content.decode()
    assert 'type="hidden" name="tenant" value="000000"' in page
    assert 'name="username" value="admin"' in page
    # Not of a tenant that the request leaves out.
    page = flow.browser.get(flow.authorize(id_token_hint=hint, acr_values="tenant:000001")["Location"]).content.decode()
    assert 'value="000001"' in page
    assert 'value="admin"' not in page


@pytest.mark.parametrize("kind", ["access token", "other client", "forged", "nonsense", "overlong"])
def test_section_3_1_2_1_what_is_no_id_token_of_this_client_is_refused(
    flow: Flow, world: World, hint: str, kind: str
) -> None:
    if kind == "access token":
        hint = flow.redeem(flow.code()).json()["access_token"]
    elif kind == "other client":
        fields: dict[str, Any] = {"grant_types": ["authorization_code"], "skip_authorization": True}
        app = world.make_client("other", dialects=["connect"], redirect_uris="https://app.example/callback", **fields)
        hint = id_token(Flow(world, app))
    elif kind == "forged":
        head, body, signature = hint.split(".")
        hint = f"{head}.{body}.{signature[::-1]}"
    elif kind == "nonsense":
        hint = "a.b.c"
    else:
        hint = "e" * 9000
    for prompt in (None, "none"):
        sent = answer(flow.authorize(id_token_hint=hint, prompt=prompt))
        assert (sent["error"], sent["state"]) == ("invalid_request", "xyz")


def test_a_pushed_hint_counts_too(flow: Flow, world: World, hint: str) -> None:
    become(flow, world, "zhang")
    request_uri = push(flow, id_token_hint=hint)
    assert answer(flow.sign_in(visit(flow, request_uri), account="zhang"))["error"] == "login_required"
    assert not PushedRequest.objects.exists()
    assert "code" in answer(flow.sign_in(visit(flow, push(flow, id_token_hint=hint)), account="admin"))


@pytest.mark.parametrize("login_hint", ["buffy@example.com", "", '"><script>', "张三", "x" * 255])
def test_section_3_1_2_1_any_login_hint_is_shown_and_harmless(flow: Flow, login_hint: str) -> None:
    response: Any = flow.browser.get(flow.authorize(login_hint=login_hint)["Location"])
    assert response.status_code == 200
    assert response.context["form"]["username"].value() == login_hint
    assert "<script>" not in response.content.decode()
