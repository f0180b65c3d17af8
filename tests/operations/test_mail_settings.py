"""What the environment says of the mail server."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import read_environment

pytestmark = pytest.mark.once


def test_without_a_server_none_is_there(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.delenv("EMAIL_URL", raising=False)
    assert read_environment(tmp_path).mail_server == {}


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp+tls://hufu:p%40ss@mail.example.com", 587, True, False),
        ("smtp+ssl://hufu:p%40ss@mail.example.com", 465, False, True),
        ("smtp://hufu:p%40ss@mail.example.com:2525", 2525, False, False),
    ],
)
def test_a_server_is_read_from_its_address(
    environ: pytest.MonkeyPatch, tmp_path: Path, url: str, port: int, tls: bool, ssl: bool
) -> None:
    environ.setenv("EMAIL_URL", url)
    environment = read_environment(tmp_path)
    assert environment.mail_server == {
        "EMAIL_HOST": "mail.example.com",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": "hufu",
        "EMAIL_HOST_PASSWORD": "p@ss",
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
    }
    assert "p@ss" not in repr(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # What django-environ takes for STARTTLS, and everybody else for TLS from the start.
        ("EMAIL_URL", "smtps://hufu:p4ss@mail.example.com"),
        ("EMAIL_URL", "consolemail://"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://hufu:p4ss@mail.example.com:x"),
        ("EMAIL_URL", "mail.example.com"),
        ("DEFAULT_FROM_EMAIL", ""),
        ("DEFAULT_FROM_EMAIL", "Hufu"),
    ],
)
def test_what_cannot_work_stops_the_start(environ: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    environ.setenv("EMAIL_URL", "smtp+tls://mail.example.com")
    environ.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        read_environment(tmp_path)
    assert "p4ss" not in str(refused.value)
