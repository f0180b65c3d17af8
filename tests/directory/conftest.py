"""The tests' domain, its controllers, and a tenant of Hufu's that asks them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches

from accounts.gateways import controllers
from accounts.models import Directory, LoginEvent, SocialIdentity, User
from tests.contract.world import World, world
from tests.directory import people, samba
from tests.directory.certificates import Authority
from tests.directory.samba import Controller
from tests.tokens import ask_connect

__all__ = ["world"]


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Who signs the controllers' certificates."""
    return Authority.new()


@pytest.fixture(scope="session")
def domain(authority: Authority) -> Iterator[Controller]:
    """A controller of the tests' domain. Whoever changes people there changes his own."""
    with samba.running(authority) as controller:
        yield controller


@pytest.fixture(autouse=True)
def _nobody_is_benched(settings: Any) -> None:
    """A controller that failed in one test is a new one in the next."""
    settings.OUTBOUND_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    controllers.benches.forget()
    caches["challenges"].clear()


class Installation:
    """The world, whose tenant has a directory and whose client may use it."""

    def __init__(self, world: World, directory: Directory) -> None:
        self.world = world
        self.directory = directory
        self.client = world.make_client("desk", grant_types=["password_ad", "refresh_token", "password"])

    def sign_in(self, account: str = "zhangsan", password: str = people.PASSWORD, **params: str) -> Any:
        """The answer to `grant_type=password_ad`."""
        wanted = {"grant_type": "password_ad", "username": account, "password": password, "scope": "openid", **params}
        return ask_connect(*self.client, **wanted)

    def change(self, **settings: Any) -> None:
        """Change the directory's settings."""
        for name, value in settings.items():
            setattr(self.directory, name, value)
        self.directory.save()
        self.directory.refresh_from_db()

    @property
    def last_event(self) -> LoginEvent:
        return LoginEvent.objects.filter(kind=LoginEvent.Kind.TOKEN).latest("id")

    def user_of(self, guid: object) -> User:
        """The user of whoever has this id in the directory."""
        identity: SocialIdentity = SocialIdentity.objects.select_related("user").get(openid=str(guid))
        return identity.user


def make_directory(world: World, controller: Controller, **fields: Any) -> Directory:
    """A directory of the world's tenant that this controller serves."""
    wanted = {
        "name": "AD",
        "servers": controller.url,
        "ca_certificates": controller.authority.pem,
        "base_dn": people.BASE,
        "service_account": people.SERVICE,
        "service_password": people.SERVICE_PASSWORD,
        "domains": f"{people.DOMAIN}\n{people.SUFFIX}",
    }
    made = Directory.objects.create(tenant=world.tenant, **{**wanted, **fields})
    directory: Directory = Directory.objects.get(pk=made.pk)
    return directory


@pytest.fixture
def make_installation(world: World) -> Callable[..., Installation]:
    """Makes the installation with the directory of this controller."""
    return lambda controller, **fields: Installation(world, make_directory(world, controller, **fields))


@pytest.fixture
def installation(make_installation: Callable[..., Installation], domain: Controller) -> Installation:
    """The installation with the tests' domain."""
    return make_installation(domain)
