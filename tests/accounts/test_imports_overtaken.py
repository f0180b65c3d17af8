"""A file that is uploaded while another one is stored: neither becomes half the other."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client as HttpClient
from django.test import RequestFactory
from django.utils import translation

from accounts.hashers import md5_hex, sha1_hex
from accounts.models import User
from tenants.console.transfer.importing import Importing
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_tenant, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def boss() -> User:
    return make_administrator(make_tenant())


@pytest.fixture
def people(boss: User) -> Transfer:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(boss)
    return Transfer(browser, "accounts_user")


def sha1_of(password: str) -> str:
    return sha1_hex(md5_hex(password))


def request_of(people: Transfer, boss: User) -> Importing:
    """The first tab's request: it confirms what is shown at this moment."""
    mark = people.preview().context["state"]["mark"]
    request: Any = RequestFactory().post(people.address("import_preview"), {"mark": mark, "confirm": "1"})
    request.user, request.session = boss, people.browser.session
    request._messages = FallbackStorage(request)
    return Importing(admin.site._registry[User], request)


def test_a_file_that_comes_before_hashes_are_made_gets_none_of_them(people: Transfer, boss: User) -> None:
    people.upload([["account", "password"], ["zhang", sha1_of("of zhang")]])
    first = request_of(people, boss)
    people.upload([["account", "password"], ["li", sha1_of("of li")]])
    first.show_or_go_on()
    state = people.preview().context["state"]
    assert ([row[2] for row in state["shown"]], state["done"]) == (["li"], 0)
    people.confirm()
    assert [user.account for user in User.objects.all() if user.check_password("of li")] == ["li"]
    assert not User.objects.filter(account="zhang").exists()


def test_what_is_made_for_one_file_never_comes_to_another(people: Transfer, boss: User) -> None:
    """Also of a request that takes longer than anybody waits for."""
    people.upload([["account", "password"], ["zhang", sha1_of("of zhang")]])
    draft = request_of(people, boss).draft
    state = draft.state()
    assert state is not None
    people.upload([["account", "real_name"], ["li", "李"]])
    draft.add_batch(state["mark"], 0, [[2, "of zhang", ""]])
    draft.save(state | {"batches": 1, "done": 1})
    now = draft.state()
    assert now is not None
    assert now["name"] == "rows.csv"
    assert (now["batches"], [row[2] for row in now["shown"]], draft.batches(now["mark"], 1)) == (0, ["li"], None)


def test_no_file_takes_the_place_of_one_that_is_under_way(people: Transfer, boss: User) -> None:
    people.upload([["account"], ["zhang"]])
    with translation.override("en"), request_of(people, boss).draft.claimed():
        answer = people.upload([["account"], ["li"]])
        busy = "An import of yours is under way here, in another window: wait until it is done."
        assert people.problems(answer) == [(0, "file", busy)]
        mark = people.preview().context["state"]["mark"]
        people.browser.post(people.address("import_preview"), {"mark": mark, "cancel": "1"})
    people.confirm()
    assert User.objects.filter(account__in=["zhang", "li"]).get().account == "zhang"


def test_what_is_cancelled_while_hashes_are_made_is_gone(people: Transfer, boss: User) -> None:
    people.upload([["account", "password"], ["zhang", sha1_of("of zhang")]])
    draft = request_of(people, boss).draft
    with draft.claimed():
        state = draft.state()
        assert state is not None
        people.browser.post(people.address("import_preview"), {"mark": state["mark"], "cancel": "1"})
        draft.save(state)
    assert people.preview().status_code == 302


def test_a_password_that_was_thought_of_for_a_new_person_is_not_one_of_who_came_meanwhile(
    people: Transfer, boss: User
) -> None:
    people.upload([["account", "real_name"], ["zhang", "张"], ["li", "李"]], makes_passwords="on")
    mark = people.preview().context["state"]["mark"]
    people.browser.post(people.address("import_preview"), {"mark": mark, "confirm": "1"})
    make_user(boss.tenant, "zhang", "his own password")
    people.confirm(mark)
    assert User.objects.get(account="zhang").check_password("his own password")
    assert [name for name, _password in people.preview().context["state"]["generated"]] == ["li"]
