"""Fills the peer's database: one user, and one application for each grant. Run as a program."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.peer.settings")


def prepare() -> None:
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415 - after setup
    from django.core.management import call_command  # noqa: PLC0415 - after setup
    from oauth2_provider.models import Application  # noqa: PLC0415 - after setup

    call_command("migrate", verbosity=0)
    User.objects.create_user("admin", password="admin")
    for client_id, grant in (("machine", "client-credentials"), ("app", "password")):
        Application.objects.create(
            client_id=client_id,
            client_secret="secret",
            hash_client_secret=False,
            client_type="confidential",
            authorization_grant_type=grant,
        )


if __name__ == "__main__":
    prepare()
