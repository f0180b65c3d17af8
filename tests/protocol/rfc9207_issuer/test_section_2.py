"""RFC 9207 section 2: every answer of the authorization endpoint names its issuer."""

import pytest

from tests.contract.world import World
from tests.protocol.code_flow import answer, make_flow


@pytest.mark.must("RFC 9207", "2", "every answer names the issuer, errors too")
@pytest.mark.must("RFC 9700", "4.4.2", "an answer tells which server it comes from (mix-up)")
def test_section_2_a_code_and_an_error_name_the_issuer(world: World) -> None:
    flow = make_flow(world, skip_authorization=True)
    allowed = answer(flow.sign_in(flow.authorize()))
    refused = answer(flow.authorize(response_type="token"))
    assert {allowed["iss"], refused["iss"]} == {"http://testserver"}
