"""What a person of the console may see, decided for single rows and for lists alike."""

from dataclasses import dataclass

import pytest

from accounts.models import LoginEvent, User
from oauthx.models import Client, IDToken
from tenants.models import Tenant
from tenants.scoping import reaches, tenant_id_of, visible
from tests.tenants.two_tenants import TwoTenants, make_two_tenants

pytestmark = pytest.mark.django_db


@dataclass
class Person:
    """A viewer, as far as scoping is concerned."""

    tenant_id: int
    is_superuser: bool = False


@pytest.fixture
def world() -> TwoTenants:
    return make_two_tenants()


PATHS = {Tenant: "pk", User: "tenant", LoginEvent: "tenant_id", IDToken: "user__tenant", Client: "tenant"}


@pytest.mark.parametrize(("model", "path"), PATHS.items(), ids=lambda value: getattr(value, "__name__", value))
def test_lists_and_rows_agree(model: type[User], path: str, world: TwoTenants) -> None:
    person, platform = Person(world.tenant.pk), Person(world.tenant.pk, is_superuser=True)
    shared = [world.shared[model]] if model in world.shared else []
    for row in (world.own[model], world.foreign[model], *shared):
        for viewer in (person, platform):
            assert reaches(viewer, row, path) is (row in visible(model._default_manager.all(), viewer, path))
    assert reaches(person, world.own[model], path)
    assert not reaches(person, world.foreign[model], path)
    assert reaches(platform, world.foreign[model], path)


def test_what_all_share_belongs_to_no_tenant(world: TwoTenants) -> None:
    assert tenant_id_of(world.shared[Client]) is None
    assert not reaches(Person(world.tenant.pk), world.shared[Client])
