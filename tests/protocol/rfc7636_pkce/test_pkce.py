"""RFC 7636: proof key for code exchange, with S256 alone and no way around it (RFC 9700 section 2.1.1)."""

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import CHALLENGE, VERIFIER, answer, make_flow


@pytest.mark.must("RFC 7636", "4.2", "S256 is the SHA-256 of the verifier, in base64url")
def test_appendix_b_the_example_of_the_document() -> None:
    assert VERIFIER == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert CHALLENGE == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.must("RFC 7636", "4.4.1", "where PKCE is required, its absence is invalid_request")
def test_section_4_4_1_a_request_without_a_challenge_is_refused(world: World) -> None:
    sent = answer(make_flow(world).authorize(code_challenge=None, code_challenge_method=None))
    assert sent["error"] == "invalid_request"


@pytest.mark.must("RFC 7636", "4.4.1", "an unsupported transformation is invalid_request")
@pytest.mark.parametrize(
    ("challenge", "method"), [(VERIFIER, "plain"), (CHALLENGE, None), ("short", "S256"), (CHALLENGE + "=", "S256")]
)
def test_section_4_3_anything_but_s256_is_refused(world: World, challenge: str, method: str | None) -> None:
    sent = answer(make_flow(world).authorize(code_challenge=challenge, code_challenge_method=method))
    assert sent["error"] == "invalid_request"


@pytest.mark.must("RFC 9700", "2.1.1", "public clients use PKCE")
@pytest.mark.must("RFC 8252", "8.1", "PKCE protects public native apps")
def test_a_confidential_client_may_be_relaxed_and_a_public_one_never(world: World) -> None:
    flow = make_flow(world, requires_pkce=False)
    code = flow.code(code_challenge=None, code_challenge_method=None)
    assert flow.redeem(code, code_verifier=None).status_code == 200
    client = world.of(flow.app)
    client.client_type = "public"
    client.save()
    assert answer(flow.authorize(code_challenge=None))["error"] == "invalid_request"


@pytest.mark.must("RFC 9700", "2.1.1", "a verifier is accepted only where there was a challenge")
@pytest.mark.must("RFC 9700", "4.8.2", "a verifier without a challenge is rejected")
def test_a_verifier_for_a_code_without_a_challenge_is_a_downgrade(world: World) -> None:
    flow = make_flow(world, requires_pkce=False)
    code = flow.code(code_challenge=None, code_challenge_method=None)
    assert flow.redeem(code).json()["error"] == "invalid_grant"
