"""A file that is uploaded while another one is stored: neither becomes half the other."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client as HttpClient
from django.test import RequestFactory

from accounts.hashers import md5_hex, sha1_hex
from accounts.models import User
from tenants.console.transfer.importing import Importing
from tests.accounts.importing import Transfer
from tests.factories import make_administrator, make_tenant

pytestmark = pytest.mark.django_db


def sha1_of(password: str) -> str:
    return sha1_hex(md5_hex(password))


def test_a_file_that_comes_while_hashes_are_made_gets_none_of_them(rf: RequestFactory) -> None:
    tenant = make_tenant()
    browser = HttpClient()
    browser.force_login(make_administrator(tenant))
    people = Transfer(browser, "accounts_user")
    people.upload([["account", "password"], ["zhang", sha1_of("of zhang")]])
    # The first tab's request has read what is to be done, and makes hashes; the second tab uploads another file.
    request: Any = rf.post(people.address("import_preview"))
    request.user, request.session = User.objects.get(account="boss"), browser.session
    first = Importing(admin.site._registry[User], request)
    state = first.draft.state()
    assert state is not None
    people.upload([["account", "real_name"], ["li", "李"]])
    shown = people.preview().context["state"]["shown"]
    assert [row[2] for row in shown] == ["li"]
    first._go_on(state)
    told = [row[2] for row in people.preview().context["state"]["shown"]]
    people.confirm()
    assert not any(person.check_password("of zhang") for person in User.objects.filter(account="li"))
    stored = set(User.objects.exclude(account="boss").values_list("account", flat=True))
    assert stored == set(told)
