"""Who alone may delete what is kept as evidence, and how a command shows that it does. It must not know which rows."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Only who has signed in to PostgreSQL as this role may delete; the triggers name it.
PRUNER = "hufu_prune"
_BAR = 40


class NotThePrunerError(Exception):
    """The connection is not one of the role that may delete."""


def pruner_connection() -> BaseDatabaseWrapper:
    """The connection of `PRUNE_DATABASE_URL`; on SQLite, which has no roles, the usual one.

    Raises:
        NotThePrunerError: the setting is missing.
    """
    if connection.vendor != "postgresql":
        return connection
    if "prune" not in settings.DATABASES:
        raise NotThePrunerError
    return connections["prune"]


def require_pruner(connection: BaseDatabaseWrapper) -> None:
    """Go on as this role alone.

    Raises:
        NotThePrunerError: on PostgreSQL, the connection is another role's.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user = %s", [PRUNER])
        if not cursor.fetchone()[0]:
            raise NotThePrunerError


class Bar:
    """How many of `total` rows are gone, written by `write` as a bar that grows in its line."""

    def __init__(self, write: Callable[[str], object], total: int) -> None:
        self.gone = 0
        self._write, self._total = write, total

    def add(self, count: int) -> None:
        """So many more are gone."""
        self.gone += count
        share = min(1.0, self.gone / self._total) if self._total else 1.0
        bar = "#" * round(share * _BAR)
        self._write(f"\r[{bar:{_BAR}}] {share:4.0%} {self.gone}")
