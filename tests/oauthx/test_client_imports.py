"""Clients come by a file with their secrets, and leave without."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client as HttpClient
from django.utils import translation
from openpyxl import load_workbook

from accounts.models import User
from oauthx.admin.transfer import ClientResource
from oauthx.client_auth import find_client
from oauthx.models import Client
from oauthx.signing import ensure_keys
from tenants import registry
from tenants.console.transfer.entries import Entry, Platform, Scope
from tenants.console.transfer.reading import Line, Table
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_client, make_tenant, make_user

pytestmark = pytest.mark.django_db
HEADINGS = ["client_id", "name", "client_secret", "dialects", "grant_types", "scope", "access_token_validity"]
SWORD = ["sword", "Sword", "a_secret_of_old", "ams-auth,kom-ams-auth", "password,captcha,refresh_token", "all", 43200]


@pytest.fixture(autouse=True)
def _english() -> Any:
    ensure_keys()
    with translation.override("en"):
        yield


def clients_of(user: User) -> Transfer:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(user)
    return Transfer(browser, "oauthx_client")


@pytest.fixture
def tenant() -> Any:
    return make_tenant()


@pytest.fixture
def clients(tenant: Any) -> Transfer:
    return clients_of(make_administrator(tenant))


def test_a_secret_is_taken_over_slowly_hashed_and_never_written(clients: Transfer, tenant: Any) -> None:
    clients.run([HEADINGS, SWORD])
    sword = Client.objects.get(client_id="sword")
    assert (sword.tenant, sword.scopes, sword.access_token_lifetime_seconds) == (tenant, ["all"], 43200)
    assert sword.client_secret.startswith("chosen_secret$")
    assert check_password("a_secret_of_old", sword.client_secret)
    text = repr(clients.export()) + repr(clients.export("xlsx"))
    assert "sword" in text
    assert "a_secret_of_old" not in text
    assert "chosen_secret" not in text


class _Overtaken(ClientResource):
    """Somebody else rotates the secrets after the rows were read."""

    def check_together(self, entries: Sequence[Entry]) -> None:
        super().check_together(entries)
        Client.objects.update(client_secret="new")


def test_a_secret_that_was_rotated_meanwhile_stays(clients: Transfer, tenant: Any) -> None:
    clients.run([HEADINGS, SWORD])
    table = Table(("client_id", "name"), (Line(2, ("sword", "Blade")),))
    _Overtaken(Scope(Platform(), tenant)).store(table, {})
    sword = Client.objects.get(client_id="sword")
    assert (sword.name, sword.client_secret) == ("Blade", "new")


def test_a_new_secret_holds_for_the_next_request(clients: Transfer) -> None:
    clients.run([HEADINGS, SWORD])
    registry.refresh()
    before = find_client("sword")
    clients.run([["client_id", "secret"], ["sword", "another one"]])
    registry.refresh()
    after = find_client("sword")
    assert before is not None
    assert after is not None
    assert check_password("another one", after.client_secret)
    hashed = after.client_secret
    clients.run([["client_id", "secret", "name"], ["sword", "another one", "Sword 2"]])
    assert Client.objects.get(client_id="sword").client_secret == hashed


def test_a_client_without_a_secret_gets_one_that_is_shown_once(clients: Transfer) -> None:
    answered = clients.run([HEADINGS, ["new", "New", "", "connect", "client_credentials", "all", ""]])
    assert answered.headers["Location"] == clients.address("import_preview")
    answer: Any = clients.browser.post(clients.address("import_generated"))
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.iter_rows(values_only=True))
    new = Client.objects.get(client_id="new")
    assert [row[0] for row in rows] == ["Client ID", "new"]
    assert check_password(str(rows[1][1]), new.client_secret)


def test_what_the_form_refuses_is_refused(clients: Transfer) -> None:
    rows = [
        ["client_id", "dialects", "grant_types", "scopes", "client_type", "secret", "redirect_uris"],
        ["a:b", "connect", "password", "all", "", "", ""],
        ["nothing", "", "", "", "", "", ""],
        ["unknown", "soap", "magic", "moon", "", "", ""],
        ["public", "connect", "password", "all", "public", "a secret", ""],
        ["nowhere", "connect", "authorization_code", "all", "", "", ""],
        ["plain", "connect", "authorization_code", "all", "", "", "http://example.com/"],
    ]
    problems = clients.problems(clients.upload(rows))
    assert {line for line, _column, _text in problems} == {2, 3, 4, 5, 6, 7}
    del rows[3], rows[4:]
    problems = clients.problems(clients.upload(rows))
    assert {(line, column) for line, column, _text in problems} == {
        *((2, "Client ID"), (3, "Endpoints"), (3, "Grant types"), (4, "Secret to take over")),
    }


def test_another_tenants_client_id_is_refused_and_the_client_stays_as_it_was(clients: Transfer) -> None:
    foreign = make_client("theirs", "secret", tenant=make_tenant("other", "FOREIGN"))
    shared = make_client("shared", "secret")
    for client in (foreign, shared):
        answer = clients.upload([HEADINGS, [client.client_id, *SWORD[1:]]])
        assert [column for _line, column, _text in clients.problems(answer)] == ["Client ID"]
        assert "FOREIGN" not in answer.content.decode()
        answer = clients.upload([["id", *HEADINGS], [client.pk, "mine", *SWORD[1:]]])
        assert [column for _line, column, _text in clients.problems(answer)] == ["ID"]
    clients.run([[*HEADINGS, "served_tenants"], [*SWORD, "other"]])
    assert not Client.objects.get(client_id="sword").served_tenants.exists()


def test_the_platform_imports_shared_clients(tenant: Any) -> None:
    clients = clients_of(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    answer = clients.upload([HEADINGS, SWORD])
    assert [column for _line, column, _text in clients.problems(answer)] == ["Tenants it may serve"]
    clients.run([[*HEADINGS, "served_tenants"], [*SWORD, "000000"]])
    sword = Client.objects.get(client_id="sword")
    assert (sword.tenant, list(sword.served_tenants.all())) == (None, [tenant])
    assert clients.upload(clients.download("xlsx")).status_code == 302
    assert clients.preview().context["state"]["unchanged"] == 1


def test_how_a_client_proves_itself_is_changed_by_hand(clients: Transfer) -> None:
    clients.run([HEADINGS, SWORD])
    answer = clients.upload([["client_id", "client_type"], ["sword", "public"]])
    assert [column for _line, column, _text in clients.problems(answer)] == ["Client type"]


def test_who_works_in_one_tenant_shares_no_client(tenant: Any) -> None:
    """Neither from the beginning, nor when he chose the tenant after the file was checked."""
    other = make_tenant("other")
    clients = clients_of(make_user(tenant, "platform", is_staff=True, is_superuser=True))
    rows: list[list[Any]] = [HEADINGS, ["wide", "Wide", "a_secret_of_old", "connect", "client_credentials", "", 43200]]
    answer = clients.upload(rows)
    assert answer.status_code == 302, clients.problems(answer)
    mark = clients.preview().context["state"]["mark"]
    clients.browser.post("/admin/tenants/tenant/choose/", {"tenant": tenant.pk})
    assert clients.confirm(mark).status_code == 403
    assert [column for _line, column, _text in clients.problems(clients.upload(rows))] == ["tenant"]
    assert [column for _line, column, _text in clients.problems(clients.upload(rows, tenant=other.pk))] == ["tenant"]
    assert not Client.objects.filter(client_id="wide").exists()
    clients.run(rows, tenant=tenant.pk)
    assert Client.objects.get(client_id="wide").tenant == tenant
