"""The captcha's verifier on each kind of cache: in this process's memory, and in Redis, which processes share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches

from accounts.caches import CacheFullError, NonEvictingLocMemCache
from accounts.verifiers import VerificationError
from accounts.verifiers.captcha import Captcha, issue_captcha, verify_captcha

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MEMORY = {"BACKEND": "accounts.caches.NonEvictingLocMemCache", "LOCATION": "challenges"}


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """The cache of challenges, of either kind, empty."""
    shared = MEMORY
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        shared = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "KEY_PREFIX": "test"}
    settings.CACHES = {**settings.CACHES, "challenges": shared}
    settings.HUFU_DEVELOPMENT = True
    caches["challenges"].clear()
    yield
    caches["challenges"].clear()
    caches["challenges"].close()


def issue(capsys: Any, audience: str = "ams-auth", tenant_code: str = "") -> tuple[Captcha, str]:
    captcha = issue_captcha(audience, tenant_code, NOW)
    return captcha, capsys.readouterr().out.strip().rpartition("code=")[2]


def verify(
    key: str, answer: str, *, audience: str = "ams-auth", tenant_code: str = "000000", seconds: float = 0
) -> str:
    """Why it was refused, or ""."""
    try:
        verify_captcha(key, answer, audience, tenant_code, NOW + timedelta(seconds=seconds))
    except VerificationError as error:
        # Only wrong passwords lock an account.
        return "counted!" if error.counts else error.reason
    return ""


def test_takes_the_right_answer_once(cache: None, capsys: Any) -> None:
    captcha, answer = issue(capsys)
    assert [verify(captcha.key, answer) for _time in range(3)] == ["", "captcha_used", "captcha_used"]


def test_is_burnt_by_whatever_is_tried_first(cache: None, capsys: Any) -> None:
    for attempt, reason in (
        ({"answer": "00000"}, "captcha_mismatch"),
        ({"audience": "cams-auth"}, "captcha_mismatch"),
        ({"seconds": 300}, "captcha_expired"),
    ):
        captcha, answer = issue(capsys)
        assert verify(captcha.key, **{"answer": answer, **attempt}) == reason  # type: ignore[arg-type]
        assert verify(captcha.key, answer) == "captcha_used"


def test_is_bound_to_the_tenant_that_was_named(cache: None, capsys: Any) -> None:
    captcha, answer = issue(capsys, tenant_code="000000")
    assert verify(captcha.key, answer, tenant_code="000000") == ""
    captcha, answer = issue(capsys, tenant_code="000000")
    assert verify(captcha.key, answer, tenant_code="000001") == "captcha_mismatch"


def test_is_good_for_five_minutes_to_the_second(cache: None, capsys: Any) -> None:
    captcha, answer = issue(capsys)
    assert verify(captcha.key, answer, seconds=299.999) == ""
    captcha, answer = issue(capsys)
    assert verify(captcha.key, answer, seconds=300) == "captcha_expired"


@pytest.mark.parametrize("key", ["", "0" * 32, "x" * 255, "a b", "a\nb", "𠮷", "*"])
def test_knows_no_invented_key(cache: None, key: str) -> None:
    assert verify(key, "abcde") == "captcha_unknown"


def test_of_many_at_once_exactly_one_passes(cache: None, capsys: Any) -> None:
    captcha, answer = issue(capsys)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _number: verify(captcha.key, answer), range(32)))
    assert outcomes.count("") == 1
    assert set(outcomes) <= {"", "captcha_used", "captcha_unknown"}


def test_a_full_memory_refuses_new_captchas_and_keeps_the_good_ones(settings: Any, capsys: Any) -> None:
    settings.CACHES = {**settings.CACHES, "challenges": {**MEMORY, "LOCATION": "small", "OPTIONS": {"MAX_ENTRIES": 3}}}
    settings.HUFU_DEVELOPMENT = True
    issued = [issue(capsys) for _number in range(3)]
    with pytest.raises(CacheFullError):
        issue(capsys)
    captcha, answer = issued[0]
    assert verify(captcha.key, answer) == ""


def test_entries_past_their_time_make_room() -> None:
    small = NonEvictingLocMemCache("other", {"OPTIONS": {"MAX_ENTRIES": 2}})
    small.set("old", 1, timeout=-1)
    small.set("kept", 2, timeout=60)
    small.set("new", 3, timeout=60)
    assert (small.get("old"), small.get("kept"), small.get("new")) == (None, 2, 3)
