"""Every page of the console, found by introspection: it fits its window, complains of nothing, and shuts nobody out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, URLPattern, reverse
from playwright.sync_api import Page

from accounts.models import User
from tests.browser.driver import NARROW, WIDE, BrowserThread, barriers, overflow, sign_in
from tests.factories import make_user
from tests.tenants.two_tenants import TwoTenants, make_two_tenants

PASSWORD = "a good password"
Addresses = Callable[[TwoTenants], Iterator[str]]
OF_EVERY_MODEL = {"add", "delete", "history", "import_rows", "export_rows"}
# What answers a form or a script, or is a file.
NO_PAGES = {"export", "check", "import_preview", "import_template", "import_generated"}


@pytest.fixture
def tenants(transactional_db: None) -> TwoTenants:
    return make_two_tenants()


@pytest.fixture
def platform(tenants: TwoTenants) -> User:
    return make_user(tenants.tenant, "platform", PASSWORD, is_staff=True, is_superuser=True)


def lists(_tenants: TwoTenants) -> Iterator[str]:
    """The overview, the mail server, and each model's list."""
    yield from (reverse("admin:index"), reverse("console_mail"))
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def rows(tenants: TwoTenants) -> Iterator[str]:
    """A row's page of each model."""
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[tenants.own[model].pk])


def what_is_done(tenants: TwoTenants) -> Iterator[str]:
    """What else there is: of the pages that every model has, one model's; all that a model has of its own."""
    yield "/admin/oauthx/client/add/?kind=service"
    names = [str(pattern.name) for pattern in _patterns(admin.site.get_urls())]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}_"
        for page in (other.removeprefix(name) for other in names if other.startswith(name)):
            if page in {"changelist", "change"} | NO_PAGES or (page in OF_EVERY_MODEL and model is not User):
                continue
            yield _address(f"admin:{name}{page}", tenants.own[model].pk)


def _patterns(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        yield from [pattern] if isinstance(pattern, URLPattern) else _patterns(pattern.url_patterns)


def _address(name: str, key: Any) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return reverse(name, args=[key])


@pytest.mark.parametrize(
    ("locale", "some"),
    [("zh-CN", lists), ("zh-CN", rows), ("en-US", what_is_done)],
    ids=["lists", "rows", "what is done"],
)
def test_every_page_can_be_used_by_everybody(
    browser: BrowserThread,
    platform: User,
    tenants: TwoTenants,
    locale: str,
    some: Callable[[TwoTenants], Iterator[str]],
) -> None:
    """What the browser's console complains of fails the scenario by itself (driver.py)."""
    paths = list(some(tenants))

    def scenario(page: Page) -> list[tuple[str, str]]:
        sign_in(page, tenants.tenant.code, "platform", PASSWORD)
        page.wait_for_url("**/admin/")
        found: list[tuple[str, str]] = []
        for path in paths:
            page.goto(path)
            found += [(path, problem) for problem in (*barriers(page), *overflow(page, NARROW, WIDE))]
        return found

    found = browser.run(scenario, locale=locale)
    assert not found, "\n".join(f"{path}: {barrier}" for path, barrier in found)


def test_every_list_and_row_fits_its_window_in_english(
    browser: BrowserThread, platform: User, tenants: TwoTenants
) -> None:
    paths = [*lists(tenants), *rows(tenants)]

    def scenario(page: Page) -> list[tuple[str, str]]:
        sign_in(page, tenants.tenant.code, "platform", PASSWORD)
        page.wait_for_url("**/admin/")
        found: list[tuple[str, str]] = []
        for path in paths:
            page.goto(path)
            found += [(path, problem) for problem in overflow(page, NARROW)]
        return found

    assert not browser.run(scenario, locale="en-US", viewport=NARROW)
