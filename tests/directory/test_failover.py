"""Several controllers: one dead, silent, slow or with a wrong certificate; nobody waits for it longer than he must."""

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accounts.directories.access import access_to
from accounts.gateways import controllers
from accounts.gateways.directory_route import DirectoryUnavailableError, Limits
from accounts.models import Directory
from tests.directory import people, samba, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.samba import Controller
from tests.directory.stub import Stub
from tests.peers import listening, says

pytestmark = pytest.mark.once

DEAD = "ldaps://127.0.0.1:1"


@pytest.fixture(scope="module")
def second(authority: Authority) -> Iterator[Controller]:
    """Another controller of the same domain."""
    with samba.running(authority) as controller:
        yield controller


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"ldaps://127.0.0.1:{listener.getsockname()[1]}"


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    before = time.monotonic()
    return call(), time.monotonic() - before


def test_the_second_is_asked_when_the_first_is_dead(installation: Installation, second: Controller) -> None:
    installation.change(servers=f"{DEAD}\n{second.url}")
    response, seconds = timed(installation.sign_in)
    assert response.status_code == 200
    assert seconds < 2


def test_the_second_is_asked_when_the_first_is_silent_and_then_first(
    installation: Installation, second: Controller, settings: Any
) -> None:
    settings.HUFU_DIRECTORY_SECONDS = (2, 2, 8)
    with silent() as url:
        installation.change(servers=f"{url}\n{second.url}")
        response, seconds = timed(installation.sign_in)
        assert response.status_code == 200
        assert seconds > 1.9
        # It sits on the bench: nobody waits for it again.
        response, seconds = timed(installation.sign_in)
        assert response.status_code == 200
        assert seconds < 1.9


def test_the_second_is_asked_when_the_firsts_certificate_is_wrong(
    installation: Installation, second: Controller, authority: Authority
) -> None:
    with samba.running(authority, certificate_for="127.9.9.9") as stranger, samba.running(Authority.new()) as forger:
        installation.change(servers=f"{stranger.url}\n{forger.url}\n{second.url}")
        assert installation.sign_in().status_code == 200
        for url in (stranger.url, forger.url, stranger.starttls_url, forger.starttls_url):
            controllers.benches.forget()
            installation.change(servers=url)
            response = installation.sign_in()
            assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
            assert installation.last_event.reason == "directory_tls"


def test_a_controller_by_starttls(installation: Installation, domain: Controller) -> None:
    installation.change(servers=domain.starttls_url)
    assert installation.sign_in().status_code == 200


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (DEAD, "directory_unreachable"),
        ("ldaps://no-such-host.invalid", "directory_unreachable"),
        ("ldaps://169.254.169.254", "directory_address_forbidden"),
        ("ldaps://10.0.0.1", "directory_address_forbidden"),
    ],
)
def test_a_directory_that_cannot_be_reached_is_temporarily_unavailable(
    installation: Installation, url: str, reason: str
) -> None:
    installation.change(servers=url)
    response = installation.sign_in()
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert installation.last_event.reason == reason


def test_without_its_authority_no_controller_is_trusted(installation: Installation) -> None:
    installation.change(ca_certificates="")
    assert installation.sign_in().status_code == 503
    assert installation.last_event.reason == "directory_tls"


def test_a_sign_in_has_three_seconds_to_connect_three_for_an_operation_and_eight_in_all() -> None:
    assert controllers.sign_in_limits() == Limits(connect_seconds=3, operation_seconds=3, total_seconds=8)


def test_everything_together_ends_in_time(installation: Installation, settings: Any) -> None:
    settings.HUFU_DIRECTORY_SECONDS = (0.5, 0.5, 1.2)
    with silent() as first, silent() as second, silent() as third, silent() as fourth:
        installation.change(servers=f"{first}\n{second}\n{third}\n{fourth}")
        response, seconds = timed(installation.sign_in)
    assert response.status_code == 503
    assert installation.last_event.reason == "directory_timed_out"
    assert 1.1 < seconds < 1.9


