"""Brings an installation up to date and serves it: `make run`, and the start of a deployment."""

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from oauthx.checks import find_demo_data
from oauthx.demo import ACCOUNTS, create_demo_data
from oauthx.signing import ensure_keys
from oauthx.welcome import welcome


class Command(BaseCommand):
    help = "Apply migrations, make keys (and demo data in development), then serve on HOST and PORT."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--prepare-only", action="store_true", help="Do all but serve.")

    def handle(self, *_args: Any, **options: Any) -> None:
        host, port = settings.HUFU_HOST, settings.HUFU_PORT
        self._refuse_demo_data_in_public(host)
        self._refuse_a_taken_port(host, port)
        if settings.HUFU_DEVELOPMENT:
            call_command("check")
        else:
            call_command("check", deploy=True, fail_level="ERROR")
        self._migrate()
        ensure_keys()
        if settings.HUFU_DEMO_DATA:
            create_demo_data()
        demo_data = find_demo_data()
        if demo_data and not (settings.HUFU_DEVELOPMENT and _is_loopback(host)):
            raise CommandError(_refusal(host))
        if not settings.HUFU_DEVELOPMENT:
            # Again, now that there are tables: known keys, secrets and passwords stand in them.
            call_command("check", deploy=True, fail_level="ERROR", databases=["default"])
        self.stdout.write(welcome(host, port, ACCOUNTS if demo_data else ()))
        self.stdout.flush()
        if not options["prepare_only"]:
            self._serve()

    def _refuse_demo_data_in_public(self, host: str) -> None:
        if settings.HUFU_DEMO_DATA and not _is_loopback(host):
            raise CommandError(_refusal(host))

    def _refuse_a_taken_port(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), port))
            except OSError as error:
                raise CommandError(
                    _("Cannot listen on %(host)s:%(port)d (%(problem)s). Choose another: PORT=%(other)d make run")
                    % {"host": host, "port": port, "problem": error.strerror, "other": port + 1}
                ) from None

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.stdout.write(_("Preparing the database: %(count)d migrations …") % {"count": len(plan)})
            self.stdout.flush()
            call_command("migrate", verbosity=0)

    def _serve(self) -> None:
        connection.close()
        configuration = Path(settings.BASE_DIR) / "deploy" / "gunicorn.conf.py"
        os.execv(  # noqa: S606 - our own interpreter, our own arguments
            sys.executable,
            [sys.executable, "-m", "gunicorn", "--config", str(configuration), "config.wsgi:application"],
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(host: str) -> str:
    return _(
        "Demo data have public passwords, so they are not served on %(host)s. Either keep HOST=127.0.0.1, or start"
        " with DEMO_DATA=off on a database without them (docs/configuration.md)."
    ) % {"host": host}
