"""Every page of the console, found by introspection: it fits its window, complains of nothing, and shuts nobody out."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from tests.browser.driver import NARROW, WIDE, BrowserThread, barriers, overflow, sign_in
from tests.factories import make_user
from tests.tenants.two_tenants import TwoTenants, make_two_tenants

PASSWORD = "a good password"


@pytest.fixture
def tenants(transactional_db: None) -> TwoTenants:
    return make_two_tenants()


@pytest.fixture
def platform(tenants: TwoTenants) -> User:
    return make_user(tenants.tenant, "platform", PASSWORD, is_staff=True, is_superuser=True)


def addresses(tenants: TwoTenants) -> Iterator[str]:
    """The overview, and of each model its list and a row's page."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        # The form for a new row has the same fields.
        yield reverse(f"{name}_change", args=[tenants.own[model].pk])


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_every_page_can_be_used_by_everybody(
    browser: BrowserThread, platform: User, tenants: TwoTenants, locale: str
) -> None:
    """What the browser's console complains of fails the scenario by itself (driver.py)."""
    paths = list(addresses(tenants))

    def scenario(page: Page) -> list[tuple[str, str]]:
        sign_in(page, tenants.tenant.code, "platform", PASSWORD)
        page.wait_for_url("**/admin/")
        found: list[tuple[str, str]] = []
        for path in paths:
            page.goto(path)
            if locale == "zh-CN":  # Once is enough: the texts shut nobody out.
                found += [(path, barrier) for barrier in barriers(page)]
            found += [(path, problem) for problem in overflow(page, NARROW, WIDE)]
        return found

    found = browser.run(scenario, locale=locale)
    assert not found, "\n".join(f"{path}: {barrier}" for path, barrier in found)
