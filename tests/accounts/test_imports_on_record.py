"""What an import did to people can be read afterwards, and what somebody took along by an export, too."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as HttpClient
from django.utils import timezone, translation

from accounts.hashers import md5_hex, sha1_hex
from accounts.models import LoginEvent, Role, SocialIdentity, User
from tenants.models import Change
from tests.accounts.importing import Transfer, as_csv
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = pytest.mark.django_db
HASH = sha1_hex(md5_hex("letmein"))


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def tenant() -> Any:
    return make_tenant()


@pytest.fixture
def people(tenant: Any) -> Transfer:
    browser = HttpClient(headers={"accept-language": "en", "user-agent": "Mozilla"})
    browser.force_login(make_administrator(tenant))
    return Transfer(browser, "accounts_user")


def _events(account: str) -> list[tuple[str, str, str]]:
    found = LoginEvent.objects.filter(account=account).order_by("id")
    return [(event.kind, event.actor, event.user_agent) for event in found]


def test_roles_that_a_file_gives_and_takes_are_changes(people: Transfer, tenant: Any) -> None:
    reader, writer = (Role.objects.create(tenant=tenant, name=name) for name in ("reader", "writer"))
    make_user(tenant, "zhang").assign(roles=[reader])
    before = Change.objects.order_by("id").last()
    people.run([["account", "roles", "real_name"], ["zhang", "writer", "张三"], ["new", "reader", ""]])
    entries = Change.objects.filter(kind="accounts.user", id__gt=before.pk if before else 0)
    zhang, new = entries.get(object_name="zhang"), entries.get(object_name="new")
    assert zhang.changes["roles"] == [
        [{"pk": str(reader.pk), "name": "reader"}],
        [{"pk": str(writer.pk), "name": "writer"}],
    ]
    assert (zhang.changes["real_name"], zhang.actor_account) == (["zhang", "张三"], "boss")
    assert new.changes["roles"] == [None, [{"pk": str(reader.pk), "name": "reader"}]]


def test_an_identity_that_a_file_frees_from_its_directory_is_a_change(people: Transfer, tenant: Any) -> None:
    zhang = make_user(tenant, "zhang", is_active=False)
    SocialIdentity.objects.create(
        tenant=tenant, user=zhang, provider="ldap", app="corp", openid="1", gone_at=timezone.now()
    )
    people.run([["account", "active"], ["zhang", "1"]])
    assert "gone_at" in Change.objects.filter(kind="accounts.socialidentity", action="update").get().changes


def test_a_generated_password_must_be_changed_and_one_that_was_taken_over_need_not(people: Transfer) -> None:
    people.run([["account", "password"], ["a", ""], ["b", HASH]], makes_passwords="on")
    assert User.objects.get(account="a").must_change_password
    assert not User.objects.get(account="b").must_change_password


@pytest.mark.parametrize("is_superuser", [False, True], ids=["of the tenant", "of the platform"])
def test_who_gets_another_password_from_an_administrator_of_his_must_change_it(tenant: Any, is_superuser: bool) -> None:
    make_user(tenant, "zhang")
    browser = HttpClient()
    browser.force_login(make_administrator(tenant, is_superuser=is_superuser))
    fields = {"tenant": tenant.pk} if is_superuser else {}
    Transfer(browser, "accounts_user").run([["account", "password"], ["zhang", HASH]], **fields)
    assert User.objects.get(account="zhang").must_change_password is not is_superuser


def test_who_was_disabled_or_got_another_password_by_a_file_stands_in_the_login_history(
    people: Transfer, tenant: Any
) -> None:
    for account in ("zhang", "li", "wang"):
        make_user(tenant, account, is_active=account != "li")
    rows = [["zhang", "0", HASH], ["li", "1", ""], ["wang", "1", ""], ["new", "0", HASH]]
    people.run([["account", "active", "password"], *rows])
    assert _events("zhang") == [("disabled", "boss", "Mozilla"), ("password_reset", "boss", "Mozilla")]
    assert _events("li") == [("enabled", "boss", "Mozilla")]
    assert _events("wang") == _events("new") == []
    event = LoginEvent.objects.get(account="li")
    assert (event.tenant_id, event.user_id) == (tenant.pk, User.objects.get(account="li").pk)


def test_what_the_command_did_stands_in_the_login_history_under_its_name(tenant: Any, tmp_path: Any) -> None:
    make_user(tenant, "zhang")
    file = tmp_path / "people.csv"
    file.write_bytes(as_csv([["account", "active"], ["zhang", "0"]]))
    call_command("import_people", file, tenant="000000", stdout=io.StringIO())
    event = LoginEvent.objects.get(account="zhang")
    assert (event.kind, event.actor) == ("disabled", "")
    assert event.detail


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_stands_in_the_login_history_with_what_it_was_narrowed_to(people: Transfer, kind: str) -> None:
    people.export(kind, query="?q=boss")
    event = LoginEvent.objects.get(kind=LoginEvent.Kind.EXPORT)
    assert (event.account, event.actor, event.user_agent) == ("boss", "boss", "Mozilla")
    assert event.detail == f"accounts.user {kind} q=boss"
