"""Which tenant a request is about: never guessed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tenants.models import Tenant
from tenants.resolution import TenantError, find_tenant, resolve, tenant_by_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def make(code: str, **fields: Any) -> Tenant:
    return Tenant.objects.create(code=code, name=code, **fields)


def refused(named: str | None, bound: Tenant | None = None, *served: Tenant) -> str:
    """The reason of the refusal."""
    with pytest.raises(TenantError) as error:
        resolve(named, bound, frozenset(tenant.pk for tenant in served), NOW)
    return error.value.reason


def test_a_bound_one_needs_no_name_and_takes_its_own(db: None) -> None:
    bound = make("a")
    assert resolve(None, bound, frozenset(), NOW) == bound
    assert resolve("a", bound, frozenset(), NOW) == bound


@pytest.mark.parametrize("named", ["b", "A", "a ", "", "unknown"])
def test_a_bound_one_contradicts_any_other_name(named: str, db: None) -> None:
    make("b")
    assert refused(named, make("a")) == "tenant_mismatch"


def test_a_name_counts_among_those_served(db: None) -> None:
    one, other = make("a"), make("b")
    assert resolve("a", None, frozenset({one.pk}), NOW) == one
    assert refused("b", None, one) == "tenant_not_served"
    assert refused("a", None, other) == "tenant_not_served"
    assert refused("c", None, one) == "tenant_unknown"


def test_nothing_named_is_nothing_guessed(db: None) -> None:
    """Not even where only one is served."""
    assert refused(None, None, make("a")) == "tenant_missing"


@pytest.mark.parametrize("bound", [True, False], ids=["bound", "served"])
def test_one_that_is_not_in_use_is_refused(bound: bool, db: None) -> None:
    for fields, reason in (({"is_active": False}, "tenant_disabled"), ({"expires_at": NOW}, "tenant_expired")):
        tenant = make(reason, **fields)
        assert (refused(None, tenant) if bound else refused(reason, None, tenant)) == reason


def test_one_that_is_not_served_does_not_tell_whether_it_is_in_use(db: None) -> None:
    make("a", is_active=False)
    assert refused("a", None, make("b")) == "tenant_not_served"


def test_is_found_by_code_exactly_and_by_id(db: None) -> None:
    tenant = make("Acme")
    assert find_tenant("Acme") == tenant_by_id(tenant.pk) == tenant
    assert find_tenant("acme") is None
    assert find_tenant("Acme ") is None
