"""What people may set has an end: numbers and moments that nothing which reckons with them can overflow."""

from datetime import UTC, datetime
from importlib import import_module
from itertools import chain
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection
from django.db.models import DateField, IntegerField
from django.test import Client as HttpClient
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from tenants.models import Change, Tenant
from tenants.moments import validate_moment
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form

pytestmark = pytest.mark.django_db

# By the last word of a field's name; without a unit it is a number of something, or a place in an order.
MOST = {"days": 36_500, "minutes": 525_600, "seconds": 315_360_000}
NUMBER = 999_999_999


def browser_of(user: User) -> HttpClient:
    browser = HttpClient(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def fields_of_forms() -> list[Any]:
    """The columns that stand in any form of the console, by introspection."""
    request = RequestFactory().get("/")
    request.user = make_user(make_tenant(), "platform", None, is_staff=True, is_superuser=True)
    columns: list[Any] = []
    for model, page in admin.site._registry.items():
        if not page.has_change_permission(request) and not page.has_add_permission(request):
            continue
        forms = {model: page.get_form(request, change=True)} | {
            inline.model: inline.get_formset(request).form for inline in page.get_inline_instances(request)
        }
        own = {field.name: field for field in chain.from_iterable(each._meta.fields for each in forms)}
        columns += [own[name] for form in forms.values() for name in form.base_fields if name in own]
    return columns


@pytest.mark.once
def test_each_number_and_moment_of_a_form_has_an_end_by_its_unit() -> None:
    columns = fields_of_forms()
    numbers: list[Any] = [column for column in columns if isinstance(column, IntegerField)]
    assert {"lockout_minutes", "position", "sort", "refresh_reuse_seconds"} <= {column.name for column in numbers}
    for column in numbers:
        ends = [(type(each), each.limit_value) for each in column.validators]
        most: int = min(value for kind, value in ends if kind is MaxValueValidator)
        assert most <= MOST.get(column.name.rpartition("_")[2], NUMBER), column
        assert most < 1 << 15 or "Small" not in column.get_internal_type(), column
        assert max(value for kind, value in ends if kind is MinValueValidator) >= -NUMBER, column
    moments: list[Any] = [column for column in columns if isinstance(column, DateField)]
    assert "expires_at" in {column.name for column in moments}
    assert all(validate_moment in column.validators for column in moments), moments


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/New_York", "9999-12-31"), ("Asia/Shanghai", "9999-12-31"), ("Asia/Shanghai", "0001-01-01")],
)
def test_an_expiry_at_the_calendars_edges_is_refused_beside_its_field(zone: str, day: str) -> None:
    tenant = make_tenant(time_zone=zone)
    browser = browser_of(make_user(tenant, "platform", None, is_staff=True, is_superuser=True))
    page = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    response = send_form(browser, page, "tenant_form", expires_at_0=day, expires_at_1="23:59:59")
    assert errors_of(response) == {"expires_at": ["Take a year from 1970 to 9000."]}
    sent = form_values(response, "tenant_form")
    assert (sent["expires_at_0"], sent["expires_at_1"]) == ([day], ["23:59:59"])


def test_an_expiry_that_was_set_before_there_were_ends_is_made_readable() -> None:
    """PostgreSQL keeps what Python cannot hold."""
    edges = {"last": "9999-12-31 23:59:59", "first": "0001-01-01 00:00:00", "usual": "2030-01-01 00:00:00"}
    if connection.vendor == "postgresql":
        edges |= {"last": "10000-01-01 04:59:59+00", "first": "0001-12-31 15:54:17+00 BC"}
    tenants = {code: make_tenant(code) for code in [*edges, "never"]}
    with connection.cursor() as cursor:
        for code, edge in edges.items():
            cursor.execute("UPDATE tenants_tenant SET expires_at = %s WHERE code = %s", [edge, code])
    import_module("tenants.migrations.0010_bounds").make_readable(apps, None)
    assert {tenant.code: tenant.expires_at and tenant.expires_at.year for tenant in Tenant.objects.all()} == {
        "last": 9000, "first": 1970, "usual": 2030, "never": None,
    }  # fmt: skip
    for code in ("last", "first"):
        Tenant.objects.get(pk=tenants[code].pk).full_clean()


def test_a_change_at_the_calendars_edge_is_told_as_it_was_recorded() -> None:
    tenant = make_tenant(time_zone="Asia/Tokyo")
    edges = ["9999-12-31T15:59:59Z", "0001-01-01T00:00:00-05:00"]
    entry = Change.objects.create(
        time=timezone.now(), action="update", kind="tenants.tenant", object_id=str(tenant.pk), object_name="t",
        tenant_id=tenant.pk, changes={"expires_at": edges},
    )  # fmt: skip
    browser = browser_of(make_administrator(tenant, "boss"))
    for page in (
        reverse("admin:tenants_change_changelist"),
        reverse("admin:tenants_change_change", args=[entry.pk]),
        reverse("admin:tenants_tenant_history", args=[tenant.pk]),
    ):
        response = browser.get(page)
        assert response.status_code == 200, page
    shown = browser.get(reverse("admin:tenants_change_change", args=[entry.pk])).content.decode()
    assert "9999-12-31 15:59:59+00:00" in shown
    assert "0001-01-01 14:" in shown


def test_a_span_of_time_to_the_calendars_edges_is_all_of_it() -> None:
    tenant = make_tenant(time_zone="America/New_York")
    browser = browser_of(make_administrator(tenant, "boss", permissions=["tenants.view_change"]))
    Change.objects.create(time=datetime(2026, 1, 1, tzinfo=UTC), action="create", kind="k", object_id="1",
                          object_name="p", tenant_id=tenant.pk)  # fmt: skip
    for zone in ("America/New_York", "Asia/Tokyo"):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        for query, is_found in (
            ("time_from_0=0001-01-01&time_to_0=9999-12-31", True),
            ("time_from_0=9999-12-31&time_from_1=23:59:59", False),
            ("time_to_0=0001-01-01&time_to_1=00:00:00", False),
        ):
            answer = browser.get(f"{reverse('admin:tenants_change_changelist')}?object=p&{query}")
            assert answer.status_code == 200, (zone, query)
            assert (answer.context["cl"].result_count > 0) == is_found, (zone, query)
