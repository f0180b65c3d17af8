"""RFC 7636 section 4: a challenge is bound to its code, shown to nobody, and answered by its verifier alone."""

import base64
import hashlib

import pytest

from oauthx.models import AuthorizationCode
from tests.contract.world import World
from tests.protocol.code_flow import CHALLENGE, VERIFIER, Flow, answer, make_flow

OTHER_VERIFIER = "M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag"
OTHER_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(OTHER_VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def flow(world: World) -> Flow:
    return make_flow(world, skip_authorization=True)


@pytest.mark.must("RFC 7636", "4.4", "a challenge is associated with its code")
def test_section_4_4_each_code_has_its_own_challenge(flow: Flow) -> None:
    first, second = flow.code(), flow.code(code_challenge=OTHER_CHALLENGE)
    assert flow.redeem(second).json()["error"] == "invalid_grant"
    assert flow.redeem(first, code_verifier=OTHER_VERIFIER).json()["error"] == "invalid_grant"
    assert flow.redeem(second, code_verifier=OTHER_VERIFIER).status_code == 200
    assert flow.redeem(first).status_code == 200


@pytest.mark.must("RFC 7636", "4.4", "the challenge does not stand in the answer")
def test_section_4_4_the_challenge_is_in_no_answer(flow: Flow) -> None:
    flow.code()
    response = flow.authorize()
    assert CHALLENGE not in response["Location"]
    assert CHALLENGE not in flow.authorize(response_mode="form_post").content.decode()
    assert CHALLENGE not in flow.redeem(answer(response)["code"]).content.decode()


@pytest.mark.must("RFC 7636", "4.5", "the verifier is required in the token request")
@pytest.mark.must("RFC 7636", "4.6", "a verifier that does not match is invalid_grant")
@pytest.mark.parametrize(
    "verifier",
    [None, "", CHALLENGE, VERIFIER.lower(), VERIFIER[:-1], f"{VERIFIER}a", f"{VERIFIER}=", OTHER_VERIFIER, "校"],
)
def test_section_4_6_only_the_verifier_itself_will_do(flow: Flow, verifier: str | None) -> None:
    code = flow.code()
    refused = flow.redeem(code, code_verifier=verifier)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert flow.redeem(code).status_code == 200


@pytest.mark.must("RFC 7636", "4.6", "a verifier that matches goes on as usual")
@pytest.mark.parametrize("length", [43, 128])
def test_section_4_6_shortest_and_longest_verifier_match(flow: Flow, length: int) -> None:
    verifier = ("Az09-._~" * 16)[:length]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert flow.redeem(flow.code(code_challenge=challenge), code_verifier=verifier).status_code == 200


@pytest.mark.must("RFC 7636", "4.2", "the server implements S256")
def test_section_4_2_a_public_client_needs_nothing_but_s256(world: World) -> None:
    flow = make_flow(world, skip_authorization=True, client_type="public")
    code = flow.code()
    assert AuthorizationCode.objects.get().code_challenge_method == "S256"
    # An empty secret counts as none.
    assert flow.redeem(code, client=(flow.app[0], "")).status_code == 200
