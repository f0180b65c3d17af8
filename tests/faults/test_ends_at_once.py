"""A session or a consent that ends while something is being made of it: that goes with it, or is never made."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import BrowserSession, User
from oauthx.ending import withdraw_consent
from oauthx.models import AuthorizationCode, Consent, DeviceGrant
from tests.contract.world import World
from tests.protocol.code_flow import Flow, answer, make_flow
from tests.protocol.device_flow import make_device_flow

# SQLite lets nobody write beside an open transaction: there is no such moment.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@contextmanager
def half_done(ending: Callable[[], object]) -> Iterator[None]:
    """The block runs while the ending has happened and is not committed yet; it is, half a second later."""
    happened = threading.Event()

    def end() -> None:
        with transaction.atomic():
            ending()
            happened.set()
            time.sleep(0.5)
        connection.close()

    thread = threading.Thread(target=end)
    thread.start()
    assert happened.wait(10)
    yield
    thread.join()


@pytest.fixture
def flow(world: World) -> Flow:
    flow = make_flow(world)
    flow.code()
    AuthorizationCode.objects.all().delete()
    return flow


def test_no_code_is_made_of_a_session_that_ends(flow: Flow) -> None:
    with half_done(lambda: BrowserSession.objects.get().end("account_page")):
        response = flow.authorize()
    assert answer(response)["error"] == "login_required"
    assert not AuthorizationCode.objects.exists()


def test_no_code_is_made_of_a_consent_that_is_withdrawn(flow: Flow) -> None:
    request = RequestFactory().get("/account/")
    with half_done(lambda: withdraw_consent(request, Consent.objects.get(), timezone.now())):
        response = flow.authorize()
    assert answer(response)["error"] == "consent_required"
    assert not AuthorizationCode.objects.exists()


def test_two_pages_at_once_forget_nothing_of_each_other(flow: Flow, world: World) -> None:
    client = world.of(flow.app)
    with half_done(lambda: Consent.allow(world.admin, client, ["email"])):
        Consent.allow(world.admin, client, ["profile"])
    assert Consent.objects.get().scopes == ["email", "openid", "profile"]


def test_no_device_is_let_in_by_a_session_that_ends(world: World) -> None:
    flow = make_device_flow(world)
    page = flow.confirmation(flow.start()["user_code"])
    with half_done(lambda: BrowserSession.objects.get().end("password_changed")):
        assert flow.press(page).status_code == 400
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING


def test_no_password_is_changed_by_a_session_that_ends(flow: Flow, world: World) -> None:
    form = {"current": "admin", "password1": "another good horse", "password2": "another good horse"}
    with half_done(lambda: BrowserSession.objects.get().end("console")):
        response = flow.browser.post("/account/password/", form)
    assert response["Location"].startswith("/account/login/")
    assert User.objects.get(pk=world.admin.pk).password == world.admin.password
