"""The surroundings of a test run, made before Django reads its settings (pytest loads this by `-p`).

`pytest` runs on SQLite, `pytest --database=postgresql` on a cluster of its own; `DATABASE_URL` names another one.
Servers start once, in the process that was called. Workers of xdist inherit its environment; each has its own database.
"""

import os
import signal
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import ServerError, postgresql, redis_server

TESTS = Path(__file__).parent
# About pages, programs and other people's clients: they ask the database nothing that the rest does not.
RUN_ONCE = {"browser", "clients", "differential", "test_architecture.py", "test_documentation.py", "test_messages.py"}
# Whoever runs the first test of such a folder starts a server for all of it, so one worker runs them all.
COSTLY_SERVERS = {"browser": "browser", "clients": "browser", "directory": "directory", "differential": "differential"}
# They wait for peers that are slow on purpose: the other workers shall have something to do meanwhile.
WAITING = TESTS / "faults"

# Everything that config/env.py reads, so that no developer's `.env` changes what the tests say.
_SETTINGS = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "KEY_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CACHE_URL": "",
    # Tests that are about the clean-up call it.
    "CLEANUP_SECONDS": "0",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEBUG": "false",
    "DEMO_DATA": "false",
    "ISSUER_URL": "",
    "LANGUAGE_CODE": "zh-hans",
    "LOGIN_HISTORY_DAYS": "365",
    "LOG_LEVEL": "INFO",
    "OUTBOUND_PRIVATE_NETWORKS": "",
    "PRUNE_DATABASE_URL": "",
    "SECURE_COOKIES": "false",
    # Nobody: a test that asks WeChat plays it.
    "WECHAT_API_URL": "http://127.0.0.1:1",
    "TIME_ZONE": "Asia/Shanghai",
    "TRUSTED_PROXIES": "",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hufu")
    group.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        help="What to run on. Without it: DATABASE_URL if that is set, else SQLite.",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Comes before pytest-django's own, which reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        resources = ExitStack()
        early_config.add_cleanup(resources.close)
        # Being terminated ends the run like Ctrl-C does: with everything tidied up.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            _prepare(early_config.known_args_namespace.database, resources)
        except ServerError as error:
            raise pytest.UsageError(str(error)) from None
    return (yield)


def _prepare(database: str | None, resources: ExitStack) -> None:
    directory = resources.enter_context(tempfile.TemporaryDirectory(prefix="hufu-tests-"))
    os.environ.update(_SETTINGS, VAR_DIR=directory)
    os.environ.pop("TEST_SCHEMA_LOCK", None)
    if database == "postgresql" or database == "sqlite" or not os.environ.get("DATABASE_URL"):
        os.environ["TEST_SCHEMA_LOCK"] = f"{directory}/schema.lock"
    if database == "postgresql":
        os.environ["DATABASE_URL"] = resources.enter_context(postgresql())
    elif database == "sqlite" or not os.environ.get("DATABASE_URL"):
        # A file, not memory: threads share it, and WAL and IMMEDIATE mean something.
        os.environ["DATABASE_URL"] = f"sqlite:///{directory}/hufu.sqlite3"
    try:
        os.environ["TEST_REDIS_URL"] = resources.enter_context(redis_server())
    except ServerError:
        # Only the tests that ask for it need it; the fixture `redis_url` says what is missing.
        os.environ.pop("TEST_REDIS_URL", None)


def pytest_report_header() -> str:
    from django.db import connection  # noqa: PLC0415 - not before the settings are read

    return f"database: {connection.vendor}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark whole folders, begin with what waits most, and leave out what means nothing on this run's database."""
    from django.db import connection  # noqa: PLC0415 - not before the settings are read

    for item in items:
        folder, *_more = item.path.relative_to(TESTS).parts
        if folder in RUN_ONCE:
            item.add_marker("once")
        if folder in COSTLY_SERVERS:
            item.add_marker(pytest.mark.xdist_group(COSTLY_SERVERS[folder]))
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(other)])
    kept = [item for item in items if not item.get_closest_marker(other)]
    items[:] = sorted(kept, key=lambda item: not item.path.is_relative_to(WAITING))
