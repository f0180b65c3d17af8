"""RFC 7662 sections 2 and 4: the form of an answer, and everything that makes a token inactive."""

from collections.abc import Callable

import pytest

from oauthx.models import SigningKey
from tests.contract.wire import CONNECT, FORM
from tests.contract.world import World
from tests.protocol.rfc7662_introspection.test_section_2 import INACTIVE, introspect
from tests.protocol.tokens import own_token, tampered


@pytest.mark.must("RFC 7662", "2.2", "the answer is a JSON object with the boolean active")
@pytest.mark.parametrize("is_active", [True, False])
def test_section_2_2_the_answer_is_json_with_a_boolean(is_active: bool, world: World) -> None:
    response = introspect(world, own_token(world) if is_active else "nonsense")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json()["active"] is is_active


@pytest.mark.must("RFC 7662", "2.1", "who asks is authorized")
def test_section_2_1_nobody_asks_without_credentials(world: World) -> None:
    token = own_token(world)
    nobody = world.http.post("/connect/introspect", f"token={token}", content_type=FORM)
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert introspect(world, token, by=("nobody", "x")).status_code == 401


@pytest.mark.must("RFC 7662", "2.3", "a proper question about a bad token is no error")
@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 8000, "令牌"])
def test_section_2_3_a_bad_token_is_no_error(token: str, world: World) -> None:
    answer = introspect(world, token)
    assert (answer.status_code, answer.json()) == (200, INACTIVE)


def expire(world: World) -> None:
    world.pass_time(seconds=3600)


def disable_client(world: World) -> None:
    client = world.of(world.app)
    client.is_active = False
    client.save()


def disable_tenant(world: World) -> None:
    world.tenant.is_active = False
    world.tenant.save()


def change_password(world: World) -> None:
    world.admin.set_password("another one")
    world.admin.save()


def lose_key(_world: World) -> None:
    """The key that signed it is withdrawn."""
    SigningKey.objects.get(algorithm="RS256").delete()


@pytest.mark.must("RFC 7662", "4", "expiry and revocation are checked")
@pytest.mark.must("RFC 7662", "4", "the signature is checked")
@pytest.mark.parametrize(
    "happening", [expire, disable_client, disable_tenant, change_password, lose_key], ids=lambda each: each.__name__
)
def test_section_4_what_ends_a_token_makes_it_inactive(happening: Callable[[World], None], world: World) -> None:
    resource_server = world.make_client("resources", is_resource_server=True)
    token = world.tokens(CONNECT)["access_token"]
    assert introspect(world, token, by=resource_server).json()["active"] is True
    happening(world)
    asked = introspect(world, token, by=resource_server)
    assert (asked.status_code, asked.json()) == (200, INACTIVE)


@pytest.mark.must("RFC 7662", "4", "the signature is checked")
def test_section_4_a_changed_token_is_inactive(world: World) -> None:
    assert introspect(world, tampered(world.tokens(CONNECT)["access_token"])).json() == INACTIVE
