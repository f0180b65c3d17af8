"""RFC 9126 section 4: the person's browser comes with the `request_uri`."""

import pytest

from oauthx.models import AuthorizationCode, PushedRequest
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.pushing import push, visit


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


def refusal(caplog: pytest.LogCaptureFixture) -> str:
    """The reason of the last line of the log."""
    return caplog.messages[-1].partition("reason=")[2].split()[0]


@pytest.mark.must("RFC 9126", "4", "client_id and request_uri lead to the request that was pushed")
def test_section_4_leads_to_tokens(flow: Flow) -> None:
    request_uri = push(flow)
    code = answer(flow.sign_in(visit(flow, request_uri)))["code"]
    assert flow.redeem(code).status_code == 200
    assert request_uri not in str(AuthorizationCode.objects.values())


def test_section_4_consent_is_asked_and_answered(world: World) -> None:
    flow = make_flow(world)
    consent = flow.sign_in(visit(flow, push(flow)))
    assert "code" in answer(flow.agree(consent))
    assert answer(flow.agree(visit(flow, push(flow, prompt="consent")), button="deny"))["error"] == "access_denied"
    assert not PushedRequest.objects.exists()


@pytest.mark.must("RFC 9126", "4", "only what was pushed counts")
@pytest.mark.must("RFC 9126", "2.4", "the redirect URI is the pushed one")
def test_section_4_other_parameters_beside_it_are_ignored(flow: Flow) -> None:
    flow.sign_in(flow.authorize())
    more = {"state": "forged", "scope": "all", "redirect_uri": "https://evil.example/", "prompt": "none login"}
    sent = answer(visit(flow, push(flow, scope="openid profile"), **more))
    assert sent["state"] == "xyz"
    assert flow.redeem(sent["code"]).json()["scope"] == "openid profile"


@pytest.mark.must("RFC 9126", "2.2", "request_uri is bound to the client that pushed it")
def test_section_2_2_another_clients_request_uri_leads_nowhere(
    flow: Flow, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    request_uri = push(flow)
    other = Flow(world, world.make_client("other", grant_types=["authorization_code"]))
    response = visit(other, request_uri)
    assert response.status_code == 400
    assert "Location" not in response
    assert refusal(caplog) == "request_uri_of_another_client"
    assert visit(flow, request_uri).status_code == 303


@pytest.mark.parametrize("rest", ["", "x" * 43, "nul\x00", "x" * 9000])
def test_section_4_an_unknown_request_uri_leads_nowhere(
    flow: Flow, caplog: pytest.LogCaptureFixture, rest: str
) -> None:
    response = visit(flow, f"urn:ietf:params:oauth:request_uri:{rest}", redirect_uri="https://app.example/callback")
    assert (response.status_code, "Location" in response) == (400, False)
    assert refusal(caplog) == "request_uri_unknown"


@pytest.mark.must("RFC 9126", "4", "an expired request_uri is refused as invalid")
def test_section_4_a_request_uri_expires_after_90_seconds(
    flow: Flow, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    late, early = push(flow), push(flow)
    world.pass_time(seconds=89)
    assert visit(flow, early).status_code == 303
    world.pass_time(seconds=1)
    assert visit(flow, late).status_code == 400
    assert refusal(caplog) == "request_uri_expired"


def test_section_4_who_has_come_with_it_has_ten_minutes_to_sign_in(flow: Flow, world: World) -> None:
    request_uri = push(flow)
    asked = visit(flow, request_uri)
    world.pass_time(minutes=9)
    assert "code" in answer(flow.sign_in(asked))
    slow = visit(flow, push(flow, prompt="login"))
    world.pass_time(minutes=10)
    assert flow.sign_in(slow).status_code == 400


@pytest.mark.must("RFC 9126", "4", "a request_uri is used once; a reload before the answer is no use")
@pytest.mark.must("RFC 9126", "7.3", "a request_uri cannot be replayed")
def test_section_4_one_request_uri_brings_one_answer(flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
    request_uri = push(flow)
    assert visit(flow, request_uri).status_code == visit(flow, request_uri).status_code == 303
    answer(flow.sign_in(visit(flow, request_uri)))
    assert visit(flow, request_uri).status_code == 400
    assert refusal(caplog) == "request_uri_unknown"
    assert AuthorizationCode.objects.count() == 1


def test_section_4_an_error_uses_it_up_too(flow: Flow) -> None:
    request_uri = push(flow, prompt="none")
    assert answer(visit(flow, request_uri))["error"] == "login_required"
    assert visit(flow, request_uri).status_code == 400


def test_section_4_a_second_press_of_the_button_brings_no_second_code(world: World) -> None:
    flow = make_flow(world)
    consent = flow.sign_in(visit(flow, push(flow)))
    assert "code" in answer(flow.agree(consent))
    assert flow.agree(consent).status_code == 400
    assert AuthorizationCode.objects.count() == 1


@pytest.mark.must("RFC 9126", "4", "a pushed request is validated as any other")
def test_section_4_what_has_changed_since_the_push_counts(flow: Flow, world: World) -> None:
    flow.sign_in(flow.authorize())
    request_uri = push(flow, scope="openid profile")
    client = world.of(flow.app)
    client.scopes = ["openid"]
    client.save()
    assert answer(visit(flow, request_uri))["error"] == "invalid_scope"
    assert not PushedRequest.objects.exists()
    gone = push(flow)
    client.redirect_uris = "https://app.example/other"
    client.save()
    assert visit(flow, gone).status_code == 400


@pytest.mark.must("RFC 9126", "6", "a client that must push is refused when it does not")
def test_section_6_a_client_that_must_push_is_refused_without(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    client.requires_pushed_requests = True
    client.save()
    sent = answer(flow.authorize())
    assert (sent["error"], sent["state"]) == ("invalid_request", "xyz")
    assert "code" in answer(flow.sign_in(visit(flow, push(flow))))


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_sign_in_before_the_visit_does_not_count_and_cannot_be_made_to(flow: Flow, wish: dict[str, str]) -> None:
    """What is wished for stands on the server: nothing in the address takes it away."""
    flow.sign_in(flow.authorize())
    request_uri = push(flow, **wish)
    asked = visit(flow, request_uri)
    assert asked["Location"].startswith("/account/login/")
    for more in ({}, {"prompt": "consent"}, {"progress": "x"}):
        assert visit(flow, request_uri, **more)["Location"].startswith("/account/login/")
    assert "code" in answer(flow.sign_in(asked))
    # A sign-in between the push and the visit is none for its sake either.
    late = push(flow, **wish)
    flow.sign_in(flow.authorize(prompt="login"))
    assert visit(flow, late)["Location"].startswith("/account/login/")


def test_the_progress_of_one_request_does_not_serve_another(flow: Flow) -> None:
    first = visit(flow, push(flow, prompt="login"))["Location"]
    flow.sign_in(visit(flow, push(flow, prompt="login")))
    progress = first.partition("progress%3D")[2].partition("&")[0]
    assert progress
    assert visit(flow, push(flow, prompt="login"), progress=progress)["Location"].startswith("/account/login/")


@pytest.mark.must("RFC 9126", "5", "the metadata name the endpoint, and whether every client must push")
def test_section_5_the_metadata_name_the_endpoint(world: World) -> None:
    said = world.http.get("/.well-known/oauth-authorization-server").json()
    assert said["pushed_authorization_request_endpoint"] == "http://testserver/connect/par"
    assert said["require_pushed_authorization_requests"] is False
