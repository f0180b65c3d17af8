"""OpenID Connect Core section 3.1.2: the authentication request, its optional parameters, and who may be answered."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from oauthx.models import AuthorizationCode
from tests.contract.world import World
from tests.pages import form_values
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.tokens import claims_of


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "GET and POST are supported")
def test_section_3_1_2_1_a_post_leads_to_a_code_too(flow: Flow) -> None:
    moved = flow.browser.post("/connect/authorize", flow.request())
    assert "code" in answer(flow.sign_in(flow.browser.get(moved["Location"])))


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "the redirect URI matches a registered one exactly")
def test_section_3_1_2_1_the_redirect_uri_matches_exactly(flow: Flow) -> None:
    assert flow.authorize(redirect_uri="https://app.example/callback/").status_code == 400
    assert flow.authorize(redirect_uri="https://APP.example/callback").status_code == 400
    assert flow.authorize().status_code == 303


@pytest.mark.must("OpenID Connect Core", "15.1", "display, ui_locales, claims_locales and acr_values make no error")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("display", ["page", "popup", "touch", "wap", "unknown"]),
        ("ui_locales", ["fr-CA fr en", "zh-Hans", "tlh"]),
        ("claims_locales", ["se", "zh-Hans en"]),
        ("acr_values", ["1 2", "urn:mace:incommon:iap:silver"]),
        ("login_hint", ["somebody"]),
        ("unknown", ["x"]),
    ],
)
def test_section_15_1_optional_parameters_make_no_error(flow: Flow, name: str, values: list[str]) -> None:
    flow.code()
    for value in values:
        assert "code" in answer(flow.authorize(**{name: value})), value


@pytest.mark.must("OpenID Connect Core", "3.1.2.2", "every parameter is validated, every error answered")
@pytest.mark.parametrize("name", ["nonce", "login_hint", "acr_values", "prompt", "response_mode", "code_challenge"])
def test_section_3_1_2_2_what_is_too_long_is_an_error_and_no_fault(flow: Flow, name: str) -> None:
    assert answer(flow.authorize(**{name: "x" * 256}))["error"] == "invalid_request"


@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "who is not signed in is asked to sign in")
def test_section_3_1_2_3_who_is_not_signed_in_is_asked_to(flow: Flow) -> None:
    assert flow.authorize()["Location"].startswith("/account/login/")


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "prompt=none shows no page")
@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "prompt=none shows no page and is an error without a session")
@pytest.mark.parametrize("state", ["nobody", "no consent", "too old", "ready"])
def test_section_3_1_2_3_prompt_none_never_shows_a_page(world: World, state: str) -> None:
    flow = make_flow(world, skip_authorization=state != "no consent")
    if state != "nobody":
        flow.sign_in(flow.authorize())
    changes: dict[str, str] = {"max_age": "0"} if state == "too old" else {}
    sent = answer(flow.authorize(prompt="none", **changes))
    expected = {"nobody": "login_required", "no consent": "consent_required", "too old": "login_required"}
    assert sent.get("error") == expected.get(state)
    assert ("code" in sent) == (state == "ready")


@pytest.mark.must("OpenID Connect Core", "3.1.2.2", "an answer is about the person who signed in for this very request")
def test_section_3_1_2_2_after_a_new_sign_in_the_tokens_are_the_new_persons(flow: Flow, world: World) -> None:
    other = world.make_user("other")
    flow.code()
    sent = answer(flow.sign_in(flow.authorize(prompt="login"), account="other"))
    assert claims_of(world, flow.redeem(sent["code"]).json()["id_token"])["sub"] == str(other.pk)


@pytest.mark.must("OpenID Connect Core", "3.1.2.4", "the person decides before anything is released")
def test_section_3_1_2_4_what_was_not_agreed_to_is_asked_for(world: World) -> None:
    flow = make_flow(world)
    flow.code(scope="openid")
    assert flow.authorize(scope="openid email").status_code == 200, "the consent page"
    assert "code" in answer(flow.authorize(scope="openid"))


@pytest.mark.must(
    "OpenID Connect Core", "3.1.2.5", "the answer goes by the query, unless another response mode was asked for"
)
def test_section_3_1_2_5_the_answer_goes_by_the_query_or_the_mode_asked_for(flow: Flow) -> None:
    flow.code()
    assert {"code", "state"} <= set(answer(flow.authorize()))
    assert {"code", "state"} <= set(answer(flow.authorize(response_mode="query")))
    assert {"code", "state"} <= set(form_values(flow.authorize(response_mode="form_post"), "form-post"))


@pytest.mark.must("OpenID Connect Core", "3.1.2.6", "an error has error and the state")
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_section_3_1_2_6_an_error_has_its_code_and_the_state(flow: Flow, mode: str) -> None:
    response = flow.authorize(prompt="none", response_mode=mode)
    sent: dict[str, Any] = answer(response) if mode == "query" else form_values(response, "form-post")
    assert {"error", "state"} <= set(sent)
    assert "code" not in sent


@pytest.mark.must("OpenID Connect Core", "14", "words are parted by one space, and compared as they are")
@pytest.mark.parametrize("scope", ["openid,email", "OPENID", "openid\u00a0email", "ｏｐｅｎｉｄ"])
def test_section_14_words_are_compared_as_they_are(flow: Flow, scope: str) -> None:
    assert answer(flow.authorize(scope=scope))["error"] == "invalid_scope"


@pytest.mark.must("OpenID Connect Core", "16.4", "access tokens are shown to nobody but the client")
def test_section_16_4_no_token_passes_through_the_browser(flow: Flow) -> None:
    sent = answer(flow.sign_in(flow.authorize()))
    assert not {"access_token", "id_token", "refresh_token"} & set(sent)
    assert answer(flow.authorize(response_type="id_token token"))["error"] == "unsupported_response_type"


def test_a_head_request_uses_nothing_up(flow: Flow) -> None:
    """Whoever looks ahead at a link must not spend it."""
    flow.code()
    before = AuthorizationCode.objects.count()
    assert flow.browser.head("/connect/authorize", flow.request()).status_code == 405
    assert AuthorizationCode.objects.count() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_too_long_for_an_address_is_told_to_the_application(flow: Flow, method: str) -> None:
    """Encoded once more in the sign-in page's address, it would exceed what servers take, and nobody would be told."""
    wanted = flow.request(claims=json.dumps({"userinfo": dict.fromkeys(f"claim{number}" for number in range(300))}))
    response = flow.browser.generic(method, "/connect/authorize", QUERY_STRING=urlencode(wanted))
    if method == "POST":
        response = flow.browser.post("/connect/authorize", wanted)
    assert answer(response)["error"] == "invalid_request"
    assert len(response["Location"]) < 500


def test_a_request_that_fits_survives_the_sign_in(flow: Flow) -> None:
    moved = flow.authorize(state="%/+=" * 330)
    assert len(moved["Location"]) < 8000
    assert answer(flow.sign_in(moved))["state"] == "%/+=" * 330
