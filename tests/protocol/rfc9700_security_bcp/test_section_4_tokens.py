"""RFC 9700 sections 2.1.1, 2.2 and 4.8 to 4.15: PKCE, refresh tokens, and clients that look like people."""

import pytest

from oauthx.models import TokenFamily
from tests.contract.wire import CONNECT, Credentials
from tests.contract.world import SCOPES, World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.rfc7662_introspection.test_section_2 import introspect
from tests.protocol.tokens import ask_userinfo, claims_of, metadata_of, own_token


def as_public(client: Credentials) -> Credentials:
    """Without its secret."""
    return client[0], ""


@pytest.fixture
def public(world: World) -> Flow:
    return make_flow(world, client_type="public", scopes=SCOPES, skip_authorization=True)


@pytest.mark.must("RFC 9700", "2.1.1", "PKCE is supported")
@pytest.mark.must("RFC 9700", "2.1.1", "the support of PKCE can be detected")
@pytest.mark.must("RFC 9700", "4.7.1", "the support of PKCE can be detected")
def test_section_2_1_1_the_metadata_name_pkce(world: World) -> None:
    assert metadata_of(world)["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.must("RFC 9700", "4.8.2", "a challenge is bound to the code, which is worth nothing without its verifier")
def test_section_4_8_2_a_code_with_a_challenge_needs_its_verifier(world: World) -> None:
    flow = make_flow(world, requires_pkce=False, skip_authorization=True)
    code = flow.code()
    assert flow.redeem(code, code_verifier=None).json()["error"] == "invalid_grant"
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 9700", "2.1.1", "public clients use PKCE")
def test_section_2_1_1_a_public_client_cannot_do_without(world: World) -> None:
    flow = make_flow(world, client_type="public", requires_pkce=False)
    assert answer(flow.authorize(code_challenge=None, code_challenge_method=None))["error"] == "invalid_request"


@pytest.mark.must("RFC 9700", "2.2.2", "refresh tokens of public clients are rotated")
@pytest.mark.must("RFC 9700", "4.14.2", "the replay of a public client's refresh token is detected")
def test_section_4_14_2_a_replayed_refresh_token_ends_the_family(public: Flow, world: World) -> None:
    tokens = public.redeem(public.code(scope="openid offline_access"), client=as_public(public.app)).json()

    def refresh(refresh_token: str) -> dict[str, str]:
        wire = CONNECT.request(as_public(public.app), grant_type="refresh_token", refresh_token=refresh_token)
        body: dict[str, str] = wire.send(world.http).json()
        return body

    renewed = refresh(tokens["refresh_token"])
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert refresh(tokens["refresh_token"])["error"] == "invalid_grant"
    assert refresh(renewed["refresh_token"])["error"] == "invalid_grant"
    assert ask_userinfo(world, renewed["access_token"]).status_code == 401
    assert TokenFamily.objects.get().end_reason == "refresh_replayed"


@pytest.mark.must("RFC 9700", "4.14.2", "whether a client gets refresh tokens is decided for each")
@pytest.mark.parametrize("may", [True, False])
def test_section_4_14_2_refresh_tokens_are_for_clients_that_may_have_them(may: bool, world: World) -> None:
    scopes = ["openid", *(["offline_access"] if may else [])]
    flow = make_flow(world, skip_authorization=True, scopes=scopes)
    assert ("refresh_token" in flow.redeem(flow.code(scope=None)).json()) == may
    assert may or answer(flow.authorize(scope="openid offline_access"))["error"] == "invalid_scope"


@pytest.mark.must("RFC 9700", "4.14.2", "a refresh token is bound to the scope that the person agreed to")
def test_section_4_14_2_a_scope_that_the_client_got_later_does_not_count(public: Flow, world: World) -> None:
    tokens = public.redeem(public.code(scope="openid offline_access"), client=as_public(public.app)).json()
    wire = CONNECT.request(
        as_public(public.app), grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid email"
    )
    assert wire.send(world.http).json()["error"] == "invalid_scope"


@pytest.mark.must(
    "RFC 9700", "4.15.1", "a client's own token can be told from a person's, whatever the client is called"
)
def test_section_4_15_1_a_client_that_is_called_like_a_person_is_told_apart(world: World) -> None:
    namesake = world.make_client(str(world.admin.pk), grant_types=["client_credentials"])
    token = own_token(world, namesake)
    claims = claims_of(world, token)
    assert claims["sub"] == claims["client_id"] == str(world.admin.pk)
    assert "auth_time" not in claims
    assert "username" not in introspect(world, token, by=namesake).json()
    assert ask_userinfo(world, token).status_code == 403


@pytest.mark.must("RFC 9700", "2.3", "an access token is for certain resource servers")
def test_section_2_3_access_tokens_name_their_audience(world: World) -> None:
    assert claims_of(world, own_token(world))["aud"]
