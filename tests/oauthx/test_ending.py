"""Ending a session from outside: one end, one event, whoever else ends it at the same moment."""

from django.http import HttpRequest
from django.test import RequestFactory

from accounts.models import LoginEvent
from oauthx.ending import end_family
from oauthx.models import TokenFamily
from tests.contract.wire import CONNECT
from tests.contract.world import World


def test_of_two_who_end_a_session_at_once_one_ends_it_and_one_event_tells_of_it(world: World) -> None:
    world.tokens(CONNECT)
    # Both have read it before either ended it.
    first, second = TokenFamily.objects.get(), TokenFamily.objects.get()
    request: HttpRequest = RequestFactory().post("/")
    assert end_family(request, first, world.clock(), reason="account_page")
    world.pass_time(seconds=1)
    assert not end_family(request, second, world.clock(), reason="console", actor="root")
    [event] = LoginEvent.objects.filter(kind="logout")
    assert (event.reason, event.actor) == ("account_page", "")
    family = TokenFamily.objects.get()
    assert (family.end_reason, family.ended_at) == ("account_page", event.time)


def test_a_session_that_had_ended_is_not_ended_again(world: World) -> None:
    world.tokens(CONNECT)
    request: HttpRequest = RequestFactory().post("/")
    end_family(request, TokenFamily.objects.get(), world.clock(), reason="account_page")
    assert not end_family(request, TokenFamily.objects.get(), world.clock(), reason="account_page")
    assert LoginEvent.objects.filter(kind="logout").count() == 1
