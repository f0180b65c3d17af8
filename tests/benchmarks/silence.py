"""Whether one tenant's silent directory slows the others down: their p99 without and with people who try it."""

import http.client
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.benchmarks.load import Request, measure

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 5
# Long enough for several time-outs of the directory within a round.
COUNT = 3000
PEOPLE = 4
PAUSE_SECONDS = 0.5
_FORM = {"grant_type": "password_ad", "client_id": "hanging", "client_secret": "secret", "username": "sam"}
_SET_UP = """
import django; django.setup()
from accounts.models import Directory
from tests import factories
tenant = factories.make_tenant("hanging", "hanging")
client = {{"dialects": ["connect"], "grant_types": ["password_ad"], "scopes": ["all"]}}
factories.make_client("hanging", "secret", tenant=tenant, **client)
Directory.objects.create(
    tenant=tenant, name="AD", servers="{url}", base_dn="DC=corp", service_account="CN=x,DC=corp", service_password="x"
)
"""


def report(quiet: Request, environment: dict[str, str]) -> None:
    """Print the ratio; `environment` is the server's, whose database gets a tenant whose directory says nothing."""
    ratios, alone, beside = [], [], []
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        url = f"ldaps://127.0.0.1:{listener.getsockname()[1]}"
        settings = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run([sys.executable, "-c", _SET_UP.format(url=url)], cwd=PROJECT, env=settings, check=True)
        measure(quiet, [], count=200)
        for number in range(ROUNDS):
            print(f"\rsilent directory: round {number + 1} of {ROUNDS}", end="", file=sys.stderr, flush=True)  # noqa: T201 - the result
            alone.append(measure(quiet, [], count=COUNT).p99)
            with _people_who_try(quiet.port):
                beside.append(measure(quiet, [], count=COUNT).p99)
            ratios.append(beside[-1] / alone[-1])
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)  # noqa: T201 - the result
    print("\nOne tenant's directory is silent, and four of its people keep trying. Another tenant's tokens, p99:")  # noqa: T201 - the result
    print(  # noqa: T201 - the result
        f"quiet {statistics.median(alone):.2f} ms, silent directory {statistics.median(beside):.2f} ms,"
        f" {statistics.median(ratios):.2f}x (at most 1.5x)"
    )


@contextmanager
def _people_who_try(port: int) -> Iterator[None]:
    over = threading.Event()

    def keep_trying() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = urlencode({**_FORM, "password": "x"})
        while not over.wait(PAUSE_SECONDS):
            connection.request("POST", "/connect/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            response.read()
            if response.status != http.HTTPStatus.SERVICE_UNAVAILABLE:
                raise RuntimeError(f"a silent directory was answered by {response.status}")
        connection.close()

    threads = [threading.Thread(target=keep_trying) for _person in range(PEOPLE)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
