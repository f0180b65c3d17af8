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
# What the database is asked there, it is asked elsewhere, too; or it is asked nothing. The rest runs on every database.
RUN_ONCE = {
    # Pages, programs and other people's clients.
    *("browser", "clients", "differential", "test_architecture.py", "test_documentation.py", "test_messages.py"),
    # What answers look like, and what is refused for how it is written. The rows of codes, device codes and pushed
    # requests, of revoked and refreshed tokens and of notices are the business of the other folders of `protocol`, and
    # of `contract`, `faults` and `oauthx`.
    "protocol/openid_connect_core",
    "protocol/openid_connect_discovery",
    "protocol/openid_connect_front_channel_logout",
    "protocol/openid_connect_rp_initiated_logout",
    "protocol/rfc6750_bearer_tokens",
    "protocol/rfc7523_jwt_client_authentication",
    "protocol/rfc7636_pkce",
    "protocol/rfc8252_native_apps",
    "protocol/rfc8414_metadata",
    "protocol/rfc9068_jwt_access_tokens",
    "protocol/rfc9207_issuer",
    "protocol/rfc9700_security_bcp",
    "protocol/test_conformance_page.py",
    "contract/test_client_habits.py",
    "contract/test_error_form.py",
    "contract/test_fuzz.py",
    "oauthx/test_client_validation.py",
    "oauthx/test_combinations.py",
    "oauthx/test_cors.py",
    "oauthx/test_errors.py",
    "oauthx/test_wechat_refusals.py",
    "accounts/test_benches.py",
    "accounts/test_captchas.py",
    "accounts/test_origin.py",
    "accounts/test_passwords.py",
    "accounts/test_sign_in_page.py",
    "accounts/test_sign_in_ways.py",
    "operations/test_checks.py",
    "operations/test_proxies.py",
    "operations/test_rest_framework.py",
    # What a directory answers, and its pages. What becomes of it in the tables stands in the folder's other files.
    "directory/test_console.py",
    "directory/test_states.py",
    "directory/test_windows.py",
    # How HTTP is read, by servers that start anew for every test.
    "faults/test_on_the_wire.py",
    # Whose rows a page shows is for the ORM's conditions to say; test_console_nonsense.py opens every page everywhere.
    "tenants/test_scoping_walk.py",
}
# The four differ in words, not in rows: where a test runs on every endpoint, two of the five do on every database.
ENDPOINTS_RUN_ONCE = {"kom-ams-auth", "cams-auth", "api-cams-auth"}
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
    "CHANGES_DAYS": "0",
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
    if database in {"postgresql", "sqlite"} or not os.environ.get("DATABASE_URL"):
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
        path = item.path.relative_to(TESTS)
        folder = path.parts[0]
        if not RUN_ONCE.isdisjoint(each.as_posix() for each in (path, *path.parents)) or _is_a_repetition(item):
            item.add_marker("once")
        if folder in COSTLY_SERVERS:
            item.add_marker(pytest.mark.xdist_group(COSTLY_SERVERS[folder]))
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(other)])
    kept = [item for item in items if not item.get_closest_marker(other)]
    items[:] = sorted(kept, key=lambda item: not item.path.is_relative_to(WAITING))


def _is_a_repetition(item: pytest.Item) -> bool:
    """Whether it says of one more endpoint, or of a tenant's administrator, what others say on every database."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    is_of_endpoint = getattr(parameters.get("endpoint"), "name", None) in ENDPOINTS_RUN_ONCE
    return is_of_endpoint or (item.path.name == "test_console_nonsense.py" and parameters.get("who") == "boss")
