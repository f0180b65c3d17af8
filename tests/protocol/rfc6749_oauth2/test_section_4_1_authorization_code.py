"""RFC 6749 section 4.1: the authorization code grant, from the browser to the tokens."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client as HttpClient

from accounts.models import LoginEvent
from oauthx.models import AuthorizationCode, TokenFamily
from tests.contract.world import World, reasons
from tests.protocol.code_flow import REDIRECT_URI, Flow, answer, make_flow


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world)


@pytest.mark.must("RFC 6749", "3.1", "the person is identified first")
@pytest.mark.must("RFC 6749", "4.1.2", "the answer carries the code")
@pytest.mark.must("OpenID Connect Core", "3.1.2.4", "the person decides before anything is released")
def test_section_4_1_leads_from_sign_in_over_consent_to_tokens(flow: Flow, world: World) -> None:
    consent = flow.sign_in(flow.authorize())
    sent = answer(flow.agree(consent))
    assert sent["state"] == "xyz"
    tokens = flow.redeem(sent["code"]).json()
    assert tokens["scope"] == "openid"
    assert "id_token" in tokens
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert world.http.get("/connect/userinfo", headers=bearer).json() == {"sub": str(world.admin.pk)}


def test_a_person_who_is_signed_in_and_agreed_is_not_asked_again(flow: Flow) -> None:
    flow.code()
    assert "code" in answer(flow.authorize())


def test_a_request_for_more_asks_again(flow: Flow) -> None:
    flow.code()
    assert flow.authorize(scope="openid profile").status_code == 200


def test_a_trusted_client_asks_for_no_consent(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    assert "code" in answer(flow.sign_in(flow.authorize()))


@pytest.mark.must("RFC 6749", "4.1.2.1", "an error names its code and repeats the state")
@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "without the consent that was asked for, an error is returned")
def test_section_4_1_2_1_a_person_who_refuses_is_reported(flow: Flow) -> None:
    sent = answer(flow.agree(flow.sign_in(flow.authorize()), button="deny"))
    assert (sent["error"], sent["state"]) == ("access_denied", "xyz")
    assert not AuthorizationCode.objects.exists()


@pytest.mark.must("RFC 6749", "3.1.2.3", "the redirect URI is compared with the registered ones, letter by letter")
@pytest.mark.must("RFC 6749", "3.1.2.4", "nobody is led to a redirect URI that does not match")
@pytest.mark.must("RFC 6749", "4.1.2.1", "nobody is led on for an unknown client or redirect URI")
@pytest.mark.must("RFC 6749", "4.1.1", "client_id is required")
@pytest.mark.must("OpenID Connect Core", "3.1.2.6", "nobody is led to an invalid redirect URI")
@pytest.mark.must("RFC 9700", "4.11.2", "the server is no open redirector")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": f"{REDIRECT_URI}?more=1"},
        {"redirect_uri": f"{REDIRECT_URI}#fragment"},
        {"redirect_uri": "https://user@app.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "nul\x00"},
    ],
)
def test_section_4_1_2_1_without_a_proven_redirect_uri_the_person_sees_a_page(
    flow: Flow, changes: dict[str, Any]
) -> None:
    response = flow.authorize(**changes)
    assert response.status_code == 400
    assert "Location" not in response
    assert response["Content-Type"].startswith("text/html")


def test_a_disabled_client_leads_nowhere(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.is_active = False
    client.save()
    assert flow.authorize().status_code == 400


@pytest.mark.must("RFC 6749", "3.1.1", "a missing or unknown response_type is an error")
@pytest.mark.must("RFC 6749", "4.1.1", "response_type is required")
@pytest.mark.must("RFC 6749", "4.1.2.1", "an error names its code and repeats the state")
@pytest.mark.must("OpenID Connect Core", "3.1.2.2", "every parameter is validated, every error answered")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid secrets"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://app.example/r"}, "request_uri_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"acr_values": "tenant:000000 tenant:000001"}, "invalid_request"),
        ({"acr_values": "tenant:999999"}, "invalid_request"),
        ({"nonce": "n\x00"}, "invalid_request"),
    ],
)
def test_section_4_1_2_1_other_errors_go_to_the_client_with_its_state(
    flow: Flow, changes: dict[str, Any], error: str
) -> None:
    sent = answer(flow.authorize(**changes))
    assert (sent["error"], sent["state"]) == (error, "xyz")
    assert sent["error_description"].isascii()


@pytest.mark.must("RFC 6749", "3.1", "no parameter is included more than once")
def test_section_3_1_a_repeated_parameter_is_refused(flow: Flow) -> None:
    for name, status in (("scope", 303), ("redirect_uri", 400), ("client_id", 400)):
        pairs = [*flow.request().items(), (name, flow.request()[name])]
        response = flow.browser.get("/connect/authorize", query_params=pairs)  # type: ignore[arg-type]  # pairs, since a name stands twice
        assert response.status_code == status, name


def test_a_client_without_this_grant_is_refused(world: World) -> None:
    flow = make_flow(world, grant_types=["password"])
    assert answer(flow.authorize())["error"] == "unauthorized_client"


@pytest.mark.must("OpenID Connect Core", "3.1.2.1", "GET and POST are supported")
def test_section_3_1_post_is_answered_like_get(flow: Flow) -> None:
    moved = flow.browser.post("/connect/authorize", flow.request())
    assert moved.status_code == 303
    assert moved["Location"] == f"/connect/authorize?{urlencode(flow.request())}"


# --- Section 4.1.3: the token request ---------------------------------------------------------------------------------


@pytest.mark.must("RFC 6749", "4.1.3", "redirect_uri is identical to that of the authorization request")
@pytest.mark.must("RFC 6749", "10.6", "the code is exchanged with the redirect URI that it was obtained with")
@pytest.mark.must("RFC 7636", "4.6", "a verifier that does not match is invalid_grant")
@pytest.mark.must("OpenID Connect Core", "3.1.3.2", "redirect_uri is identical to that of the authentication request")
@pytest.mark.must("RFC 9700", "2.1.1", "who sent a challenge needs its verifier")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"redirect_uri": "http://127.0.0.1/callback"}, "code_redirect_mismatch"),
        ({"redirect_uri": f"{REDIRECT_URI}/"}, "code_redirect_mismatch"),
        ({"code_verifier": "x" * 43}, "code_verifier_mismatch"),
        ({"code_verifier": None}, "code_verifier_mismatch"),
    ],
)
def test_section_4_1_3_what_differs_from_the_request_is_refused_and_the_code_stays_good(
    flow: Flow, changes: dict[str, Any], reason: str
) -> None:
    code = flow.code()
    refused = flow.redeem(code, **changes)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert reasons()[-1] == reason
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 6749", "4.1.2", "the code is bound to the client and the redirect URI")
@pytest.mark.must("RFC 6749", "4.1.3", "the code was issued to this client")
@pytest.mark.must("RFC 6749", "10.5", "the code was issued to the client that authenticates")
@pytest.mark.must("OpenID Connect Core", "3.1.3.2", "the code was issued to this client")
def test_section_4_1_3_another_client_cannot_use_the_code(flow: Flow, world: World) -> None:
    other = world.make_client("other", grant_types=["authorization_code"], redirect_uris=REDIRECT_URI)
    code = flow.code()
    assert flow.redeem(code, client=other).json()["error"] == "invalid_grant"
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 6749", "4.1.2", "a code expires shortly")
@pytest.mark.must("RFC 6749", "10.5", "a code is short-lived")
@pytest.mark.must("OpenID Connect Core", "3.1.3.2", "the code is valid")
def test_section_4_1_2_a_code_lives_for_a_minute(flow: Flow, world: World) -> None:
    code = flow.code()
    world.pass_time(seconds=60)
    assert flow.redeem(code).json()["error"] == "invalid_grant"
    assert reasons()[-1] == "code_expired"


@pytest.mark.must("RFC 6749", "4.1.2", "a code used again is denied")
@pytest.mark.must("RFC 6749", "10.5", "a code is good once")
@pytest.mark.must("OpenID Connect Core", "3.1.3.2", "the code was not used before")
@pytest.mark.must("RFC 9700", "4.2.4", "a code is void after its first use")
def test_section_4_1_2_a_replay_is_refused_and_ends_what_the_code_brought(flow: Flow, world: World) -> None:
    code = flow.code(scope="openid offline_access")
    tokens = flow.redeem(code).json()
    assert flow.redeem(code).json()["error"] == "invalid_grant"
    assert world.user_info(tokens["access_token"]).status_code == 401
    assert TokenFamily.objects.get().end_reason == "code_replayed"


def test_section_10_5_a_code_is_kept_as_a_digest_and_never_logged(flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
    code = flow.code()
    assert AuthorizationCode.objects.get().code != code
    flow.redeem(code)
    assert code not in caplog.text
    assert not LoginEvent.objects.filter(reason__contains=code).exists()


def test_a_person_disabled_meanwhile_gets_nothing(flow: Flow, world: World) -> None:
    code = flow.code()
    world.admin.is_active = False
    world.admin.save()
    assert flow.redeem(code).json()["error"] == "invalid_grant"


def test_a_password_that_changed_meanwhile_takes_the_code_with_it(flow: Flow, world: World) -> None:
    code = flow.code()
    world.admin.set_password("another one")
    world.admin.save()
    assert flow.redeem(code).json()["error"] == "invalid_grant"


def test_a_shared_client_that_may_no_longer_serve_the_tenant_gets_nothing(world: World) -> None:
    flow = make_shared(world, world.make_tenant("000001"))
    code = flow.code()
    world.of(flow.app).served_tenants.remove(world.tenant)
    assert flow.redeem(code).json()["error"] == "invalid_grant"
    assert reasons()[-1] == "tenant_not_served"


# --- The person's pages -----------------------------------------------------------------------------------------------


def test_a_session_of_another_tenant_means_a_new_sign_in(flow: Flow, world: World) -> None:
    other = world.make_tenant("000001")
    world.make_user("visitor", tenant=other)
    shared = make_shared(world, other)
    shared.browser = flow.browser
    shared.sign_in(shared.authorize(acr_values="tenant:000001"), account="visitor")
    assert flow.authorize()["Location"].startswith("/account/login/")


def make_shared(world: World, other: Any) -> Flow:
    app = world.make_client(
        "shared",
        serves=(world.tenant, other),
        grant_types=["authorization_code"],
        dialects=["connect"],
        redirect_uris=REDIRECT_URI,
    )
    return Flow(world, app)


def test_a_shared_client_learns_the_tenant_at_the_sign_in(world: World) -> None:
    flow = make_shared(world, world.make_tenant("000001"))
    page = flow.browser.get(flow.authorize()["Location"]).content.decode()
    assert 'type="text" name="tenant"' in page
    assert flow.redeem(flow.code()).status_code == 200


def test_a_bound_client_asks_for_no_tenant(flow: Flow) -> None:
    page = flow.browser.get(flow.authorize()["Location"]).content.decode()
    assert 'type="hidden" name="tenant" value="000000"' in page


def test_a_wrong_password_stays_on_the_page_and_says_so(flow: Flow) -> None:
    page = flow.sign_in(flow.authorize(), password="wrong")
    assert page.status_code == 400
    assert "用户名或密码错误" in page.content.decode()
    assert "wrong" not in page.content.decode()


@pytest.mark.must("RFC 9700", "2.1", "no address forwards to whatever a parameter names")
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_the_sign_in_leads_to_this_host_alone(flow: Flow, target: str) -> None:
    form = {"tenant": "000000", "username": "admin", "password": "admin"}
    done = flow.browser.post("/account/login/", form, query_params={"next": target})
    assert urlsplit(done["Location"]).netloc == ""
    assert done["Location"] == "/account/"


@pytest.mark.must("RFC 6749", "10.12", "the pages are safe from forged requests (CSRF)")
@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "sign-in and consent are safe from CSRF and clickjacking")
def test_the_pages_are_safe_from_forged_forms(flow: Flow) -> None:
    strict = HttpClient(enforce_csrf_checks=True)
    assert strict.post("/account/login/", {"tenant": "000000"}).status_code == 403
    assert strict.post("/connect/consent", {"allow": "allow"}).status_code == 403


def test_a_session_gets_a_new_key_at_the_sign_in(flow: Flow) -> None:
    flow.browser.get("/account/login/")
    session = flow.browser.session
    session["planted"] = True
    session.save()
    before = session.session_key
    flow.sign_in(flow.authorize())
    assert flow.browser.session.session_key != before


@pytest.mark.must("RFC 9700", "4.16", "pages are safe from clickjacking")
@pytest.mark.must("OpenID Connect Core", "3.1.2.3", "sign-in and consent are safe from CSRF and clickjacking")
def test_every_page_is_framed_by_nobody_and_runs_no_foreign_script(flow: Flow) -> None:
    login = flow.browser.get(flow.authorize()["Location"])
    consent = flow.sign_in(flow.authorize())
    for page in (login, consent, flow.authorize(client_id="unknown")):
        policy = page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page["Referrer-Policy"] == "same-origin"
        assert page["Cache-Control"] == "no-store"
        assert "<script>" not in page.content.decode()


@pytest.mark.must("RFC 6749", "10.12", "nothing is authorized without the explicit consent of the person")
def test_a_consent_for_somebody_else_is_refused(flow: Flow, world: World) -> None:
    page = flow.sign_in(flow.authorize())
    world.make_user("other")
    stranger = HttpClient()
    flow.browser, browser = stranger, flow.browser
    flow.sign_in(flow.authorize(), account="other")
    refused = flow.agree(page)
    assert refused.status_code == 400
    assert browser.session.session_key != stranger.session.session_key
