"""Every page of the console, found by introspection, as somebody who must not see another tenant: nothing shows.

A model that is registered later is walked without a change here; `two_tenants.py` then asks for a row of it.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.db.models import Model
from django.test import Client as HttpClient
from django.urls import resolve, reverse

from accounts.models import Dept, LoginEvent, User
from tenants.console import ScopedModelAdmin
from tenants.models import Tenant
from tests.tenants.two_tenants import MARK, TERM, TwoTenants, add_foreign_tenant

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
# What a stranger's page may answer.
HIDDEN = {403, 404}
# Kept out of the console: tied to a row that has its page, the business of processes, or gone within minutes.
WITHOUT_A_PAGE = {
    *("UserRole", "UserPost", "UserDept", "RegistryVersion", "PushedRequest", "UsedAssertion"),
    *("AuthenticatorApp", "Passkey", "RecoveryCode", "PastPassword"),
    *("BindTicket", "SmsCode", "MailCode", "DirectoryGroup", "DirectoryDept", "DirectorySync"),
}


def site() -> AdminSite:
    """The console that answers now: the next module walks through others, of which each leaks."""
    found: Any = resolve(reverse("admin:index")).func
    return cast("AdminSite", found.admin_site)


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def pages_of(row: Model) -> Iterator[str]:
    """The addresses of one row: its own, and those that a page adds."""
    for name in ("change", "delete", "history"):
        yield page(type(row), name, row.pk)
    yield page(type(row), "change", row.pk) + "?_popup=1&_to_field=id"
    names = getattr(site()._registry[type(row)], "actions_detail", ())
    for name in (each for each in names if isinstance(each, str)):
        yield page(type(row), name, row.pk)
    if isinstance(row, User):
        yield reverse("admin:accounts_user_password_change", args=[row.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def snapshot(world: TwoTenants) -> list[Any]:
    """All that must stay as it is, column by column."""
    rows = [*world.foreign.values(), *world.shared.values()]
    return [type(row)._default_manager.filter(pk=row.pk).values_list().first() for row in rows]


def test_every_model_has_a_page_that_scopes() -> None:
    ours = {model for app in ("tenants", "accounts", "oauthx") for model in apps.get_app_config(app).get_models()}
    assert {model.__name__ for model in ours - set(MODELS)} == WITHOUT_A_PAGE
    assert all(isinstance(entry, ScopedModelAdmin) for entry in admin.site._registry.values())


def test_every_model_has_rows_to_walk(world: TwoTenants) -> None:
    assert set(MODELS) == set(world.own) == set(world.foreign)


@each_model
def test_lists_show_own_rows_alone(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    for query in ("", f"?q={TERM}", "?all=", "?p=2", "?_popup=1", f"?q={TERM}&_facets="):
        response = boss.get(page(model, "changelist") + query)
        assert response.status_code in {200, 302}
        assert MARK not in text_of(response)
    listed = boss.get(page(model, "changelist")).context["cl"].queryset
    assert world.own[model] in listed
    assert world.foreign[model] not in listed


@each_model
def test_filters_never_name_what_is_foreign(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    for field in model._meta.get_fields():
        related = field.related_model
        if not isinstance(related, type) or related not in world.foreign:
            continue
        for row in (world.foreign[related], world.shared.get(related)):
            if row is None:
                continue
            for lookup in (f"{field.name}__id__exact", f"{field.name}__{row._meta.pk.name}__exact", field.name):
                response = boss.get(page(model, "changelist"), {lookup: row.pk})
                assert response.status_code in {200, 302, 400}
                assert MARK not in text_of(response)


@each_model
def test_columns_that_no_filter_names_cannot_be_asked_about(model: type[Model], boss: HttpClient) -> None:
    """Otherwise a digest or another tenant's name could be guessed letter by letter in the address."""
    entry = site()._registry[model]
    filtered = {item[0] if isinstance(item, tuple) else item for item in entry.list_filter}
    for field in model._meta.concrete_fields:
        if field.name not in filtered and not field.primary_key:
            response = boss.get(page(model, "changelist"), {f"{field.name}__startswith": "a"})
            assert response.status_code == 400, field.name
        if field.related_model is not None:
            inner = f"{field.name}__{field.related_model._meta.fields[1].name}__startswith"
            assert boss.get(page(model, "changelist"), {inner: "a"}).status_code == 400, inner


