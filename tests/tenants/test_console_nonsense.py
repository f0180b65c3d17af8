"""Every page of the console, found by introspection, with nonsense in its address, its parameters and its fields.

What is no value of a field is refused beside the field, as no page, or ignored; never by an error of ours.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client as HttpClient
from django.urls import reverse

from oauthx.models import Client
from tests.tenants.two_tenants import TwoTenants

pytestmark = [
    pytest.mark.django_db,
    # A date without a time is midnight to Django's own filter.
    pytest.mark.filterwarnings("ignore:DateTimeField:RuntimeWarning"),
]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
# As they stand in an address: NUL, half of a surrogate pair, and what is no number, or none of a database.
NONSENSE = (
    "%00", "%ED%A0%80", quote("😀"), "9" * 40, "-1", "1e5", quote("' OR 1=1 --"), "5" * 5000, "0001-01-01",
)  # fmt: skip
# Those that broke something once, for the pages of which there are many.
WORST = ("%00", quote("😀"), "9" * 40)


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def refused_or_shown(browser: HttpClient, address: str, body: str | None = None) -> Any:
    """The answer; an error of ours is raised by the browser, and so fails the test with its place."""
    form = "application/x-www-form-urlencoded"
    answer = browser.get(address) if body is None else browser.post(address, body, content_type=form)
    assert answer.status_code < 500, address[:200]
    return answer


KIND: dict[type[Model], str] = {Client: "?kind=custom"}


def parameters_of(browser: HttpClient, model: type[Model]) -> Iterator[str]:
    yield from ("q", "o", "p", "e")
    for entry in admin.site._registry[model].list_filter:
        path = entry[0] if isinstance(entry, tuple) else getattr(entry, "parameter_name", entry)
        yield from (f"{path}__exact", f"{path}__in")
    for filters in browser.get(page(model, "changelist")).context["cl"].filter_specs:
        yield from filter(None, filters.expected_parameters())


def fields_of(answer: Any) -> Iterator[Any]:
    """The fields of a form and of the rows below it, by what they are called in what is sent."""
    yield from answer.context["adminform"].form
    for inline in answer.context["inline_admin_formsets"]:
        yield from inline.formset.empty_form


@each_model
def test_lists(model: type[Model], platform: HttpClient) -> None:
    for name in dict.fromkeys(parameters_of(platform, model)):
        for value in WORST:
            refused_or_shown(platform, f"{page(model, 'changelist')}?{name}={value}")
    for value in NONSENSE:
        refused_or_shown(platform, f"{page(model, 'changelist')}?q={value}&p={value}&o={value}")


@each_model
def test_rows(model: type[Model], boss: HttpClient) -> None:
    for value in NONSENSE:
        for name in ("change", "delete", "history"):
            answer = refused_or_shown(boss, f"{page(model, 'changelist')}{value}/{name}/")
            assert answer.status_code in {302, 403, 404}, (name, value)
        refused_or_shown(boss, f"{page(model, 'add')}?tenant={value}&parent={value}&_popup={value}&_to_field={value}")


@each_model
def test_autocomplete(model: type[Model], boss: HttpClient) -> None:
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created:
            continue
        known = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={field.name}"
        for value in WORST:
            for name in ("term", "tenant", "page"):
                refused_or_shown(boss, f"{reverse('admin:autocomplete')}?{known}&{name}={value}")


@each_model
def test_actions(model: type[Model], platform: HttpClient) -> None:
    request = platform.get(page(model, "changelist")).wsgi_request
    for action in admin.site._registry[model].get_actions(request):
        for value in WORST:
            body = f"action={action}&index=0&{ACTION_CHECKBOX_NAME}={value}&post=yes"
            refused_or_shown(platform, page(model, "changelist"), body)


@each_model
@pytest.mark.parametrize("who", ["platform", "boss"])
def test_forms(model: type[Model], who: str, world: TwoTenants, request: pytest.FixtureRequest) -> None:
    browser: HttpClient = request.getfixturevalue(who)
    # Where the page for a new one first asks which kind, this says so; elsewhere it is no parameter.
    for address in (page(model, "add") + KIND.get(model, ""), page(model, "change", world.own[model].pk)):
        shown = browser.get(address)
        if shown.status_code != 200 or not shown.context["adminform"].form.fields:
            continue
        names = [field.html_name.replace("__prefix__", "0") for field in fields_of(shown)]
        counts = [
            f"{inline.formset.prefix}-{count}_FORMS={number}"
            for inline in shown.context["inline_admin_formsets"]
            for count, number in (("TOTAL", 1), ("INITIAL", 0))
        ]
        # The fields are much the same to both.
        for value in NONSENSE if who == "platform" else WORST:
            answer = refused_or_shown(browser, address, "&".join([*counts, *(f"{name}={value}" for name in names)]))
            # The form again, with the errors; to a text or a number -1 is as good as any.
            assert value == "-1" or answer.context["errors"], value
