"""OpenID Connect Discovery section 3: every value of the metadata is compared with what the provider does.

A new key of the metadata needs a check, a function of the provider and the advertised value that fails by an assertion:
a row in the table of one of the modules `checks_of_…`.
"""

from collections.abc import Iterator

import pytest

from tests.contract.world import World
from tests.protocol.openid_connect_discovery.checks_of_endpoints import ENDPOINTS
from tests.protocol.openid_connect_discovery.checks_of_requests import REQUESTS
from tests.protocol.openid_connect_discovery.checks_of_sessions import SESSIONS
from tests.protocol.openid_connect_discovery.checks_of_tokens import TOKENS
from tests.protocol.openid_connect_discovery.provider import Provider

CHECKS = {**ENDPOINTS, **REQUESTS, **TOKENS, **SESSIONS}


@pytest.fixture
def provider(world: World) -> Iterator[Provider]:
    provider = Provider.of(world)
    with provider.beside:
        yield provider


def test_every_key_has_a_check_and_every_check_its_key(provider: Provider) -> None:
    assert sorted(set(provider.said) - set(CHECKS)) == [], "without a check"
    assert sorted(set(CHECKS) - set(provider.said)) == [], "not advertised: take the check away"


@pytest.mark.must("OpenID Connect Discovery", "3", "what is advertised is so")
@pytest.mark.must("RFC 8414", "2", "what is advertised is so")
@pytest.mark.parametrize("name", CHECKS)
def test_section_3_what_is_advertised_is_so(name: str, provider: Provider) -> None:
    if name not in provider.said:
        pytest.skip("not advertised")
    CHECKS[name](provider, provider.said[name])
