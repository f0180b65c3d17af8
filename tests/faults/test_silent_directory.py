"""One tenant's directory hangs: the other tenants sign in as if it did not, in the same server process."""

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

PEOPLE = 12


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    """One process with eight threads, as Hufu serves by default; the second tenant's directory takes calls silently."""
    quiet, hanging = factories.make_tenant(), factories.make_tenant("000001", "hanging")
    factories.make_connect_client(quiet)
    factories.make_client(
        "desk", "secret", tenant=hanging, dialects=["connect"], grant_types=["password_ad"], scopes=["all"]
    )
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        Directory.objects.create(
            tenant=hanging,
            name="AD",
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


def ask_hanging_tenant(base: str) -> tuple[int, str, float]:
    form = {"grant_type": "password_ad", "username": "sam", "password": "x"}
    return ask(base, client_id="desk", client_secret="secret", **form)


def test_a_silent_directory_holds_nobody_else_up(base: str) -> None:
    assert ask_quiet_tenant(base)[0] == 200
    with ThreadPoolExecutor(PEOPLE) as pool:
        hanging = [pool.submit(ask_hanging_tenant, base) for _person in range(PEOPLE)]
        time.sleep(0.7)
        quiet = [ask_quiet_tenant(base) for _time in range(30)]
        answers = [one.result() for one in hanging]
    assert {status for status, _error, _seconds in quiet} == {200}
    assert max(seconds for _status, _error, seconds in quiet) < 1
    # They are told, each in his time, and the history knows why.
    assert Counter((status, error) for status, error, _seconds in answers) == {(503, "temporarily_unavailable"): PEOPLE}
    assert max(seconds for _status, _error, seconds in answers) < 9
    reasons = Counter(LoginEvent.objects.filter(grant="password_ad").values_list("reason", flat=True))
    assert set(reasons) == {"directory_timed_out", "directory_busy"}
    assert reasons["directory_busy"] >= PEOPLE - 4
