"""The tables of the login history: nobody changes a row, months have partitions, and pruning follows the tenants."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.history_tables import create_months, prepare_after_migrating
from accounts.models import LoginEvent
from accounts.models.history import AppendOnlyError
from accounts.pruning import count_due, find_due, prune
from tenants.models import Change, Tenant
from tenants.pruner import PRUNER
from tests.factories import make_tenant

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _event(days_ago: float, tenant: Tenant | None = None, now: datetime = NOW, **fields: Any) -> LoginEvent:
    of_tenant = {"tenant_id": tenant.pk, "tenant_code": tenant.code} if tenant else {}
    common = {"time": now - timedelta(days=days_ago), "kind": "token", "outcome": "allowed"}
    return LoginEvent.objects.create(**{**common, **of_tenant, **fields})


def _accounts() -> set[str]:
    return set(LoginEvent.objects.values_list("account", flat=True))


# --- Append-only -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_loginevent SET reason = 'x'", "DELETE FROM accounts_loginevent"],
)
def test_the_database_refuses_changes_and_deletions(statement: str) -> None:
    _event(1)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert LoginEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.sqlite
def test_sqlite_replaces_nothing() -> None:
    """`REPLACE` deletes the row in its way, and fires no trigger for that unless it is told to."""
    _event(1)
    Change.objects.create(time=NOW, action="update", kind="accounts.user", object_id="1")
    for table in ("accounts_loginevent", "tenants_change"):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE forged AS SELECT * FROM {table}")  # noqa: S608 - one of the two above
            with pytest.raises(DatabaseError, match=r"append-only|never changed"), transaction.atomic():
                cursor.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM forged")  # noqa: S608
            cursor.execute("DROP TABLE forged")


@pytest.mark.django_db
@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE accounts_loginevent",
        "TRUNCATE accounts_loginevent_default",
        f"TRUNCATE accounts_loginevent_{timezone.now():%Y_%m}",
        f"DELETE FROM accounts_loginevent_{timezone.now():%Y_%m}",  # noqa: S608 - our names
        # Whoever may become the pruner by SET ROLE has still signed in as somebody else.
        f"SET LOCAL ROLE {PRUNER}; DELETE FROM accounts_loginevent",  # noqa: S608 - our names
    ],
)
def test_postgresql_refuses_every_way_around(statement: str, pruner_url: str) -> None:
    _event(0, now=timezone.now())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert LoginEvent.objects.count() == 1


@pytest.mark.django_db
def test_the_model_has_no_way_to_change_a_row() -> None:
    event = _event(1)
    for change in (
        event.save,
        event.delete,
        LoginEvent.objects.all().delete,
        lambda: LoginEvent.objects.update(reason="x"),
        lambda: LoginEvent.objects.bulk_update([event], ["reason"]),
    ):
        with pytest.raises(AppendOnlyError):
            change()


def test_no_code_but_the_pruning_deletes_or_switches_triggers_off() -> None:
    forbidden = re.compile(
        r"(DELETE FROM|UPDATE|TRUNCATE|DROP TABLE)\s+\{?(accounts_loginevent|TABLE|month)|DISABLE TRIGGER"
        r"|session_replication_role|_raw_delete",
        re.IGNORECASE,
    )
    root = Path(settings.BASE_DIR)
    found = {
        path.relative_to(root).as_posix()
        for folder in ("accounts", "oauthx", "tenants", "config")
        for path in (root / folder).rglob("*.py")
        if forbidden.search(path.read_text()) and "migrations" not in path.parts
    }
    assert found == {"accounts/pruning.py", "tenants/changes/pruning.py"}


@pytest.mark.django_db
@pytest.mark.sqlite
def test_sqlite_has_its_triggers_again_after_migrating() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER history_keeps_rows")
    prepare_after_migrating("default", NOW.date())
    _event(1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_loginevent")


# --- Months ----------------------------------------------------------------------------------------------------------


def _partition_of(event: LoginEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM accounts_loginevent WHERE id = %s", [event.pk])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.postgresql
def test_months_are_made_ahead_by_migrating() -> None:
    soon = timezone.now() + timedelta(days=80)
    assert _partition_of(_event(0, now=soon)) == f"accounts_loginevent_{soon:%Y_%m}"


@pytest.mark.django_db
@pytest.mark.postgresql
def test_months_are_made_once_and_without_gaps() -> None:
    assert create_months(connection, date(2019, 11, 5), 4) == 4
    assert create_months(connection, date(2019, 12, 31), 4) == 1
    for year, month in ((2019, 11), (2019, 12), (2020, 1), (2020, 2), (2020, 3)):
        first = datetime(year, month, 1, tzinfo=UTC)
        assert _partition_of(_event(0, now=first)) == f"accounts_loginevent_{year}_{month:02}"
    last = datetime(2020, 4, 1, tzinfo=UTC) - timedelta(microseconds=1)
    assert _partition_of(_event(0, now=last)) == "accounts_loginevent_2020_03"


@pytest.mark.django_db
@pytest.mark.postgresql
def test_a_row_without_a_month_is_kept_and_its_month_stays_unmade() -> None:
    event = _event(0, now=datetime(2015, 6, 7, tzinfo=UTC), account="early")
    assert _partition_of(event) == "accounts_loginevent_default"
    assert create_months(connection, date(2015, 6, 1), 2) == 1
    assert _partition_of(event) == "accounts_loginevent_default"
    assert _accounts() == {"early"}


@pytest.mark.django_db
@pytest.mark.postgresql
def test_a_month_out_of_bounds_is_refused() -> None:
    with pytest.raises(DatabaseError, match="out of bounds"), transaction.atomic():
        create_months(connection, date(1999, 12, 1), 1)


# --- Pruning ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def tenants() -> dict[str, Tenant]:
    kept = {"short": 30, "long": 400, "ever": 0}
    return {code: make_tenant(code, code, login_history_days=days) for code, days in kept.items()}


@pytest.fixture
def history(tenants: dict[str, Tenant], settings: Any) -> None:
    settings.HUFU_LOGIN_HISTORY_DAYS = 100
    for code, tenant in tenants.items():
        for days in (29, 31, 399, 401, 900):
            _event(days, tenant, account=f"{code} {days}")
    for days in (99, 101):
        _event(days, account=f"nobody {days}")
        _event(days, account=f"gone {days}", tenant_id=999_999, tenant_code="gone")


LEFT = {
    *("short 29", "long 29", "long 31", "long 399", "ever 29", "ever 31", "ever 399", "ever 401", "ever 900"),
    *("nobody 99", "gone 99"),
}


@pytest.mark.django_db
def test_a_dry_run_says_how_many_of_each_tenant_would_go(history: None) -> None:
    numbers = {(number.code, number.days): number.count for number in count_due(connection, find_due(connection, NOW))}
    assert numbers == {("short", 30): 4, ("long", 400): 2, ("gone", 100): 1, ("", 100): 1}
    out = StringIO()
    call_command("prune_login_history", "--dry-run", stdout=out)
    assert "short" in out.getvalue()
    assert "ever" not in out.getvalue()
    assert LoginEvent.objects.count() == 19


@pytest.mark.django_db
@pytest.mark.sqlite
def test_sqlite_prunes_by_each_tenants_own_time_and_refuses_again(history: None) -> None:
    gone: list[int] = []
    prune(connection, find_due(connection, NOW), NOW, gone.append)
    assert _accounts() == LEFT
    assert sum(gone) == 8
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_loginevent")


@pytest.mark.django_db
@pytest.mark.postgresql
def test_the_programs_own_role_cannot_prune(history: None) -> None:
    with pytest.raises(CommandError, match="PRUNE_DATABASE_URL"):
        call_command("prune_login_history", stdout=StringIO())
    assert LoginEvent.objects.count() == 19


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_postgresql_prunes_as_its_own_role(pruner_url: str) -> None:
    now = timezone.now()
    tenant = make_tenant("short", "short", login_history_days=30)
    create_months(connection, date(2019, 3, 1), 2)
    for time in (datetime(2019, 3, 5, tzinfo=UTC), datetime(2019, 4, 5, tzinfo=UTC)):
        _event(0, tenant, now=time, account="old")
    for days in (29, 31, 99, 101):
        _event(days, tenant, now, account=f"short {days}")
        _event(days, None, now, account=f"nobody {days}")
    environment = {
        **os.environ,
        "DATABASE_URL": _url(),
        "PRUNE_DATABASE_URL": pruner_url,
        "LOGIN_HISTORY_DAYS": "100",
        "LANGUAGE_CODE": "en",
    }
    command = [sys.executable, "manage.py", "prune_login_history"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert "6 login events deleted." in done.stdout, done.stderr
    assert "[########################################] 100% 6" in done.stderr
    assert _accounts() == {"short 29", "nobody 29", "nobody 31", "nobody 99"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('accounts_loginevent_2019_03'), to_regclass('accounts_loginevent_2019_04')")
        assert cursor.fetchone() == (None, None)
    with psycopg.connect(pruner_url) as pruner, pytest.raises(psycopg.Error, match="append-only"):
        pruner.execute("UPDATE accounts_loginevent SET reason = 'x'")
    # The changes, too, of which there is one of the tenant.
    Change.objects.create(time=now - timedelta(days=31), action="update", kind="k", tenant_code="old")
    environment["CHANGES_DAYS"] = "30"
    command[-1] = "prune_changes"
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert "1 changes deleted." in done.stdout, done.stderr
    assert set(Change.objects.values_list("tenant_code", flat=True)) == {"short"}


@pytest.fixture(scope="module")
def pruner_url(django_db_setup: None, django_db_blocker: Any) -> str:
    """The role that may prune, made as docs/operations.md says; other workers of this run use it too, so it stays."""
    with psycopg.connect(_url(), autocommit=True) as owner, suppress(psycopg.Error):
        owner.execute(f"CREATE ROLE {PRUNER} LOGIN IN ROLE {connection.settings_dict['USER']}".encode())
    return _url(PRUNER)


def _url(user: str = "") -> str:
    database = connection.settings_dict
    account = user or f"{database['USER']}:{database['PASSWORD']}"
    return f"postgres://{account}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
