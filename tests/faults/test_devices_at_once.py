"""What happens when many ask with one device code, or guess at user codes, at once and over several processes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.models import LoginEvent, User
from oauthx.choices import DEVICE_CODE
from oauthx.claims import digest
from oauthx.device.guessing import WINDOW_SECONDS
from oauthx.models import DeviceGrant, TokenFamily
from tenants.models import Tenant
from tests import factories
from tests.faults.crowd import MANY, at_once
from tests.processes import serving

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql


@pytest.fixture
def user(transactional_db: None) -> User:
    user = factories.make_user(factories.make_tenant())
    factories.make_connect_client(user.tenant, grant_types=[DEVICE_CODE])
    return user


@pytest.fixture
def base(user: User) -> Iterator[str]:
    with serving() as url:
        yield url


def make_grant(tenant: Tenant, **fields: Any) -> DeviceGrant:
    wanted = {
        "device_code": digest("the code"),
        "user_code": "BCDFGHJK",
        "client_id": "client1",
        "tenant": tenant,
        "scope": "openid offline_access",
        "expires": timezone.now() + timedelta(minutes=5),
        **fields,
    }
    return DeviceGrant.objects.create(**wanted)


def poll(base: str) -> requests.Response:
    form = {"grant_type": DEVICE_CODE, "device_code": "the code"}
    return requests.post(f"{base}/connect/token", data=form, auth=("client1", "secret"), timeout=60)


def in_browser_of(user: User) -> dict[str, str]:
    """The cookies of a browser in which this person is signed in."""
    browser = HttpClient()
    browser.force_login(user)
    return {settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value}


def test_of_many_uses_of_one_device_code_exactly_one_succeeds_and_what_it_brought_is_ended(
    base: str, user: User
) -> None:
    make_grant(user.tenant, user=user, status=DeviceGrant.AUTHORIZED, auth_time=timezone.now())
    answers = at_once(lambda: poll(base))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: MANY - 1}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert TokenFamily.objects.get().end_reason == "device_code_replayed"
    told = next(answer for answer in answers if answer.ok).json()
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    assert requests.get(f"{base}/connect/userinfo", headers=bearer, timeout=60).status_code == 401
    assert Counter(LoginEvent.objects.values_list("reason", flat=True)) == {"": 1, "device_code_replayed": MANY - 1}


def test_of_many_questions_at_once_one_is_in_time_and_each_other_makes_the_pause_longer(base: str, user: User) -> None:
    grant = make_grant(user.tenant)
    answers = at_once(lambda: poll(base))
    assert Counter(answer.json()["error"] for answer in answers) == {"authorization_pending": 1, "slow_down": MANY - 1}
    grant.refresh_from_db()
    assert grant.interval == 5 + 5 * (MANY - 1)
    assert not LoginEvent.objects.exists()


def test_of_many_guesses_at_once_no_more_are_looked_at_than_the_limit(redis_url: str, user: User) -> None:
    make_grant(user.tenant)
    cookies = in_browser_of(user)
    if time.time() % WINDOW_SECONDS > WINDOW_SECONDS - 30:
        time.sleep(31)  # They are counted in windows of ten minutes by the clock: all of this belongs in one.

    def ask(base: str, code: str) -> Callable[[], requests.Response]:
        return lambda: requests.get(f"{base}/connect/device", {"user_code": code}, cookies=cookies, timeout=60)

    with serving(CACHE_URL=redis_url) as base:
        assert ask(base, "BCDF-GHJK")().status_code == 200
        answers = at_once(ask(base, "BBBB-BBBB"))
        assert Counter(answer.status_code for answer in answers) == {400: 10, 429: MANY - 10}
        assert ask(base, "BCDF-GHJK")().status_code == 429
