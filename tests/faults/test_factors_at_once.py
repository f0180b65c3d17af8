"""One code of a second factor, shown by many browsers at the same moment over several server processes: one gets in."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
import requests
from django.utils import timezone

from accounts.factors import recovery
from accounts.models import AuthenticatorApp, LoginEvent, User
from tenants import registry
from tenants.models import Tenant
from tests import factories
from tests.accounts.factor_moves import FACTOR, code_of, give_app, wrong_code
from tests.faults.crowd import all_at_once
from tests.processes import serving

# On SQLite plans are carried out one after the other anyway.
pytestmark = pytest.mark.postgresql

# Each of them must give the password first, which costs a hash.
MANY = 8
SIGN_IN = {"tenant": "000000", "username": "admin", "password": "admin"}


@pytest.fixture
def admin(transactional_db: None) -> User:
    return factories.make_user(factories.make_tenant())


@pytest.fixture
def base(admin: User) -> Iterator[str]:
    with serving() as url:
        yield url


def send(browser: requests.Session, address: str, form: dict[str, str]) -> requests.Response:
    """Open the page and send its form."""
    page = browser.get(address, timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None, page.text
    return _post(browser, address, {**form, "csrfmiddlewaretoken": token.group(1)})


def _post(browser: requests.Session, address: str, form: dict[str, str]) -> requests.Response:
    return browser.post(address, form, allow_redirects=False, timeout=60)


def show_at_once(base: str, code: str) -> Counter[int]:
    """The statuses of many browsers that know the password, each at the second step, and send this code at once."""
    calls = []
    for _browser in range(MANY):
        browser = requests.Session()
        # The server closes a connection that waits too long.
        browser.headers["Connection"] = "close"
        step = send(browser, f"{base}/account/login/", SIGN_IN)
        assert step.headers["Location"] == FACTOR
        form = {"code": code, "csrfmiddlewaretoken": str(browser.cookies["csrftoken"])}
        calls.append(partial(_post, browser, f"{base}{FACTOR}", form))
    return Counter(answer.status_code for answer in all_at_once(calls))


def signed_in() -> int:
    return LoginEvent.objects.filter(kind="login", outcome="allowed").count()


def test_a_code_is_used_by_one_and_of_many_guesses_one_locks(base: str, admin: User) -> None:
    secret = give_app(admin)
    (recovery_code, *_others) = recovery.renew_codes(admin.pk, timezone.now())
    # Used codes count as wrong ones: here nobody is locked out yet.
    Tenant.objects.update(lockout_threshold=0)
    registry.bump()
    assert show_at_once(base, recovery_code) == {303: 1, 400: MANY - 1}
    assert signed_in() == 1
    assert show_at_once(base, code_of(secret, 1)) == {303: 1, 400: MANY - 1}
    assert signed_in() == 2
    AuthenticatorApp.objects.update(failures=0)
    Tenant.objects.update(lockout_threshold=3)
    registry.bump()
    assert show_at_once(base, wrong_code(secret)) == {400: MANY}
    assert LoginEvent.objects.filter(kind="lockout").count() == 1
