"""The account page's sections about applications: what the person sees of them, and that his buttons end them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from accounts.account_sections import ENDED_AT_MOST
from accounts.models import BrowserSession, LoginEvent, User
from oauthx.claims import digest
from oauthx.models import AccessToken, AuthorizationCode, Client, Consent, TokenFamily
from tests.contract.wire import CONNECT, ENDPOINTS
from tests.contract.world import World
from tests.protocol.code_flow import Flow, make_flow

PAGE = "/account/"
WITHDRAW, END, END_ALL = "/account/allowed/withdraw/", "/account/applications/end/", "/account/applications/end-all/"
AMS = ENDPOINTS[0]


@pytest.fixture
def flow(world: World) -> Flow:
    flow = make_flow(world)
    flow.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    Client.objects.filter(client_id="webapp").update(name="The portal")
    return flow


def text_of(browser: HttpClient) -> str:
    response = browser.get(PAGE)
    assert response.status_code == 200
    return str(response.content.decode())


def press(browser: HttpClient, address: str, **fields: object) -> str:
    """Press a button; returns the page that follows."""
    response = browser.post(address, fields)
    assert (response.status_code, response["Location"]) == (303, PAGE), response.content
    return text_of(browser)


def tokens_of(flow: Flow, scope: str = "openid profile") -> dict[str, Any]:
    """Sign in to the application, allow it, and exchange the code."""
    answer = flow.redeem(flow.code(scope=scope))
    assert answer.status_code == 200, answer.content
    tokens: dict[str, Any] = answer.json()
    return tokens


def is_good(world: World, access_token: str) -> bool:
    answer = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code in {200, 401}
    return bool(answer.status_code == 200)


def refresh_status(flow: Flow, refresh_token: str) -> int:
    wire = CONNECT.request(flow.app, grant_type="refresh_token", refresh_token=refresh_token)
    return int(wire.send(flow.world.http).status_code)


def foreign_browser(world: World) -> HttpClient:
    """The browser of another person of the tenant."""
    browser = HttpClient()
    browser.force_login(world.make_user("li"))
    return browser


# --- What was allowed ------------------------------------------------------------------------------------------------


def test_what_was_allowed_is_listed_in_the_readers_words(world: World, flow: Flow) -> None:
    tokens_of(flow)
    text = text_of(flow.browser)
    for words in ("The portal", "Sign you in", "Your name and picture"):
        assert words in text
    assert "Your phone number" not in text
    assert "The portal" not in text_of(foreign_browser(world))


def test_a_withdrawn_application_is_signed_out_and_asks_again(world: World, flow: Flow) -> None:
    tokens = tokens_of(flow, "openid offline_access")
    assert is_good(world, tokens["access_token"])
    text = press(flow.browser, WITHDRAW, id=Consent.objects.get().pk)
    assert "The portal no longer has access to your account." in text
    assert not is_good(world, tokens["access_token"])
    assert refresh_status(flow, tokens["refresh_token"]) == 400
    asked = flow.authorize(scope="openid")
    assert asked.status_code == 200
    assert "The portal asks for access" in asked.content.decode()


def test_a_code_that_was_not_exchanged_yet_is_withdrawn_too(flow: Flow) -> None:
    code = flow.code(scope="openid")
    press(flow.browser, WITHDRAW, id=Consent.objects.get().pk)
    assert not AuthorizationCode.objects.exists()
    assert flow.redeem(code).status_code == 400


def test_a_withdrawal_stands_in_the_history(world: World, flow: Flow) -> None:
    tokens_of(flow)
    text = press(flow.browser, WITHDRAW, id=Consent.objects.get().pk)
    event = LoginEvent.objects.get(kind="logout")
    assert (event.account, event.user_id, event.reason) == ("admin", world.admin.pk, "consent_withdrawn")
    assert (event.client_id, event.client_name, event.actor) == ("webapp", "The portal", "")
    assert TokenFamily.objects.get().end_reason == "consent_withdrawn"
    assert "Signed out: access withdrawn by the person" in text


def test_a_withdrawal_leaves_others_alone(world: World, flow: Flow) -> None:
    tokens = tokens_of(flow)
    other_client = Client.objects.get(client_id="app")
    own = Consent.objects.create(user=world.admin, client=other_client, scopes=["openid"])
    press(flow.browser, WITHDRAW, id=own.pk)
    assert is_good(world, tokens["access_token"])
    assert Consent.objects.get().client.client_id == "webapp"


# --- What is signed in -----------------------------------------------------------------------------------------------


def test_an_app_that_signed_in_by_password_is_listed_and_ended(world: World, flow: Flow) -> None:
    tokens_of(flow)
    tokens = world.tokens(AMS)
    other = world.tokens(AMS)
    assert text_of(flow.browser).count(f'action="{END}"') == 2
    text = press(flow.browser, END, id=_family_of(tokens).pk)
    assert "app is signed out." in text
    assert text.count(f'action="{END}"') == 1
    assert world.user_info(tokens["access_token"]).status_code == 401
    assert world.user_info(other["access_token"]).status_code == 200
    event = LoginEvent.objects.get(kind="logout")
    assert (event.account, event.client_id, event.dialect, event.reason) == ("admin", "app", AMS.name, "account_page")


def _family_of(tokens: dict[str, Any]) -> TokenFamily:
    family: TokenFamily = TokenFamily.objects.get(access_tokens__token_checksum=digest(tokens["access_token"]))
    return family


def test_what_goes_with_the_browser_is_not_listed(flow: Flow) -> None:
    tokens_of(flow, "openid")
    assert f'action="{END}"' not in text_of(flow.browser)


def test_what_outlasts_the_browser_is_listed_and_ended(world: World, flow: Flow) -> None:
    tokens = tokens_of(flow, "openid offline_access")
    family = TokenFamily.objects.get()
    assert family.browser_session is not None
    assert f'value="{family.pk}"' in text_of(flow.browser)
    press(flow.browser, END, id=family.pk)
    assert refresh_status(flow, tokens["refresh_token"]) == 400
    assert f'value="{family.pk}"' not in text_of(flow.browser)


def test_signing_another_browser_out_ends_what_outlasts_a_logout_too(world: World, flow: Flow) -> None:
    """A logout spares what was asked for to outlast it; a browser that one no longer trusts does not."""
    tokens = tokens_of(flow, "openid offline_access")
    here = HttpClient()
    here.force_login(world.admin)
    press(here, "/account/browsers/end/", id=str(BrowserSession.objects.get(token_families__isnull=False).pk))
    assert refresh_status(flow, tokens["refresh_token"]) == 400


def test_all_are_ended_at_once(world: World, flow: Flow) -> None:
    foreign = world.make_user("li")
    foreign_tokens = world.tokens(AMS, account="li")
    tokens = [world.tokens(AMS), world.tokens(AMS), tokens_of(flow, "openid offline_access")]
    text = press(flow.browser, END_ALL)
    assert "3 applications are signed out." in text
    assert not [one for one in tokens if world.user_info(one["access_token"]).status_code == 200]
    assert world.user_info(foreign_tokens["access_token"]).status_code == 200
    assert LoginEvent.objects.filter(kind="logout", user_id=world.admin.pk).count() == 3
    assert not LoginEvent.objects.filter(kind="logout", user_id=foreign.pk).exists()


def test_a_press_ends_a_bounded_number_and_says_that_there_are_more(world: World, flow: Flow) -> None:
    world.tokens(AMS)
    first, expires = TokenFamily.objects.get(), world.clock() + timedelta(hours=1)
    fields = {"user": first.user, "client": first.client, "tenant": first.tenant, "dialect": AMS.name}
    fields |= {"grant": "password", "auth_time": world.clock()}
    families = [TokenFamily(id=uuid4(), **fields) for _number in range(ENDED_AT_MOST)]
    TokenFamily.objects.bulk_create(families)
    AccessToken.objects.bulk_create(
        AccessToken(token_checksum=family.pk.hex, expires=expires, application=first.client, token_family=family)
        for family in families
    )
    flow.browser.force_login(world.admin)
    more = "200 applications are signed out. There are more: press the button again."
    assert more in press(flow.browser, END_ALL)
    assert TokenFamily.objects.filter(ended_at=None).count() == 1
    assert "1 application is signed out." in press(flow.browser, END_ALL)
    assert not TokenFamily.objects.filter(ended_at=None).exists()
    assert LoginEvent.objects.filter(kind="logout").count() == ENDED_AT_MOST + 1


def test_what_has_expired_is_not_listed(world: World, flow: Flow) -> None:
    tokens_of(flow)
    world.tokens(AMS)
    assert f'action="{END}"' in text_of(flow.browser)
    world.pass_time(days=8)
    assert f'action="{END}"' not in text_of(flow.browser)


def test_signing_out_on_the_page_asks_nothing_more_and_tells_the_applications(flow: Flow) -> None:
    Client.objects.update(frontchannel_logout_uri="https://app.example/front")
    tokens_of(flow)
    assert 'action="/connect/endsession/answer"' in text_of(flow.browser)
    response = flow.browser.post("/connect/endsession/answer", {"sign_out": "sign_out"})
    assert response.status_code == 200
    assert 'src="https://app.example/front?' in response.content.decode()
    assert not BrowserSession.objects.filter(ended_at=None).exists()
    assert flow.browser.get(PAGE).status_code == 303


def test_a_form_of_another_site_signs_nobody_out(flow: Flow) -> None:
    tokens_of(flow)
    attacked = HttpClient(enforce_csrf_checks=True)
    attacked.cookies = flow.browser.cookies
    response = attacked.post(
        "/connect/endsession/answer", {"sign_out": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert response.status_code == 403
    assert flow.browser.get(PAGE).status_code == 200


# --- What is another's -----------------------------------------------------------------------------------------------


ROWS: list[tuple[str, Callable[[], Any]]] = [
    (WITHDRAW, Consent.objects.get),
    (END, lambda: TokenFamily.objects.get(dialect=AMS.name)),
]


@pytest.mark.parametrize(("address", "row"), ROWS, ids=["consent", "session"])
@pytest.mark.parametrize("nonsense", [None, "", "-1", "\x00", "9" * 40, "x"])
def test_what_is_not_ones_own_does_not_exist(
    world: World, flow: Flow, address: str, row: Callable[[], Any], nonsense: str | None
) -> None:
    tokens = tokens_of(flow)
    others = world.tokens(AMS)
    key = row().pk if nonsense is None else nonsense
    assert foreign_browser(world).post(address, {"id": key}).status_code == 404
    assert Consent.objects.exists()
    assert is_good(world, tokens["access_token"])
    assert world.user_info(others["access_token"]).status_code == 200
    assert not LoginEvent.objects.filter(kind="logout").exists()


# --- Effort ----------------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow(world: World, flow: Flow) -> None:
    tokens_of(flow, "openid offline_access")
    world.tokens(AMS)
    before = _queries(flow.browser)
    for number in range(12):
        _more(world, number)
    assert _queries(flow.browser) == before
    assert text_of(flow.browser).count(f'action="{WITHDRAW}"') == 13


def _queries(browser: HttpClient) -> int:
    # A new client empties the registry's memory, which the first page fills again.
    text_of(browser)
    with CaptureQueriesContext(connection) as captured:
        text_of(browser)
    return len(captured)


def _more(world: World, number: int) -> None:
    """One more application that is signed in, and one that is allowed."""
    world.tokens(AMS)
    client_id, _secret = world.make_client(f"client-{number}")
    client = Client.objects.get(client_id=client_id)
    Consent.objects.create(user=User.objects.get(account="admin"), client=client, scopes=["openid"])
