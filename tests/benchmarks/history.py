"""How long a page of the login history takes, with ten million rows: ours, and a stock page of Django's admin.

Each filter's first page, and the one after it, as the whole page: session, queries, HTML. The stock page has the same
columns and filters; it counts, and skips by OFFSET. `python -m tests.benchmarks.history` alone; BENCH_EVENTS is the
number of rows, BENCH_PLANS=1 prints each filter's query plan.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.history_rows import fill
from tests.servers import free_port, postgresql

PROJECT = Path(__file__).resolve().parents[2]
EVENTS = 10_000_000


def report(url: str, environment: dict[str, str]) -> None:
    """Fill the database that `environment` names, and print the table."""
    count = int(os.environ.get("BENCH_EVENTS", EVENTS))
    fill(url, count, datetime.now(UTC).date())
    print(f"\nThe login history with {count:,} rows: milliseconds a page, first and next; median of 5.")  # noqa: T201 - the result
    settings = {**environment, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.history_settings", "DATABASE_URL": url}
    subprocess.run([sys.executable, "-m", "tests.benchmarks.history_pages"], cwd=PROJECT, env=settings, check=True)


def main() -> None:
    from tests.benchmarks.__main__ import SECRETS  # noqa: PLC0415 - which imports this module

    with postgresql(fsync=True) as url, tempfile.TemporaryDirectory(prefix="hufu-bench-") as var:
        environment = {
            **os.environ,
            **SECRETS,
            "ENVIRONMENT": "development",
            "VAR_DIR": var,
            "DATABASE_URL": url,
            "PORT": str(free_port()),
        }
        command = [sys.executable, "manage.py", "serve", "--prepare-only"]
        subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)
        report(url, environment)


if __name__ == "__main__":
    main()
