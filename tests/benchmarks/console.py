"""How long the console's pages take on a big installation, and how much longer than on a small one.

`python -m tests.benchmarks.console` alone. SIZE=full makes it as large as the console must bear: 10,000 tenants, a
million people, ten million login events, in some ten minutes; without it, a tenth of that. BENCH_DATABASE_URL names an
installation that `make demo-data` has filled, to measure that one instead. BENCH_PLANS=1 prints the queries' plans.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.servers import free_port, postgresql

PROJECT = Path(__file__).resolve().parents[2]
AT_MOST_MS = 300
_PLANS_OF_BOTH = ("dashboard: week", "people: search", "sessions: open", "browser sessions: open", "changes: update")


@dataclass(frozen=True, slots=True)
class Size:
    """What `manage.py demo_data` makes."""

    tenants: int
    users: int
    events: int

    def __str__(self) -> str:
        return f"{self.tenants:,} tenants, {self.users:,} people, {self.events:,} login events"


FULL = Size(10_000, 1_000_000, 10_000_000)
USUAL = Size(1_000, 100_000, 1_000_000)
SMALL = Size(10, 1_000, 10_000)


class Installation:
    """A process that opens pages of one installation."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        settings = {**environment, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.history_settings", "DATABASE_URL": url}
        command = [sys.executable, "-m", "tests.benchmarks.console_pages"]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *question: Any) -> Any:
        """What `console_pages` answers.

        Raises:
            RuntimeError: it has ended; why stands on the standard error.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"no answer to {question}")
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


def report(url: str, environment: dict[str, str]) -> None:
    """Make or take a big installation beside a small one in this cluster, and print each page's times."""
    size = FULL if os.environ.get("SIZE") == "full" else USUAL
    given = os.environ.get("BENCH_DATABASE_URL")
    big_url = given or _made(url, "console_big", size, environment)
    small_url = _made(url, "console_small", SMALL, environment)
    _say(f"\nThe console with {'the installation that was named' if given else size}; beside it, with {SMALL}.")
    _say("Milliseconds a page with its HTML: fastest, median and slowest of 5; queries: what of it is the database's.")
    _say(f"Small: the small one's median. Of promise: the median's share of {AT_MOST_MS} ms.")
    with _opened(big_url, environment) as big, _opened(small_url, environment) as small:
        slowest = max(_report_viewer(viewer, big, small) for viewer in ("platform", "tenant"))
        _say(f"Slowest page's median: {slowest:.0f} ms (at most {AT_MOST_MS} ms)")
        if os.environ.get("BENCH_PLANS"):
            _report_plans(big)


def _report_viewer(viewer: str, big: Installation, small: Installation) -> float:
    title = {"platform": "platform administrator", "tenant": "administrator of the largest tenant"}[viewer]
    _say(
        f"\n{title:44}{'fastest':>9}{'median':>8}{'slowest':>9}{'queries':>9}{'small':>8}{'ratio':>7}{'of promise':>12}"
    )
    slowest = 0.0
    for number, page in _pages(viewer, big):
        # In turn, so that a change of the machine's speed meets both alike.
        theirs, ours = small.ask("measure", viewer, number), big.ask("measure", viewer, number)
        slowest = max(slowest, ours["page"])
        _say(
            f"{_padded(page['name'], 44)}{ours['fastest']:9.0f}{ours['page']:8.0f}{ours['slowest']:9.0f}"
            f"{ours['queries']:9.0f}{theirs['page']:8.0f}{ours['page'] / theirs['page']:6.1f}x"
            f"{ours['page'] / AT_MOST_MS:11.2f}x"
        )
    return slowest


def _report_plans(big: Installation) -> None:
    for viewer in ("platform", "tenant"):
        for number, page in _pages(viewer, big):
            # The others' queries differ by the tenant alone.
            is_told = viewer == "platform" or page["name"].startswith(_PLANS_OF_BOTH)
            if page["is_warm"] or not is_told:
                continue
            for lines in big.ask("plans", viewer, number):
                _say("\n".join(["", f"-- {viewer}: {page['name']}", *lines]))


def _pages(viewer: str, installation: Installation) -> list[tuple[int, dict[str, Any]]]:
    pages = enumerate(installation.ask("pages"))
    return [(number, page) for number, page in pages if viewer == "platform" or not page["only_platform"]]


@contextmanager
def _opened(url: str, environment: dict[str, str]) -> Iterator[Installation]:
    installation = Installation(url, environment)
    try:
        yield installation
    finally:
        installation.close()


def _made(url: str, name: str, size: Size, environment: dict[str, str]) -> str:
    """A new database with so much in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    settings = {**environment, "DATABASE_URL": url.rsplit("/", 1)[0] + f"/{name}"}
    began = time.monotonic()
    for command in (["migrate", "--verbosity", "0"], ["demo_data", *_arguments(size)]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=PROJECT, env=settings, check=True, stdout=subprocess.DEVNULL
        )
    if size is not SMALL:
        _say(f"\nmake demo-data: {size}: {time.monotonic() - began:.0f} s")
    return settings["DATABASE_URL"]


def _arguments(size: Size) -> list[str]:
    return ["--tenants", str(size.tenants), "--users", str(size.users), "--events", str(size.events)]


def _padded(text: str, width: int) -> str:
    """The text in a column; Chinese characters take the place of two."""
    return text + " " * max(0, width - len(text) - sum(ord(character) > 0x2E80 for character in text))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the result


def main() -> None:
    from tests.benchmarks.__main__ import SECRETS  # noqa: PLC0415 - which imports this module

    with ExitStack() as stack:
        url = stack.enter_context(postgresql(fsync=True))
        var = stack.enter_context(tempfile.TemporaryDirectory(prefix="hufu-bench-"))
        environment = {
            **os.environ, **SECRETS, "ENVIRONMENT": "development", "VAR_DIR": var, "PORT": str(free_port())
        }  # fmt: skip
        report(url, environment)


if __name__ == "__main__":
    main()
