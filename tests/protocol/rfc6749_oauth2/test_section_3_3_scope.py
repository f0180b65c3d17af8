"""RFC 6749 section 3.3: space-delimited, case-sensitive, in any order; a default where it is omitted."""

import pytest

from tests.contract.wire import CONNECT
from tests.contract.world import World


def granted(world: World, scope: str | None) -> set[str]:
    response = world.sign_in(CONNECT, scope=scope).send(world.http)
    assert response.status_code == 200, response.content
    return set(response.json()["scope"].split(" "))


@pytest.mark.parametrize("scope", ["email all", "all email", "all email all"])
def test_order_does_not_matter_and_each_adds_to_the_request(scope: str, world: World) -> None:
    assert granted(world, scope) == {"all", "email"}


@pytest.mark.parametrize("scope", ["All", "email,all", "email ALL", "   "])
def test_what_is_unknown_or_malformed_is_invalid_scope(scope: str, world: World) -> None:
    response = world.sign_in(CONNECT, scope=scope).send(world.http)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


@pytest.mark.must("RFC 6749", "3.3", "a request without a scope gets a default, or fails as invalid_scope")
def test_an_omitted_scope_has_a_documented_default(world: World) -> None:
    """`connect.md`: all scopes that the client is allowed."""
    client = world.of(world.app)
    client.scopes = ["email", "all"]
    client.save()
    assert granted(world, None) == {"email", "all"}