def test_one_that_answers_again_is_used_again(
    authority: Authority, make_installation: Callable[..., Installation], tmp_path: Path
) -> None:
    """It is the only one, so it is tried though it failed a moment ago."""
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as server:
        _serve_one_person(server)
        controller: Any = type("Controller", (), {"url": server.url, "authority": authority})
        installation = make_installation(controller)
        server.before_answer = _hang_up
        assert installation.sign_in("sam").status_code == 503
        server.before_answer = lambda _operation: None
        assert installation.sign_in("sam").status_code == 200


def _serve_one_person(server: Stub) -> None:
    dn = f"CN=Sam,{people.BASE}"
    server.passwords = {people.SERVICE: people.SERVICE_PASSWORD, dn: people.PASSWORD}
    server.entries = lambda: [stub.person("sam", dn, uuid.UUID(int=7))]


def _hang_up(_operation: str) -> None:
    raise OSError


@pytest.fixture
def slow(authority: Authority, tmp_path: Path) -> Iterator[Stub]:
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as server:
        _serve_one_person(server)
        yield server


def test_a_controller_that_falls_silent_after_a_password_has_counted_it(
    slow: Stub, authority: Authority, make_installation: Callable[..., Installation]
) -> None:
    """It may have counted a wrong one before it fell silent: so do we, and do not try for ever."""
    controller: Any = type("Controller", (), {"url": slow.url, "authority": authority})
    installation = make_installation(controller, attempt_limit=1)

    def fall_silent(operation: str) -> None:
        if operation == "bind" and len(slow.binds) % 2 == 1:
            raise OSError

    slow.before_answer = fall_silent
    assert installation.sign_in("sam").status_code == 503
    slow.before_answer = lambda _operation: None
    controllers.benches.forget()
    assert installation.sign_in("sam").status_code == 400
    assert installation.last_event.reason == "directory_attempts_exhausted"


def test_a_controller_that_speaks_no_ldap_is_unreachable(installation: Installation, settings: Any) -> None:
    settings.HUFU_DIRECTORY_SECONDS = (0.5, 0.5, 2)
    with listening(says(200, b"hello")) as peer:
        installation.change(servers=f"ldaps://127.0.0.1:{peer.port}\nldap://127.0.0.1:{peer.port}")
        assert installation.sign_in().status_code == 503


def test_a_drop_at_a_time_is_no_answer(
    slow: Stub, authority: Authority, make_installation: Callable[..., Installation], settings: Any
) -> None:
    """Each byte comes in time, and the whole never: the operation has its seconds in all."""
    settings.HUFU_DIRECTORY_SECONDS = (1, 1, 3)
    controller: Any = type("Controller", (), {"url": slow.url, "authority": authority})
    installation = make_installation(controller)
    slow.trickles = True
    response, seconds = timed(lambda: installation.sign_in("sam"))
    assert response.status_code == 503
    assert installation.last_event.reason == "directory_timed_out"
    assert 0.9 < seconds < 3


def test_only_a_few_wait_for_a_silent_directory(installation: Installation, settings: Any) -> None:
    """The others are told at once, so that the threads of the process serve the other tenants."""
    settings.HUFU_DIRECTORY_SECONDS = (1, 1, 3)
    with silent() as url:
        installation.change(servers=url)
        access = access_to(Directory.objects.get())
        waited: list[float] = []

        def go() -> None:
            before = time.monotonic()
            with pytest.raises(DirectoryUnavailableError):
                controllers.ask(access, lambda session: session.bind_service_account())
            waited.append(time.monotonic() - before)

        threads = [threading.Thread(target=go) for _number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Two ask, two wait for them, and find out what those did.
        assert len([seconds for seconds in waited if seconds > 0.9]) == 4
        # Now it is known: once it has rested, one tries, the others do not even wait for that.
        time.sleep(max(waited))
        before = time.monotonic()
        waited.clear()
        threads = [threading.Thread(target=go) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([seconds for seconds in waited if seconds > 0.9]) == 1
        assert time.monotonic() - before < 3
