"""Two tenants, and who works in the console there, for the tests that go to all of its pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as HttpClient

from accounts.models import User
from tests.factories import make_administrator, make_user
from tests.tenants.two_tenants import TwoTenants, make_two_tenants


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[TwoTenants]:
    """Made once: what a test does to it is undone after that test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_two_tenants()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def people(world: TwoTenants) -> dict[str, User]:
    """A tenant's administrator who was given every permission there is, an auditor, and a platform administrator.

    The auditor may read the login history.
    """
    may_read = ["accounts.view_loginevent"]
    return {
        "boss": make_administrator(world.tenant, "boss"),
        "auditor": make_administrator(world.tenant, "auditor", permissions=may_read),
        "platform": make_user(world.tenant, "platform", is_staff=True, is_superuser=True),
    }


@pytest.fixture
def boss(people: dict[str, User]) -> HttpClient:
    return _browser(people["boss"])


@pytest.fixture
def auditor(people: dict[str, User]) -> HttpClient:
    return _browser(people["auditor"])


@pytest.fixture
def platform(people: dict[str, User]) -> HttpClient:
    return _browser(people["platform"])


def _browser(user: User) -> HttpClient:
    browser = HttpClient()
    browser.force_login(user)
    return browser
