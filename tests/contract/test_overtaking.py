"""Requests that overtake each other between look-up and write, one after the other, so that nothing is left to chance.

`tests/faults/` does the same with real processes; here the order is the worst one, each time.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.urls import include, path

from accounts.hashers import Argon2idMD5SHA1PasswordHasher
from accounts.models import Lockout
from oauthx.dialects.ams import AMS_AUTH as AMS_AUTH_DIALECT
from oauthx.grants.password import PasswordGrant
from oauthx.grants.refresh_token import RefreshTokenGrant
from oauthx.models import TokenFamily
from oauthx.requests import Subject, TokenRequest
from oauthx.views import TokenView
from tests.contract.wire import AMS_AUTH, Wire
from tests.contract.world import World, reasons

# What happens between the proof and the write of the next request to OVERTAKEN; taken out as it happens.
_meanwhile: list[Callable[[], object]] = []


def _let_others_pass() -> None:
    if _meanwhile:
        _meanwhile.pop()()


class OvertakenPasswordGrant(PasswordGrant):
    def authenticate(self, request: TokenRequest) -> Subject:
        subject = super().authenticate(request)
        _let_others_pass()
        return subject


class OvertakenRefreshTokenGrant(RefreshTokenGrant):
    def authenticate(self, request: TokenRequest) -> Subject:
        subject = super().authenticate(request)
        _let_others_pass()
        return subject


class OvertakenHasher(Argon2idMD5SHA1PasswordHasher):
    def verify_md5(self, md5: str, encoded: str) -> bool:
        matches = super().verify_md5(md5, encoded)
        _let_others_pass()
        return matches


_grants = (OvertakenPasswordGrant(), OvertakenRefreshTokenGrant())
urlpatterns = [
    path("overtaken", TokenView.as_view(dialect=AMS_AUTH_DIALECT, grants=_grants)),
    path("", include("oauthx.urls")),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _everything_happened() -> Iterator[None]:
    yield
    assert _meanwhile == []


def overtaken(wire: Wire) -> Wire:
    return replace(wire, endpoint=replace(wire.endpoint, path="/overtaken"))


def test_a_right_guess_gets_nothing_after_the_one_that_locked(world: World) -> None:
    wrong = world.sign_in(AMS_AUTH, password="wrong")
    for _time in range(4):
        wrong.send(world.http)
    _meanwhile[:] = [lambda: wrong.send(world.http)]
    response = overtaken(world.sign_in(AMS_AUTH)).send(world.http)
    assert (response.status_code, response.content) == (400, wrong.send(world.http).content)
    assert reasons()[4:] == ["credentials_rejected", "credentials_rejected", "account_locked", "account_locked"]


@pytest.mark.parametrize("asked", ["second factor", "main account"])
def test_a_right_guess_is_told_nothing_after_the_one_that_locked(world: World, asked: str, settings: Any) -> None:
    if asked == "second factor":
        world.tenant.requires_second_factor = True
        world.tenant.save()
    more = {"tma": "somebody"} if asked == "main account" else {}
    wrong, right = world.sign_in(AMS_AUTH, password="wrong", **more), world.sign_in(AMS_AUTH, **more)
    for _time in range(4):
        wrong.send(world.http)
    settings.PASSWORD_HASHERS = [f"{__name__}.OvertakenHasher", *settings.PASSWORD_HASHERS[1:]]
    _meanwhile[:] = [lambda: wrong.send(world.http)]
    response = right.send(world.http)
    assert (response.status_code, response.content) == (400, wrong.send(world.http).content)
    assert reasons()[-3:] == ["credentials_rejected", "account_locked", "account_locked"]


def test_a_right_guess_that_came_too_late_leaves_the_lock_as_it_is(world: World) -> None:
    wrong = world.sign_in(AMS_AUTH, password="wrong")
    for _time in range(4):
        wrong.send(world.http)
    _meanwhile[:] = [lambda: wrong.send(world.http)]
    overtaken(world.sign_in(AMS_AUTH)).send(world.http)
    assert Lockout.objects.get().locked_until is not None
    assert world.sign_in(AMS_AUTH).send(world.http).status_code == 400
    world.pass_time(minutes=30)
    assert world.sign_in(AMS_AUTH).send(world.http).status_code == 200


def test_of_two_refreshes_at_once_the_later_one_ends_the_family(world: World) -> None:
    tokens = world.tokens(AMS_AUTH)
    wire = world.refresh(AMS_AUTH, tokens["refresh_token"])
    winners = []
    _meanwhile[:] = [lambda: winners.append(wire.send(world.http).json())]
    assert overtaken(wire).send(world.http).status_code == 400
    assert reasons()[1:] == ["", "refresh_replayed"]
    assert world.user_info(winners[0]["access_token"]).status_code == 401


def test_of_two_refreshes_at_once_both_succeed_within_the_reuse_seconds(world: World) -> None:
    client = world.of(world.app)
    client.refresh_reuse_seconds = 5
    client.save()
    tokens = world.tokens(AMS_AUTH)
    wire = world.refresh(AMS_AUTH, tokens["refresh_token"])
    winners = []
    _meanwhile[:] = [lambda: winners.append(wire.send(world.http).json())]
    winners.append(overtaken(wire).send(world.http).json())
    for winner in winners:
        assert world.user_info(winner["access_token"]).status_code == 200
        assert world.refresh(AMS_AUTH, winner["refresh_token"]).send(world.http).status_code == 200


def test_what_is_issued_into_a_session_that_just_ended_is_void(world: World) -> None:
    tokens = world.tokens(AMS_AUTH)
    headers = {"Blade-Auth": tokens["access_token"]}
    _meanwhile[:] = [lambda: world.http.post("/ams-auth/oauth/logout", headers=headers)]
    late = overtaken(world.refresh(AMS_AUTH, tokens["refresh_token"])).send(world.http).json()
    assert world.user_info(late["access_token"]).status_code == 401
    assert world.refresh(AMS_AUTH, late["refresh_token"]).send(world.http).status_code == 400


def test_what_is_issued_to_a_user_who_was_just_disabled_is_void(world: World) -> None:
    def disable() -> None:
        world.admin.is_active = False
        world.admin.save()

    _meanwhile[:] = [disable]
    late = overtaken(world.sign_in(AMS_AUTH)).send(world.http).json()
    assert world.user_info(late["access_token"]).status_code == 401
    assert world.refresh(AMS_AUTH, late["refresh_token"]).send(world.http).status_code == 400


def test_a_password_that_is_changed_while_it_is_checked_gets_nothing(world: World) -> None:
    def change() -> None:
        world.admin.set_password("another one")
        world.admin.save()

    _meanwhile[:] = [change]
    refused = overtaken(world.sign_in(AMS_AUTH)).send(world.http)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert reasons() == ["credentials_rejected"]
    assert not TokenFamily.objects.exists()
