"""Answers whether the process lives and whether its parts do. It must not know any app."""

from collections.abc import Callable

from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


@csrf_exempt
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when requests can be served, else 503 with `failing` naming the parts: database, cache, migrations."""
    checks: dict[str, Callable[[], None]] = {
        "database": _check_database,
        "cache": _check_cache,
        "migrations": _check_migrations,
    }
    failing = []
    for part, check in checks.items():
        try:
            check()
        except Exception:  # noqa: BLE001 - whatever breaks a part, the answer is that the part is broken
            failing.append(part)
    if failing:
        return JsonResponse({"status": "unavailable", "failing": failing}, status=503)
    return JsonResponse({"status": "ok"})


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_cache() -> None:
    for alias in ("default", "challenges"):
        # Reading is enough to see that it answers; a full one refuses new entries and is well all the same.
        caches[alias].get("readyz")


_migrations_applied = False


def _check_migrations() -> None:
    """Looked up until they are applied, then remembered: a running process never loses a migration."""
    global _migrations_applied  # noqa: PLW0603 - one fact about the process
    if not _migrations_applied:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise LookupError("unapplied migrations")
        _migrations_applied = True