@each_model
def test_forms_offer_own_rows_alone(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    addresses = [page(model, "add"), f"{page(model, 'add')}?tenant={world.foreign[model].pk}&parent=1&role=1"]
    for address in (*addresses, *pages_of(world.own[model])):
        response = boss.get(address)
        assert response.status_code in {200, 403}
        assert MARK not in text_of(response)


@each_model
def test_forms_take_own_rows_alone(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    """What was sent is shown again beside the error: by its name, if the form knew it."""
    for address in (page(model, "add"), page(model, "change", world.own[model].pk)):
        context = boss.get(address).context
        # A page may ask for something else first, such as the kind of a client.
        sent = dict(_foreign_choices(context, world)) if "adminform" in context else {}
        if sent:
            response = boss.post(address, sent)
            assert response.status_code in {200, 403}
            assert MARK not in text_of(response)


def _foreign_choices(context: Any, world: TwoTenants) -> Iterator[tuple[str, Any]]:
    """For each field of the page's form, and of a new row below it, that takes a row: one of the other tenant."""
    forms = [context["adminform"].form]
    for below in context["inline_admin_formsets"]:
        prefix = below.formset.prefix
        forms.append(below.formset.empty_form)
        forms[-1].prefix = f"{prefix}-0"
        yield from {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0}.items()
    for form in forms:
        for name, field in form.fields.items():
            model = getattr(getattr(field, "queryset", None), "model", None)
            if model in world.foreign:
                yield form.add_prefix(name), world.foreign[model].pk


@each_model
def test_foreign_rows_do_not_exist(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    before = snapshot(world)
    for row in (world.foreign[model], world.shared.get(model)):
        for address in pages_of(row) if row is not None else ():
            for response in (boss.get(address), boss.post(address, {"post": "yes", "name": "taken over"})):
                assert response.status_code in HIDDEN, address
                assert MARK not in text_of(response)
    assert snapshot(world) == before


@each_model
def test_actions_leave_foreign_rows_alone(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    before = snapshot(world)
    request = boss.get(page(model, "changelist")).wsgi_request
    rows = [row.pk for row in (world.foreign[model], world.shared.get(model)) if row is not None]
    for action in site()._registry[model].get_actions(request):
        response = boss.post(
            page(model, "changelist"),
            {"action": action, "_selected_action": rows, "post": "yes", "select_across": "1", "index": "0"},
            follow=True,
        )
        assert MARK not in text_of(response)
    assert snapshot(world) == before


@each_model
def test_autocomplete_offers_own_rows_alone(model: type[Model], boss: HttpClient, world: TwoTenants) -> None:
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created:
            continue
        names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
        for more in ({}, {"term": TERM}, {"tenant": world.foreign[type(world.tenant)].pk}):
            response = boss.get(reverse("admin:autocomplete") + "?" + urlencode(names | more))
            assert response.status_code in {200, 403, 404}
            assert MARK not in text_of(response)


def moves_rows(model: type[Model]) -> bool:
    return hasattr(site()._registry[model], "resource_class")


@pytest.mark.parametrize("model", [model for model in MODELS if moves_rows(model)], ids=lambda model: model._meta.label)
def test_exports_and_templates_hold_own_rows_alone(
    model: type[Model], boss: HttpClient, auditor: HttpClient, world: TwoTenants
) -> None:
    pages = [page(model, "import_rows"), page(model, "import_template", "csv"), page(model, "export_rows")]
    for kind in ("csv", "xlsx"):
        for query in ("", f"?q={TERM}", f"?tenant__id__exact={world.foreign[Tenant].pk}"):
            response: Any = boss.post(page(model, "export_rows") + query, {"kind": kind})
            if response.status_code == 200 and response.streaming:
                sent = b"".join(response.streaming_content)
                text = sent.decode() if kind == "csv" else _strings_of(sent)
                assert MARK not in text
                assert (TERM in text) or query.startswith("?tenant")
    for address in pages:
        response = boss.get(address)
        assert response.status_code == 200
        assert MARK not in (b"".join(response.streaming_content).decode() if response.streaming else text_of(response))
        assert auditor.get(address).status_code in HIDDEN
        assert auditor.post(address).status_code in HIDDEN
    assert auditor.get(page(model, "import_preview")).status_code in HIDDEN


def _strings_of(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def test_indexes_and_search_name_nothing_foreign(boss: HttpClient, world: TwoTenants) -> None:
    addresses = [reverse("admin:index"), *(reverse("admin:app_list", args=[app]) for app in ("accounts", "oauthx"))]
    for address in (*addresses, f"{reverse('admin:search')}?s={TERM}&extended=1"):
        response = boss.get(address)
        assert response.status_code == 200
        assert MARK not in text_of(response)


def test_numbers_count_own_rows_alone(boss: HttpClient, world: TwoTenants) -> None:
    def numbers() -> list[str]:
        # Those of the dashboard are kept for a minute.
        cache.clear()
        return re.findall(r">[^<>]*[0-9][^<>]*<", text_of(boss.get(reverse("admin:index"))))

    before = numbers()
    add_foreign_tenant()
    assert numbers() == before


def test_the_tree_of_departments_shows_own_rows_alone(boss: HttpClient, world: TwoTenants) -> None:
    own, foreign = world.own[Dept], world.foreign[Dept]
    address = reverse("admin:accounts_dept_tree")
    asked: dict[str, Any] = {
        "tenant": world.foreign[Tenant].pk,
        "open": foreign.pk,
        "at": foreign.pk,
        "moving": foreign.pk,
        "q": TERM,
    }
    response = boss.get(address, asked)
    assert str(own) in text_of(response)
    assert MARK not in text_of(response)
    for move in (f"up:{foreign.pk}", f"under:{own.pk}:{foreign.pk}", f"under:{foreign.pk}:{own.pk}"):
        assert boss.post(address, {"move": move}).status_code == 404


@each_model
def test_an_auditor_sees_the_history_alone(model: type[Model], auditor: HttpClient, world: TwoTenants) -> None:
    addresses = [page(model, "changelist"), page(model, "add"), *pages_of(world.own[model])]
    seen = {address for address in addresses if auditor.get(address).status_code == 200}
    row = world.own[model]
    if model is not LoginEvent:
        assert seen == set()
    else:
        assert page(model, "add") not in seen
        assert page(model, "delete", row.pk) not in seen
        assert {page(model, "changelist"), page(model, "change", row.pk)} <= seen
    for address in pages_of(world.foreign[model]):
        assert auditor.get(address).status_code in HIDDEN
    index = text_of(auditor.get(reverse("admin:index")))
    assert (page(model, "changelist") in index) is (model is LoginEvent)


@each_model
def test_the_platform_sees_every_page(model: type[Model], platform: HttpClient, world: TwoTenants) -> None:
    assert MARK in text_of(platform.get(page(model, "changelist"))) or model._meta.model_name == "idtoken"
    assert platform.get(page(model, "add")).status_code in {200, 403}
    for row in (world.foreign[model], world.own[model]):
        for address in pages_of(row):
            assert platform.get(address).status_code in {200, 403}, address
        assert platform.get(page(model, "change", row.pk)).status_code == 200


def test_a_stranger_is_sent_to_the_login_page() -> None:
    response = HttpClient().get(reverse("admin:accounts_user_changelist"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))
