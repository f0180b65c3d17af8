"""`serve` and the demo data, run as the program of its own that they are."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.servers import free_port

# It brings its own database, which is SQLite, whatever this run's is.
pytestmark = pytest.mark.sqlite

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what must be refused
FIVE = ("/ams-auth/", "/kom-ams-auth/", "/cams-auth/", "/api/cams-auth/", "/connect/")


def manage(var: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=Path(settings.BASE_DIR),
        env={
            **inherited,
            "VAR_DIR": str(var),
            "ENVIRONMENT": "development",
            "PORT": str(free_port()),
            "LANGUAGE_CODE": "en",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def prepare(var: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return manage(var, "serve", "--prepare-only", **environment)


def test_a_first_start_prints_the_console_the_accounts_and_a_request_for_each_endpoint(tmp_path: Path) -> None:
    started = prepare(tmp_path)
    assert started.returncode == 0, started.stderr
    assert "/admin/" in started.stdout
    assert "000000 / admin / admin" in started.stdout
    for path in FIVE:
        assert re.search(rf"^curl http://127\.0\.0\.1:\d+{path}\S*token ", started.stdout, re.MULTILINE)


def test_a_second_start_touches_nothing_that_is_there(tmp_path: Path) -> None:
    prepare(tmp_path)
    shell = "from accounts.models import User; User.objects.filter(account='auditor').delete()"
    assert manage(tmp_path, "shell", "-c", shell).returncode == 0
    secrets = (tmp_path / "secrets.env").read_text()
    assert prepare(tmp_path).returncode == 0
    count = manage(tmp_path, "shell", "-c", "from accounts.models import User; print('users', User.objects.count())")
    assert "users 2" in count.stdout
    assert (tmp_path / "secrets.env").read_text() == secrets
    assert (tmp_path / "secrets.env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("host", [EVERYWHERE, "192.0.2.1", "::"])
def test_demo_data_are_refused_on_an_address_that_is_not_loopback(tmp_path: Path, host: str) -> None:
    refused = prepare(tmp_path, HOST=host)
    assert refused.returncode != 0
    assert "DEMO_DATA=off" in refused.stderr
    assert not (tmp_path / "hufu.sqlite3").exists()


def test_demo_data_that_are_there_already_are_refused_too(tmp_path: Path) -> None:
    prepare(tmp_path)
    refused = prepare(tmp_path, HOST=EVERYWHERE, DEMO_DATA="off")
    assert refused.returncode != 0
    assert "public passwords" in refused.stderr


def test_without_demo_data_it_starts_anywhere_and_says_how_to_make_the_first_administrator(tmp_path: Path) -> None:
    started = prepare(tmp_path, HOST=EVERYWHERE, DEMO_DATA="off")
    assert started.returncode == 0, started.stderr
    assert "create_administrator" in started.stdout
    assert "curl" not in started.stdout


def test_a_taken_port_is_named_before_anything_happens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = prepare(tmp_path, PORT=str(taken.getsockname()[1]))
    assert refused.returncode != 0
    assert "PORT=" in refused.stderr


PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "Xq8-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "KEY_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "ALLOWED_HOSTS": "id.example.com",
    "ISSUER_URL": "https://id.example.com",
}


def test_a_sound_production_set_up_starts(tmp_path: Path) -> None:
    started = prepare(tmp_path, **PRODUCTION)
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("broken", "hint"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"KEY_ENCRYPTION_KEYS": ""}, "KEY_ENCRYPTION_KEYS is not set"),
        ({"KEY_ENCRYPTION_KEYS": "short"}, "no Fernet key"),
        ({"ENVIRONMENT": "prod"}, "development or production"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"WORKERS": "4"}, "CACHE_URL"),
        ({"TRUSTED_PROXIES": "nonsense"}, "TRUSTED_PROXIES"),
        ({"DEMO_DATA": "on"}, "development"),
        ({"PORT": "x"}, "PORT"),
        ({"WORKERS": "0"}, "WORKERS"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE"),
        ({"LANGUAGE_CODE": "tlh"}, "LANGUAGE_CODE"),
    ],
)
def test_a_dangerous_or_broken_production_set_up_does_not_start(
    tmp_path: Path, broken: dict[str, Any], hint: str
) -> None:
    refused = prepare(tmp_path, **{**PRODUCTION, **broken})
    assert refused.returncode != 0
    assert hint in refused.stderr
    assert "Traceback" not in refused.stderr


def test_demo_data_never_enter_a_production_set_up(tmp_path: Path) -> None:
    refused = manage(tmp_path, "demo_data", **PRODUCTION)
    assert refused.returncode != 0
    assert "development" in refused.stderr
