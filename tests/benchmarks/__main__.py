"""Measures Hufu and its peer in one run, on one PostgreSQL, and prints the ratio. `make bench`."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import psycopg

from tests.benchmarks import console, history, silence
from tests.benchmarks.load import Cost, Request, measure
from tests.processes import wait_until_it_answers
from tests.servers import free_port, postgresql

PROJECT = Path(__file__).resolve().parents[2]
ROUNDS = 5
SECRETS = {
    "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
    "KEY_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


@dataclass(frozen=True, slots=True)
class Contest:
    """The same grant at both, and how many requests a round has."""

    name: str
    count: int
    ours: dict[str, str]
    theirs: dict[str, str]


CONTESTS = (
    Contest(
        "client_credentials",
        1000,
        {"grant_type": "client_credentials", "client_id": "client1", "client_secret": "secret", "scope": "all"},
        {"grant_type": "client_credentials", "client_id": "machine", "client_secret": "secret", "scope": "all"},
    ),
    Contest(
        "password",
        120,
        {
            "grant_type": "password",
            "client_id": "client1",
            "client_secret": "secret",
            "username": "admin",
            "password": "admin",
            "scope": "all offline_access",
        },
        {
            "grant_type": "password",
            "client_id": "app",
            "client_secret": "secret",
            "username": "admin",
            "password": "admin",
            "scope": "all",
        },
    ),
)


def main() -> None:
    with ExitStack() as stack:
        url = stack.enter_context(postgresql(fsync=True))
        var = stack.enter_context(tempfile.TemporaryDirectory(prefix="hufu-bench-"))
        environment = _environment(_database(url, "hufu"), var)
        ours = stack.enter_context(_hufu(environment))
        theirs = stack.enter_context(_peer(_database(url, "peer")))
        database = _postgresql_process(url)
        print(f"Milliseconds of processor time a request, server and database together; median of {ROUNDS} rounds.")  # noqa: T201 - the result
        print("Peer: django-oauth-toolkit's token endpoint, same gunicorn, same PostgreSQL, kept connections.")  # noqa: T201 - the result
        print("Hufu signs its tokens (RS256) and writes the login history; the peer does neither.\n")  # noqa: T201 - the result
        print(f"{'':22}{'Hufu':>8}{'peer':>8}{'peer/Hufu':>11}   Hufu p50 / p99 (4 connections)")  # noqa: T201 - the result
        for contest in CONTESTS:
            _report(contest, partial(_measure, database), ours, theirs)
        silence.report(Request(ours[0], "/connect/token", CONTESTS[0].ours), environment)
        console.report(url, environment)
        history.report(environment["DATABASE_URL"], environment)


Server = tuple[int, psutil.Process]
Measure = Callable[[Request, int, psutil.Process], Cost]


def _measure(database: psutil.Process, request: Request, count: int, server: psutil.Process) -> Cost:
    return measure(request, [server, database], count=count)


def _report(contest: Contest, run: Measure, ours: Server, theirs: Server) -> None:
    """Both in turn, round by round, so that a change of the machine's speed meets both alike."""
    mine = Request(ours[0], "/connect/token", contest.ours)
    peers = Request(theirs[0], "/o/token/", contest.theirs)
    for request, server in ((mine, ours[1]), (peers, theirs[1])):
        run(request, 40, server)
    rounds = []
    for number in range(ROUNDS):
        print(f"\r{contest.name}: round {number + 1} of {ROUNDS}", end="", file=sys.stderr, flush=True)  # noqa: T201 - the result
        rounds.append((run(mine, contest.count, ours[1]), run(peers, contest.count, theirs[1])))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)  # noqa: T201 - the result
    hufu = statistics.median(cost.cpu for cost, _ in rounds)
    peer = statistics.median(cost.cpu for _, cost in rounds)
    ratio = statistics.median(theirs_cost.cpu / cost.cpu for cost, theirs_cost in rounds)
    middle = statistics.median(cost.median for cost, _ in rounds)
    slowest = statistics.median(cost.p99 for cost, _ in rounds)
    print(f"{contest.name:22}{hufu:8.2f}{peer:8.2f}{ratio:10.2f}x   {middle:.2f} / {slowest:.2f} ms")  # noqa: T201 - the result


def _environment(database_url: str, var: str) -> dict[str, str]:
    """Hufu's, in development: it makes its demo data, and may call directories on loopback."""
    return {
        **os.environ,
        **SECRETS,
        "ENVIRONMENT": "development",
        "VAR_DIR": var,
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "ERROR",
        "CLEANUP_SECONDS": "0",
        "PORT": str(free_port()),
    }


@contextmanager
def _hufu(environment: dict[str, str]) -> Iterator[Server]:
    _run(["manage.py", "serve", "--prepare-only"], environment)
    with _serving("config.wsgi:application", "/healthz", environment) as server:
        yield server


@contextmanager
def _peer(database_url: str) -> Iterator[Server]:
    environment = {**os.environ, "DATABASE_URL": database_url}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    _run(["-m", "tests.benchmarks.peer.prepare"], environment)
    with _serving("tests.benchmarks.peer.wsgi:application", "/o/token/", environment) as server:
        yield server


@contextmanager
def _serving(application: str, probe: str, environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "-k", "gthread"),
        *("--workers", "1", "--threads", "4", "--no-control-socket", "--log-level", "critical", "--keep-alive", "60"),
    ]
    # A directory that is down leaves a line for each request.
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}{probe}", process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)


def _database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return url.rsplit("/", 1)[0] + f"/{name}"


def _postgresql_process(url: str) -> psutil.Process:
    """The cluster's first process: the parent of the one that serves this connection."""
    with psycopg.connect(url) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        parent = backend.parent()
    if parent is None:
        raise LookupError("PostgreSQL's first process is gone")
    return parent


if __name__ == "__main__":
    main()
