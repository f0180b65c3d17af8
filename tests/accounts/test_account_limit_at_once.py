"""People who are added to a tenant at the same moment, by forms and by first sign-ins, are no more than it may have."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.test import Client as HttpClient

from accounts.directories.admission import admit
from accounts.gateways.directory import Entry
from accounts.models import Directory, User
from accounts.verifiers import VerificationError
from accounts.verifiers.directory import ProvenEntry
from tenants.models import Tenant
from tests.accounts.meanwhile import do_meanwhile
from tests.factories import make_administrator, make_tenant
from tests.pages import errors_of, form_values

# On SQLite one waits for the other anyway.
pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ADD = "/admin/accounts/user/add/"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme", account_limit=2)


@pytest.fixture
def browsers(tenant: Tenant) -> list[HttpClient]:
    """Two of the tenant's administrator, who is the first of its two people."""
    boss = make_administrator(tenant, "boss")
    browsers = [HttpClient(headers={"accept-language": "en"}) for _tab in range(2)]
    for browser in browsers:
        browser.force_login(boss)
    return browsers


def filled(browser: HttpClient, account: str) -> dict[str, Any]:
    return {**form_values(browser.get(ADD), "user_form"), "account": account}


def test_of_two_forms_at_once_the_second_finds_the_tenant_full(browsers: list[HttpClient]) -> None:
    forms = [filled(browser, account) for browser, account in zip(browsers, ("zhang", "li"), strict=True)]
    first, second = do_meanwhile(
        post_save, User, lambda: browsers[0].post(ADD, forms[0]), lambda: browsers[1].post(ADD, forms[1])
    )
    assert (first.status_code, second.status_code) == (302, 200)
    assert errors_of(second) == {"__all__": ["This tenant may have 2 accounts at most."]}


def test_a_first_sign_in_at_a_directory_finds_the_tenant_full(tenant: Tenant, browsers: list[HttpClient]) -> None:
    directory = Directory.objects.create(
        tenant=tenant, name="AD", servers="ldaps://dc", base_dn="DC=x", service_account="x", service_password="x"
    )
    entry = Entry("CN=Sam,DC=x", uuid.UUID(int=7), {"samaccountname": "sam"})
    form = filled(browsers[0], "zhang")

    def sign_in() -> str:
        try:
            admit(directory, ProvenEntry(entry, None, ()), datetime.now(UTC))
        except VerificationError as error:
            return error.reason
        return ""

    first, reason = do_meanwhile(post_save, User, lambda: browsers[0].post(ADD, form), sign_in)
    assert (first.status_code, reason) == (302, "account_limit_reached")
