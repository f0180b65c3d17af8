"""How clients prove themselves: what a human-chosen secret costs, and what is remembered of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from accounts.hashers import ChosenSecretHasher
from oauthx.models import Client
from tests.contract.wire import AMS_AUTH, CONNECT, Wire
from tests.contract.world import World


class CountingSecretHasher(ChosenSecretHasher):
    """The hasher of chosen secrets itself; `verified` grows by one with every slow check."""

    verified = 0

    def verify(self, password: str, encoded: str) -> bool:
        CountingSecretHasher.verified += 1
        return super().verify(password, encoded)


@pytest.fixture
def client_with_chosen_secret(world: World) -> Client:
    hashers = world.settings.PASSWORD_HASHERS
    world.settings.PASSWORD_HASHERS = [*hashers[:-1], f"{__name__}.CountingSecretHasher"]
    client = world.of(world.app)
    client.client_secret = make_password("sword_secret", hasher="chosen_secret")
    client.save()
    return client


def slow_checks(wire: Wire, world: World, status: int) -> int:
    before = CountingSecretHasher.verified
    assert wire.send(world.http).status_code == status
    return CountingSecretHasher.verified - before


def test_a_chosen_secret_is_checked_slowly_once(client_with_chosen_secret: Client, world: World) -> None:
    wire = world.sign_in(CONNECT).by(("app", "sword_secret"))
    assert [slow_checks(wire, world, 200) for _time in range(3)] == [1, 0, 0]
    assert slow_checks(world.sign_in(AMS_AUTH).by(("app", "sword_secret")), world, 200) == 0


def test_a_wrong_secret_is_never_remembered(client_with_chosen_secret: Client, world: World) -> None:
    right = world.sign_in(CONNECT).by(("app", "sword_secret"))
    slow_checks(right, world, 200)
    assert [slow_checks(right.by(("app", "guess")), world, 401) for _time in range(2)] == [1, 1]
    assert slow_checks(right, world, 200) == 0


def test_what_is_remembered_is_dropped_when_the_client_changes(client_with_chosen_secret: Client, world: World) -> None:
    wire = world.sign_in(CONNECT).by(("app", "sword_secret"))
    slow_checks(wire, world, 200)
    client_with_chosen_secret.client_secret = make_password("new_secret", hasher="chosen_secret")
    client_with_chosen_secret.save()
    assert slow_checks(wire, world, 401) == 1
    assert slow_checks(wire.by(("app", "new_secret")), world, 200) == 1


def test_a_disabled_client_is_refused_though_its_secret_is_remembered(
    client_with_chosen_secret: Client, world: World
) -> None:
    wire = world.sign_in(CONNECT).by(("app", "sword_secret"))
    slow_checks(wire, world, 200)
    client_with_chosen_secret.is_active = False
    client_with_chosen_secret.save()
    slow_checks(wire, world, 401)


def test_a_generated_secret_needs_no_slow_check(client_with_chosen_secret: Client, world: World) -> None:
    secret = client_with_chosen_secret.set_generated_secret()
    client_with_chosen_secret.save()
    assert slow_checks(world.sign_in(CONNECT).by(("app", secret)), world, 200) == 0


def test_a_secret_is_kept_as_a_hash_alone(world: World) -> None:
    client = Client(client_id="plain", name="plain", tenant=world.tenant, client_secret="a plain secret")
    client.save()
    client.refresh_from_db()
    assert client.client_secret.startswith("chosen_secret$argon2id$")
    assert world.app[1] not in world.of(world.app).client_secret


def test_the_previous_secret_ends_at_its_moment(world: World) -> None:
    client = world.of(world.app)
    now = world.clock()
    client.rotate_secret(previous_until=now)
    assert len(client.secret_hashes(now - timedelta(microseconds=1))) == 2
    assert len(client.secret_hashes(now)) == 1
