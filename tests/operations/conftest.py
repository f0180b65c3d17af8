"""The fixtures of these tests: an environment to read settings from."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The least that a production set-up says."""
    for name, value in {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "x" * 50,
        "KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "VAR_DIR": str(tmp_path),
        "DEMO_DATA": "false",
        "DEFAULT_FROM_EMAIL": "Hufu <id@example.com>",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
