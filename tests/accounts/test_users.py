"""People and their organisation as models: what is unique where, and what is refused at which field."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Dept, Role, User
from tenants.models import Tenant
from tests import factories


@pytest.fixture
def tenant(db: None) -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def other(db: None) -> Tenant:
    return factories.make_tenant("000001", "other")


def test_an_account_is_unique_in_its_tenant(tenant: Tenant, other: Tenant) -> None:
    factories.make_user(tenant, "a", None)
    factories.make_user(other, "a", None)
    with pytest.raises(IntegrityError):
        factories.make_user(tenant, "a", None)


def test_a_phone_is_unique_in_its_tenant_and_may_be_absent(tenant: Tenant, other: Tenant) -> None:
    factories.make_user(tenant, "a", None, phone="13800000000")
    factories.make_user(other, "a", None, phone="13800000000")
    factories.make_user(tenant, "b", None)
    factories.make_user(tenant, "c", None)
    with pytest.raises(IntegrityError):
        factories.make_user(tenant, "d", None, phone="13800000000")


def test_a_tenant_has_one_main_account_at_most(tenant: Tenant, other: Tenant) -> None:
    factories.make_user(tenant, "a", None, is_main_account=True)
    factories.make_user(other, "a", None, is_main_account=True)
    with pytest.raises(IntegrityError):
        factories.make_user(tenant, "b", None, is_main_account=True)


def test_what_is_unset_is_null_not_empty(tenant: Tenant) -> None:
    user = User(tenant=tenant, account="a", password="!", nick_name="", phone="", job_number="")
    user.full_clean()
    assert (user.nick_name, user.phone, user.job_number) == (None, None, None)


def test_the_account_limit_holds_for_new_accounts_alone(tenant: Tenant) -> None:
    tenant.account_limit = 1
    first = factories.make_user(tenant, "a", None)
    first.full_clean()
    with pytest.raises(ValidationError, match="1"):
        User(tenant=tenant, account="b", password="!").full_clean()


def test_two_people_of_one_account_name_are_two_people(tenant: Tenant, other: Tenant) -> None:
    assert factories.make_user(tenant, "a", None).pk != factories.make_user(other, "a", None).pk


@pytest.mark.parametrize("model", [Role, Dept])
def test_a_tree_has_no_circles(model: Any, tenant: Tenant) -> None:
    top = model.objects.create(tenant=tenant, name="top")
    middle = model.objects.create(tenant=tenant, name="middle", parent=top)
    bottom = model.objects.create(tenant=tenant, name="bottom", parent=middle)
    for parent in (bottom, middle, top):
        top.parent = parent
        with pytest.raises(ValidationError) as refused:
            top.full_clean()
        assert list(refused.value.message_dict) == ["parent"]


@pytest.mark.parametrize("model", [Role, Dept])
def test_a_parent_is_of_the_same_tenant(model: Any, tenant: Tenant, other: Tenant) -> None:
    theirs = model.objects.create(tenant=other, name="theirs")
    with pytest.raises(ValidationError) as refused:
        model(tenant=tenant, name="ours", parent=theirs).full_clean()
    assert list(refused.value.message_dict) == ["parent"]


def test_a_name_is_shown_even_where_there_is_none(tenant: Tenant) -> None:
    user = User(tenant=tenant, account="a")
    assert (user.get_full_name(), user.get_short_name(), str(user)) == ("a", "a", "a")
