"""Second factors that are changed at the same moment: a reset leaves nothing, and there are ten recovery codes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event

import pyotp
import pytest
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client as HttpClient
from django.test import RequestFactory

from accounts.factors import changes, recovery
from accounts.models import AuthenticatorApp, User
from tests.accounts.factor_moves import PASSWORD, give_app, give_password, set_up_app
from tests.factories import make_tenant, make_user

# On SQLite one waits for the other anyway.
pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def zhang() -> User:
    return make_user(make_tenant("acme", "Acme"), "zhang", PASSWORD)


@pytest.fixture
def request_of(rf: RequestFactory) -> HttpRequest:
    return rf.post("/account/")


def test_a_factor_that_is_added_while_they_are_reset_goes_too(zhang: User, request_of: HttpRequest) -> None:
    changes.renew_recovery_codes(request_of, zhang)
    is_added, may_end = Event(), Event()

    def add() -> None:
        try:
            with transaction.atomic():
                changes.add_app(request_of, zhang, pyotp.random_base32(), 1)
                is_added.set()
                may_end.wait(0.5)
        finally:
            connection.close()

    def reset() -> None:
        try:
            is_added.wait(10)
            changes.reset(request_of, zhang, actor="boss")
            may_end.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for one in (threads.submit(add), threads.submit(reset)):
            one.result()
    assert not AuthenticatorApp.objects.exists()


def test_who_is_about_to_set_one_up_does_not_when_they_are_reset(
    client: HttpClient, zhang: User, request_of: HttpRequest
) -> None:
    changes.renew_recovery_codes(request_of, zhang)
    give_password(client)

    def set_up() -> None:
        try:
            set_up_app(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=zhang.pk)
            running = threads.submit(set_up)
            # It has been let in by now, and waits.
            with suppress(TimeoutError):
                running.result(0.5)
            changes.reset(request_of, zhang, actor="boss")
        running.result()
    assert not AuthenticatorApp.objects.exists()


def test_recovery_codes_that_are_renewed_twice_at_once_are_ten(zhang: User, request_of: HttpRequest) -> None:
    give_app(zhang)
    start = Barrier(2)

    def renew() -> None:
        try:
            with transaction.atomic():
                start.wait(10)
                changes.renew_recovery_codes(request_of, zhang)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(renew) for _time in range(2)]:
            one.result()
    assert recovery.codes_left(zhang.pk) == recovery.NUMBER
