"""What oauthx reads of Django's settings, typed. Tests set `HUFU_CLOCK` and `HUFU_TOKEN_IDS` to their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Conf:
    """The source of time (aware datetimes), and of token ids (`jti`; called for the access token first)."""

    clock: Callable[[], datetime]
    new_token_id: Callable[[], str]


@lru_cache(maxsize=1)
def conf() -> Conf:
    """The settings of this process, imported once."""
    return Conf(
        clock=import_string(getattr(settings, "HUFU_CLOCK", "django.utils.timezone.now")),
        new_token_id=import_string(getattr(settings, "HUFU_TOKEN_IDS", "oauthx.issuing.random_token_id")),
    )


def _forget(**signal: Any) -> None:
    if str(signal.get("setting", "")).startswith("HUFU_"):
        conf.cache_clear()


setting_changed.connect(_forget)
