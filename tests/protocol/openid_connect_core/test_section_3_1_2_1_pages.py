"""OpenID Connect Core section 3.1.2.1: languages, displays, and parameters that are no more than wishes."""

from typing import Any

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.pushing import push, visit

CHINESE, ENGLISH = 'lang="zh-hans"', 'lang="en"'


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


def follow(flow: Flow, response: Any) -> str:
    """The page that this answer leads to, or that it is."""
    page = flow.browser.get(response["Location"]) if response.status_code == 303 else response
    text: str = page.content.decode()
    return text


# --- ui_locales ------------------------------------------------------------------------------------------------------


@pytest.mark.must("OpenID Connect Core", "15.1", "ui_locales is taken without an error, whatever it names")
@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [
        ("en", ENGLISH),
        ("en-GB fr", ENGLISH),
        ("se en", ENGLISH),
        ("zh-CN en", CHINESE),
        ("zh-Hans", CHINESE),
        ("zh", CHINESE),
        ("se", CHINESE),
        ("* -- é en_", CHINESE),
        ("", CHINESE),
    ],
)
def test_section_3_1_2_1_the_pages_speak_the_first_language_that_there_is(
    flow: Flow, ui_locales: str, language: str
) -> None:
    flow.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    asked = flow.authorize(ui_locales=ui_locales)
    assert language in follow(flow, asked)
    assert language in flow.sign_in(asked).content.decode()
    assert language in flow.authorize(ui_locales=ui_locales, prompt="select_account", state="s").content.decode()
    assert language in flow.authorize(ui_locales=ui_locales, client_id="unknown").content.decode()
    assert language in flow.authorize(ui_locales=ui_locales, scope="x", response_mode="form_post").content.decode()


def test_section_3_1_2_1_the_language_of_the_request_comes_before_the_browsers(flow: Flow) -> None:
    flow.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert CHINESE in follow(flow, flow.authorize(ui_locales="zh-Hans"))
    assert ENGLISH in follow(flow, flow.authorize())


def test_section_3_1_2_1_what_a_form_is_refused_with_speaks_it_too(flow: Flow) -> None:
    asked = flow.authorize(ui_locales="en")
    refused = flow.sign_in(asked, password="wrong")
    assert "Incorrect username or password" in refused.content.decode()
    consent = flow.sign_in(asked)
    target = consent.content.decode().partition('action="/connect/consent')[2].partition('"')[0]
    assert ENGLISH in flow.browser.post(f"/connect/consent{target}", {"request": "forged"}).content.decode()


def test_the_language_that_the_person_has_chosen_comes_first(flow: Flow) -> None:
    flow.browser.post("/i18n/setlang/", {"language": "zh-hans"})
    asked = flow.authorize(ui_locales="en")
    assert CHINESE in follow(flow, asked)
    assert CHINESE in flow.sign_in(asked).content.decode()
    assert CHINESE in flow.authorize(ui_locales="en", client_id="unknown").content.decode()


def test_a_pushed_language_counts_and_one_beside_it_does_not(flow: Flow) -> None:
    asked = visit(flow, push(flow, ui_locales="en"), ui_locales="zh")
    assert ENGLISH in follow(flow, asked)
    assert ENGLISH in flow.sign_in(asked).content.decode()
    flow.browser.logout()
    assert CHINESE in follow(flow, visit(flow, push(flow), ui_locales="en"))


# --- What must not be an error ---------------------------------------------------------------------------------------


@pytest.mark.must("OpenID Connect Core", "15.1", "display, acr_values and claims_locales are taken without an error")
@pytest.mark.must("RFC 6749", "3.1", "an unknown parameter is ignored")
@pytest.mark.parametrize(
    "wish",
    [
        *({"display": word} for word in ("page", "popup", "touch", "wap", "hologram")),
        {"acr_values": "1"},
        {"acr_values": "1 2"},
        {"acr_values": "urn:mace:incommon:iap:silver"},
        {"claims_locales": "se"},
        {"extra": "foobar"},
        {"max_age": "10000"},
        {"login_hint": "buffy@example.com"},
        {"nonce": None},
        {"state": None},
        {"scope": "profile openid"},
        {"scope": "openid email"},
    ],
)
def test_section_15_1_a_wish_that_cannot_be_granted_is_no_error(flow: Flow, wish: dict[str, str | None]) -> None:
    asked = flow.authorize(**wish)
    assert "Sign in" in follow(flow, asked) or "登录" in follow(flow, asked)
    assert "code" in answer(flow.agree(flow.sign_in(asked)))


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "the endpoint takes GET and POST alike")
def test_section_3_1_2_1_post_leads_to_the_same_answer(flow: Flow) -> None:
    moved = flow.browser.post("/connect/authorize", flow.request())
    consent = flow.sign_in(flow.browser.get(moved["Location"]))
    assert "code" in answer(flow.agree(consent))


@pytest.mark.must("OpenID Connect Core", "3.1.2.6", "an error comes by the response mode that was asked for")
def test_section_3_1_2_6_an_error_comes_as_a_form_if_that_is_wanted(flow: Flow) -> None:
    page = flow.authorize(response_type=None, response_mode="form_post").content.decode()
    assert 'action="https://app.example/callback"' in page
    for name, value in {"error": "invalid_request", "state": "xyz", "iss": "http://testserver"}.items():
        assert f'name="{name}" value="{value}"' in page


def test_the_metadata_name_what_is_taken(world: World) -> None:
    said = world.http.get("/.well-known/openid-configuration").json()
    assert said["prompt_values_supported"] == ["none", "login", "consent", "select_account"]
    assert said["display_values_supported"] == ["page", "popup", "touch", "wap"]
    assert said["acr_values_supported"] == ["1"]
    assert said["ui_locales_supported"] == ["zh-Hans", "en"]
