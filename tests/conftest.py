"""Fixtures that every test may use. What makes rows stands in `factories.py`, what starts servers in `servers.py`."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db.backends.base.operations import BaseDatabaseOperations

from tests.hashers import QUICK_HASHERS
from tests.schema import copy_schema


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Give SQLite a file for its test database; without a shared schema, each worker's has a name of its own."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = f"{settings.ENV.var_dir}/test.sqlite3"
    if "TEST_SCHEMA_LOCK" not in os.environ:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None, django_db_blocker: Any, worker_id: str) -> bool:
    """Let Django find its test database there, where the server is this run's own; it goes with the server."""
    lock = os.environ.get("TEST_SCHEMA_LOCK")
    if lock:
        with django_db_blocker.unblock():
            copy_schema(Path(lock), worker_id)
    return lock is not None


def pytest_configure() -> None:
    """Let WhiteNoise look static files up as they are asked for: listing them all takes longer than most tests.

    So does a password's hash, at the strength that guards a real one.
    """
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = QUICK_HASHERS


@pytest.fixture(scope="session", autouse=True)
def _flush_empties_the_history() -> Any:
    """Between tests that commit, Django empties every table; login history and changes refuse that from anyone else."""
    flush = BaseDatabaseOperations.execute_sql_flush
    around = {
        "postgresql": (
            ["SET LOCAL session_replication_role = replica"],
            ["SET LOCAL session_replication_role = origin"],
        ),
        # Migrating, of which Django speaks after a flush, makes them anew.
        "sqlite": ([f"DROP TRIGGER IF EXISTS {name}" for name in ("history_keeps_rows", "change_keeps_rows")], []),
    }

    def flush_all(operations: Any, statements: Any) -> None:
        before, after = around[operations.connection.vendor]
        flush(operations, [*before, *statements, *after])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_all)
        yield


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    """No test sees what another one left in memory.

    What `tenants.registry` keeps needs no help: it goes by a number that every test's rows draw anew.
    """
    for alias in settings.CACHES:
        caches[alias].clear()


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> str:
    """A database of this run's own Redis that no other xdist worker uses; what stands in it is the test's to clear."""
    server = os.environ.get("TEST_REDIS_URL")
    if not server:
        pytest.fail("redis-server is not installed (Debian: apt-get install redis-server).")
    return f"{server}/{int(worker_id.removeprefix('gw')) % 16 if worker_id != 'master' else 0}"
