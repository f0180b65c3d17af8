"""OpenID Connect RP-Initiated Logout section 2: who may end a session, and when the person is asked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient
from joserfc import jwk, jwt

from oauthx.models import SigningKey
from oauthx.signing import create_key, replace_key, signing_backend
from tests.contract.world import World
from tests.protocol.code_flow import Flow
from tests.protocol.logout_flow import (
    BYE,
    END_SESSION,
    ISSUER,
    assert_is_over,
    end_session,
    is_question,
    is_signed_in,
    make_logout_flow,
    press,
    tokens_of,
    verified,
)


@pytest.fixture
def flow(world: World) -> Flow:
    return make_logout_flow(world)


@pytest.fixture
def hint(flow: Flow) -> str:
    """The ID token of the session that the browser is in."""
    token: str = tokens_of(flow)["id_token"]
    return token


def resigned(world: World, token: str, header: dict[str, str] | None = None, **changes: Any) -> str:
    """The token with other claims, or another header, signed by the installation's own key."""
    backend = signing_backend("RS256", None)
    old = verified(world, token)
    claims = {name: value for name, value in {**old.claims, **changes}.items() if value is not None}
    return backend.encode(claims, {**old.header, **(header or {})})


def with_alg_none(token: str) -> str:
    """The token as somebody makes it who has no key."""
    return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + token.split(".")[1] + "."


def by_a_stranger(world: World, token: str) -> str:
    """The token's claims, signed by a key that is not ours, under the name of one that is."""
    old = verified(world, token)
    return jwt.encode(old.header, old.claims, jwk.RSAKey.generate_key(2048), algorithms=["RS256"])


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "the logout endpoint takes GET")
def test_section_2_the_sessions_own_id_token_ends_it_at_once(flow: Flow, hint: str) -> None:
    response = end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE, state="abc")
    assert (response.status_code, response["Location"]) == (303, f"{BYE}?state=abc")
    assert_is_over(flow)


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "the logout endpoint takes POST")
def test_section_2_a_form_of_another_site_goes_on_by_get_which_brings_the_cookie(flow: Flow, hint: str) -> None:
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": "a b&c", "unknown": "x"}
    foreign = HttpClient(enforce_csrf_checks=True).post(END_SESSION, sent)
    assert foreign.status_code == 303
    assert "unknown" not in foreign["Location"]
    response = flow.browser.get(foreign["Location"])
    assert (response.status_code, response["Location"]) == (303, f"{BYE}?state=a+b%26c")
    assert_is_over(flow)


@pytest.mark.parametrize("method", ["head", "put", "delete", "options"])
def test_section_2_no_other_method_ends_anything(flow: Flow, hint: str, method: str) -> None:
    response = getattr(flow.browser, method)(f"{END_SESSION}?id_token_hint={hint}")
    assert response.status_code == 405
    assert is_signed_in(flow)


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "without id_token_hint the person is asked")
@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "the person is logged out if he says yes")
@pytest.mark.parametrize(
    "parameters", [{}, {"state": "abc"}, {"client_id": "webapp"}, {"logout_hint": "admin"}], ids=str
)
def test_section_2_without_a_hint_the_person_is_asked(flow: Flow, hint: str, parameters: dict[str, str]) -> None:
    page = end_session(flow, **parameters)
    assert is_question(page)
    assert is_signed_in(flow)
    done = press(flow, page)
    assert done.status_code == 200
    assert_is_over(flow)


def test_section_2_who_says_no_stays_signed_in(flow: Flow, hint: str) -> None:
    page = press(flow, end_session(flow, client_id="webapp", post_logout_redirect_uri=BYE), "stay")
    assert page.status_code == 200
    assert is_signed_in(flow)


@pytest.mark.must(
    "OpenID Connect RP-Initiated Logout", "2", "with an ID token of another person the one who is signed in is asked"
)
def test_section_2_an_id_token_of_another_person_ends_nothing_without_asking(world: World, flow: Flow) -> None:
    world.make_user("other")
    other = Flow(world, flow.app)
    other.sign_in(other.authorize(), account="other")
    theirs = other.redeem(other.code()).json()["id_token"]
    tokens_of(flow)
    assert is_question(end_session(flow, id_token_hint=theirs, post_logout_redirect_uri=BYE))
    assert is_signed_in(flow)
    assert is_signed_in(other)


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "with an ID token of another session the person is asked")
def test_section_2_an_id_token_of_another_session_of_the_person_is_suspect(world: World, flow: Flow, hint: str) -> None:
    elsewhere = Flow(world, flow.app)
    elsewhere.code()
    assert is_question(end_session(elsewhere, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert is_signed_in(elsewhere)
    assert is_signed_in(flow)


def test_section_2_an_id_token_of_no_session_counts_for_its_person(world: World, flow: Flow, hint: str) -> None:
    assert end_session(flow, id_token_hint=resigned(world, hint, sid=None)).status_code == 200
    assert_is_over(flow)


def test_section_2_an_expired_id_token_is_accepted(world: World, flow: Flow, hint: str) -> None:
    world.pass_time(hours=7)
    assert end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)["Location"] == BYE
    assert_is_over(flow)


def test_section_2_an_id_token_of_a_retired_key_is_accepted(world: World, flow: Flow, hint: str) -> None:
    replace_key("RS256", tenant=None, overlap=timedelta(hours=1), now=world.clock())
    world.pass_time(hours=7)
    assert end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)["Location"] == BYE
    assert_is_over(flow)


