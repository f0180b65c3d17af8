"""A tenant's directories hang: the other tenants sign in as if they did not, in the same server process."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from accounts.models import Directory, LoginEvent
from tests import factories
from tests.processes import serving

PEOPLE = 15
DIRECTORIES = 5


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    """One process with eight threads, the default; the second tenant's directories take calls and say nothing."""
    quiet, hanging = factories.make_tenant(), factories.make_tenant("000001", "hanging")
    factories.make_connect_client(quiet)
    factories.make_client(
        "desk", "secret", tenant=hanging, dialects=["connect"], grant_types=["password_ad"], scopes=["all"]
    )
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        for number in range(DIRECTORIES):
            Directory.objects.create(
                tenant=hanging,
                name=f"AD{number}",
                domains=f"domain{number}",
                servers=f"ldaps://127.0.0.1:{listener.getsockname()[1]}",
                base_dn="DC=corp",
                service_account="CN=x,DC=corp",
                service_password="x",
            )
        with serving(workers=1, threads=8, OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8") as url:
            yield url


def ask(base: str, **form: str) -> tuple[int, str, float]:
    before = time.monotonic()
    response = requests.post(f"{base}/connect/token", data=form, timeout=60)
    return response.status_code, response.json().get("error", ""), time.monotonic() - before


def ask_quiet_tenant(base: str) -> tuple[int, str, float]:
    return ask(base, grant_type="client_credentials", client_id="client1", client_secret="secret")


def ask_hanging_tenant(base: str, person: int) -> tuple[int, str, float]:
    name = f"domain{person % DIRECTORIES}\\sam"
    form = {"grant_type": "password_ad", "username": name, "password": "x"}
    return ask(base, client_id="desk", client_secret="secret", **form)


def test_silent_directories_hold_nobody_else_up(base: str) -> None:
    """One tenant has several, and may add as many as it likes: they share its lanes."""
    usual = max(ask_quiet_tenant(base)[2] for _time in range(5))
    with ThreadPoolExecutor(PEOPLE) as pool:
        hanging = [pool.submit(ask_hanging_tenant, base, person) for person in range(PEOPLE)]
        time.sleep(0.7)
        quiet = [ask_quiet_tenant(base) for _time in range(30)]
        answers = [one.result() for one in hanging]
    assert {status for status, _error, _seconds in quiet} == {200}
    # Held up, one of them would wait for the others' three seconds.
    assert max(seconds for _status, _error, seconds in quiet) < max(1, 2 * usual)
    # They are told, each in his time, and the history knows why.
    assert Counter((status, error) for status, error, _seconds in answers) == {(503, "temporarily_unavailable"): PEOPLE}
    assert max(seconds for _status, _error, seconds in answers) < 9
    reasons = Counter(LoginEvent.objects.filter(grant="password_ad").values_list("reason", flat=True))
    assert set(reasons) == {"directory_timed_out", "directory_busy"}
    # Two ask and two wait; then the one after the other find out what those did, or ask another directory.
    assert reasons["directory_busy"] >= PEOPLE - 6
