"""What a process keeps in memory: never staler than the request that asks, and never more than it may."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tenants import registry
from tenants.models import RegistryVersion, Tenant


class Loader:
    """Counts how often it is asked."""

    def __init__(self, value: object = "value") -> None:
        self.value = value
        self.calls = 0

    def __call__(self) -> object:
        self.calls += 1
        return self.value


@pytest.fixture
def tenant(db: None) -> Tenant:
    tenant = Tenant.objects.create(code="a", name="a")
    registry.refresh()
    return tenant


def test_loads_once_until_something_changes(tenant: Tenant) -> None:
    load = Loader()
    for _request in range(3):
        registry.refresh()
        assert registry.cached("key", load) == "value"
    assert load.calls == 1
    tenant.save()
    registry.refresh()
    registry.cached("key", load)
    assert load.calls == 2


def test_a_request_under_way_keeps_what_it_began_with(tenant: Tenant) -> None:
    load = Loader()
    registry.cached("key", load)
    tenant.save()
    registry.cached("key", load)
    assert load.calls == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda tenant: tenant.save(),
        lambda tenant: tenant.delete(),
        lambda _tenant: Tenant.objects.create(code="b", name="b"),
    ],
    ids=["save", "delete", "create"],
)
def test_every_change_of_a_row_counts(change: Callable[[Tenant], object], tenant: Tenant) -> None:
    load = Loader()
    registry.cached("key", load)
    change(tenant)
    registry.refresh()
    registry.cached("key", load)
    assert load.calls == 2


def test_a_change_that_is_rolled_back_leaves_no_trace(tenant: Tenant) -> None:
    """What was read in between is not believed afterwards, though the number is the old one again."""

    def name() -> str:
        registry.refresh()
        return registry.cached("name", lambda: Tenant.objects.get(pk=tenant.pk).name)

    with transaction.atomic():
        tenant.name = "renamed"
        tenant.save()
        assert name() == "renamed"
        transaction.set_rollback(True)
    assert name() == "a"


def test_what_is_not_there_is_not_kept(tenant: Tenant) -> None:
    """Strangers can ask for any number of things that do not exist."""
    nothing = Loader(None)
    for _time in range(3):
        assert registry.cached_if_found("nothing", nothing) is None
    assert nothing.calls == 3
    something = Loader()
    for _time in range(3):
        assert registry.cached_if_found("something", something) == "value"
    assert something.calls == 1


def test_a_refresh_is_one_statement(tenant: Tenant) -> None:
    with CaptureQueriesContext(connection) as captured:
        registry.refresh()
    assert len(captured) == 1


def test_there_is_one_row_of_it(tenant: Tenant) -> None:
    before = RegistryVersion.objects.get().version
    tenant.save()
    assert RegistryVersion.objects.get().version != before


@pytest.mark.parametrize("keep", [registry.cached, registry.cached_if_found])
def test_what_was_loaded_before_a_change_is_never_kept_under_the_new_number(
    tenant: Tenant, keep: Callable[..., object]
) -> None:
    """A slow load in one thread, while another process changes something and another thread notices."""

    def load_slowly() -> object:
        tenant.save()
        registry.refresh()
        return "old"

    keep("key", load_slowly)
    assert keep("key", lambda: "new") == "new"