@pytest.mark.parametrize("gone", ["deleted", "long ago"])
def test_section_2_an_id_token_of_a_key_that_is_gone_is_not(world: World, flow: Flow, hint: str, gone: str) -> None:
    replace_key("RS256", tenant=None, overlap=timedelta(hours=1), now=world.clock())
    if gone == "deleted":
        SigningKey.objects.get(status="retired").delete()
    else:
        world.pass_time(hours=26)
    assert is_question(end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE))


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "the provider validates that it issued the ID token")
@pytest.mark.must("OpenID Connect RP-Initiated Logout", "4", "what fails validation is not used")
@pytest.mark.parametrize(
    "kind",
    [
        "alg none",
        "a stranger's key",
        "another issuer",
        "a shared secret",
        "an access token",
        "no token",
        "deep",
        "long",
    ],
)
def test_section_2_a_hint_that_is_not_ours_counts_for_nothing(world: World, flow: Flow, kind: str) -> None:
    tokens = tokens_of(flow)
    hint = tokens["id_token"]
    makers: dict[str, Callable[[], str]] = {
        "alg none": lambda: with_alg_none(hint),
        "a stranger's key": lambda: by_a_stranger(world, hint),
        "another issuer": lambda: resigned(world, hint, iss="https://other.example"),
        "a shared secret": lambda: signing_backend("HS256", None).encode(verified(world, hint).claims, {"typ": "JWT"}),
        "an access token": lambda: tokens["access_token"],
        "no token": lambda: "not.a.token",
        "deep": lambda: "W1tb" * 1000 + ".e30.e30",
        "long": lambda: hint + "x" * 7000,
    }
    bad = makers[kind]()
    # Also with the client named beside it: the request is suspect as a whole.
    page = end_session(flow, id_token_hint=bad, client_id="webapp", post_logout_redirect_uri=BYE)
    assert is_question(page)
    assert is_signed_in(flow)
    done = press(flow, page)
    assert (done.status_code, BYE in done.content.decode()) == (200, False)
    assert_is_over(flow)


@pytest.mark.parametrize("changes", [{"sub": 1}, {"aud": None}, {"aud": ["webapp", "other"]}, {"sid": 7}], ids=str)
def test_section_2_a_hint_that_says_nothing_certain_counts_for_nothing(
    world: World, flow: Flow, hint: str, changes: dict[str, Any]
) -> None:
    assert is_question(end_session(flow, id_token_hint=resigned(world, hint, **changes)))


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
def test_section_2_other_kinds_of_our_own_tokens_are_no_hints(world: World, flow: Flow, hint: str, typ: str) -> None:
    assert is_question(end_session(flow, id_token_hint=resigned(world, hint, {"typ": typ})))


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_section_2_a_hint_may_be_signed_with_every_algorithm_of_ours(world: World, algorithm: str) -> None:
    create_key(algorithm)
    flow = make_logout_flow(world, algorithm=algorithm)
    hint = tokens_of(flow)["id_token"]
    assert verified(world, hint, algorithm).claims["aud"] == "webapp"
    assert end_session(flow, id_token_hint=hint, post_logout_redirect_uri=BYE)["Location"] == BYE


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2", "client_id is the one that the ID token was issued to")
def test_section_2_a_client_id_that_contradicts_the_hint_is_refused(
    world: World, flow: Flow, hint: str, caplog: Any
) -> None:
    world.make_client("other", post_logout_redirect_uris=BYE)
    response = end_session(flow, id_token_hint=hint, client_id="other", post_logout_redirect_uri=BYE)
    assert response.status_code == 400
    assert "reason=hint_of_another_client" in caplog.text
    assert hint not in caplog.text
    assert is_signed_in(flow)


def test_section_2_a_client_id_that_agrees_with_the_hint_is_fine(flow: Flow, hint: str) -> None:
    response = end_session(flow, id_token_hint=hint, client_id="webapp", post_logout_redirect_uri=BYE)
    assert response["Location"] == BYE


def test_section_2_without_a_hint_the_client_id_says_whose_address_it_is(flow: Flow, hint: str) -> None:
    page = end_session(flow, client_id="webapp", post_logout_redirect_uri=BYE, state="abc")
    assert is_question(page)
    done = press(flow, page)
    assert (done.status_code, done["Location"]) == (303, f"{BYE}?state=abc")
    assert_is_over(flow)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"client_id": "nobody"}, "client_unknown"),
        ({"client_id": "a\x00b"}, "parameter_malformed"),
        ({"state": ["a", "b"]}, "parameter_repeated"),
        ({"client_id": ["webapp", "webapp"]}, "parameter_repeated"),
        ({"ui_locales": "x" * 300}, "parameter_malformed"),
        ({"state": "x" * 9000}, "parameter_malformed"),
    ],
    ids=str,
)
def test_section_2_what_cannot_be_read_is_refused_on_a_page(
    flow: Flow, hint: str, parameters: dict[str, Any], reason: str, caplog: Any
) -> None:
    response = flow.browser.get(END_SESSION, parameters)
    assert response.status_code == 400
    assert f"reason={reason}" in caplog.text
    assert "/connect/endsession" in response.content.decode(), "he can still sign out from there"
    assert is_signed_in(flow)


def test_section_2_ui_locales_choose_the_language_of_the_pages(flow: Flow, hint: str) -> None:
    english = end_session(flow, ui_locales="fr en")
    assert "Do you want to sign out?" in english.content.decode()
    assert '<html lang="en"' in press(flow, english).content.decode()
    assert '<html lang="zh-hans"' in end_session(flow, ui_locales="zh-CN en").content.decode()


@pytest.mark.must("OpenID Connect RP-Initiated Logout", "2.1", "the metadata name end_session_endpoint")
def test_section_2_1_the_metadata_name_the_endpoint(world: World) -> None:
    metadata = world.http.get("/.well-known/openid-configuration").json()
    assert metadata["end_session_endpoint"] == f"{ISSUER}{END_SESSION}"
