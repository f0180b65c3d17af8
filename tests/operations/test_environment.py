"""What the environment says of numbers."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import read_environment

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("LOGIN_HISTORY_DAYS", "36501", "from 0 to 36500"),
        ("CHANGES_DAYS", "1000000", "from 0 to 36500"),
        ("CHANGES_DAYS", "-1", "from 0 to 36500"),
        ("WORKERS", "0", "1 or more"),
        ("PORT", "many", "0 or more"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused_by_name(
    environ: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, allowed: str
) -> None:
    environ.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be a whole number, {allowed}, not '{value}'"):
        read_environment(tmp_path)
