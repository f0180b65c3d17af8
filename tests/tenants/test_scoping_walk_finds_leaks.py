"""The walk's own checks, on consoles of which one page does not scope: each leak of each model is found."""

import copy
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.test import Client as HttpClient
from django.urls import URLPattern, URLResolver, path
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.sites import UnfoldAdminSite

from accounts.models import User
from config.urls import urlpatterns
from tenants.console import ReadOnlyAdmin, ScopedFilter, ScopedModelAdmin
from tests.factories import make_administrator
from tests.tenants import test_scoping_walk as walk
from tests.tenants.two_tenants import TwoTenants, make_two_tenants

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Check = Callable[[type[Model], HttpClient, TwoTenants], None]


class _LeaksRows(ScopedModelAdmin):
    """Lists what a platform administrator would see."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        asked = copy.copy(request)
        asked.user = User(is_superuser=True)
        return super().get_queryset(asked)


class _LeaksPages(_LeaksRows):
    """Opens any row's page, too."""

    def _reaches(self, request: HttpRequest, obj: Any) -> bool:  # noqa: ARG002 - as it is called
        return True


class _AnyChoice:
    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002
        rows: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
        return rows


class _LeaksChoices(_AnyChoice, ScopedModelAdmin):
    """Takes any row in a form."""


class _LeaksInlines(ScopedModelAdmin):
    """Takes any row in what stands below the form."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [type(inline.__name__, (_AnyChoice, inline), {}) for inline in super().get_inlines(request, obj)]


class _LeaksFilters(ScopedModelAdmin):
    """Names any row that a list is filtered by."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [
            (entry[0], AutocompleteSelectFilter) if _is_scoped(entry) else entry
            for entry in super().get_list_filter(request)
        ]


def _is_scoped(entry: Any) -> bool:
    return isinstance(entry, tuple) and entry[1] is ScopedFilter


def _takes_rows(page: Any) -> bool:
    return not isinstance(page, ReadOnlyAdmin) and bool({*page.autocomplete_fields} - _of_platform(page))


def _of_platform(page: Any) -> set[str]:
    return {"tenant", *page.platform_fields}


# What is left out of a page, the check that must notice, and whose pages have such a thing.
LEAKS: dict[type[ScopedModelAdmin], tuple[Check, Callable[[Any], bool]]] = {
    _LeaksRows: (walk.test_lists_show_own_rows_alone, lambda _page: True),
    _LeaksPages: (walk.test_foreign_rows_do_not_exist, lambda _page: True),
    _LeaksChoices: (walk.test_forms_take_own_rows_alone, _takes_rows),
    _LeaksInlines: (walk.test_forms_take_own_rows_alone, lambda page: bool(page.inlines)),
    _LeaksFilters: (
        walk.test_filters_never_name_what_is_foreign,
        lambda page: any(_is_scoped(entry) and entry[0] not in _of_platform(page) for entry in page.list_filter),
    ),
}


def _addresses_with(leak: type[ScopedModelAdmin], model: type[Model]) -> tuple[Any, ...]:
    """Every address of the program, with a console in which this model's page has this leak."""
    console = UnfoldAdminSite()
    for each, page in admin.site._registry.items():
        made = type(page)
        console.register(each, type(made.__name__, (leak, made), {}) if each is model else made)
    others = cast("list[URLPattern | URLResolver]", urlpatterns)
    return tuple(path("admin/", console.urls) if getattr(one, "app_name", "") == "admin" else one for one in others)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__.removeprefix("_Leaks").lower())
def test_the_walk_finds_each_page_that_does_not_scope(leak: type[ScopedModelAdmin], settings: Any) -> None:
    check, has_such = LEAKS[leak]
    world = make_two_tenants()
    boss = make_administrator(world.tenant, "boss")
    models = [model for model, page in admin.site._registry.items() if has_such(page)]
    assert models
    unnoticed = []
    for model in models:
        settings.ROOT_URLCONF = _addresses_with(leak, model)
        browser = HttpClient()
        browser.force_login(boss)
        with transaction.atomic():
            try:
                check(model, browser, world)
                unnoticed.append(model)
            except AssertionError:
                pass
            transaction.set_rollback(True)
    assert unnoticed == []
