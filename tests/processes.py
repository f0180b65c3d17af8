"""Serves the test database with several real gunicorn processes, for tests of what happens at once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

from tests.servers import free_port

_START_SECONDS = 30


@contextmanager
def serving(*, workers: int = 4, threads: int = 5, **environment: str) -> Iterator[str]:
    """The base URL of `workers` processes with `threads` threads each, on the database of this test."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
            *("-k", "gthread", "--workers", str(workers), "--threads", str(threads)),
            *("--no-control-socket", "--log-level", "warning"),
        ],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, "DATABASE_URL": _database_url(), **environment},
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(f"{base}/healthz", process)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def _database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    account = f"{database['USER']}:{database['PASSWORD']}"
    return f"postgres://{account}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def wait_until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait for any answer at all.

    Raises:
        RuntimeError: the server ended. TimeoutError: it says nothing.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            requests.get(url, timeout=1)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no answer within {_START_SECONDS} s")
