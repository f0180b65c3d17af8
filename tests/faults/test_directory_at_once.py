"""Many sign-ins at a directory at once, over several server processes."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import requests
from django.db import connection
from django.utils import timezone

from accounts.directories.runs import AlreadyRunningError, start
from accounts.models import Directory, DirectorySync, LoginEvent, SocialIdentity, User
from tests import factories
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.directory.stub import Stub
from tests.processes import serving

# Of several processes, which SQLite is not for.
pytestmark = pytest.mark.postgresql

MANY = 16
LIMIT = 3
SAM = f"CN=Sam,{people.BASE}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Stub]:
    authority = Authority.new()
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as server:
        server.passwords = {people.SERVICE: people.SERVICE_PASSWORD, SAM: people.PASSWORD}
        server.entries = lambda: [stub.person("sam", SAM, uuid.UUID(int=7))]
        yield server


@pytest.fixture
def base(transactional_db: None, server: Stub, tmp_path: Path) -> Iterator[str]:
    tenant = factories.make_tenant()
    factories.make_client(
        "desk", "secret", tenant=tenant, dialects=["connect"], grant_types=["password_ad"], scopes=["all"]
    )
    Directory.objects.create(
        tenant=tenant,
        name="AD",
        servers=server.url,
        ca_certificates=(tmp_path / "ca.pem").read_text(),
        base_dn=people.BASE,
        service_account=people.SERVICE,
        service_password=people.SERVICE_PASSWORD,
        attempt_limit=LIMIT,
    )
    with serving(workers=4, threads=5, OUTBOUND_PRIVATE_NETWORKS="127.0.0.0/8") as url:
        yield url


def at_once(base: str, password: str) -> Counter[int]:
    """The statuses of MANY sign-ins, all let go at the same moment."""
    barrier = Barrier(MANY)
    form = {"grant_type": "password_ad", "client_id": "desk", "client_secret": "secret", "username": "sam"}

    def go(_number: int) -> int:
        barrier.wait()
        return requests.post(f"{base}/connect/token", data={**form, "password": password}, timeout=60).status_code

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(go, range(MANY)))


def test_of_many_wrong_passwords_at_once_no_more_than_the_limit_reach_the_directory(base: str, server: Stub) -> None:
    assert set(at_once(base, "wrong")) <= {400, 503}
    sent = [name for name, _password in server.binds if name == SAM]
    assert len(sent) == LIMIT
    assert LoginEvent.objects.filter(kind=LoginEvent.Kind.LOCKOUT).count() == 1


@pytest.mark.postgresql
def test_of_many_synchronisations_at_once_one_begins(transactional_db: None) -> None:
    directory = Directory.objects.create(
        tenant=factories.make_tenant(), name="AD", servers="ldaps://dc", base_dn="DC=x", service_account="x",
        service_password="x",
    )  # fmt: skip
    barrier = Barrier(MANY)

    def go(_number: int) -> bool:
        try:
            connection.ensure_connection()
            barrier.wait()
            start(directory, is_preview=False, actor="x", now=timezone.now())
        except AlreadyRunningError:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        assert Counter(pool.map(go, range(MANY))) == {True: 1, False: MANY - 1}
    assert DirectorySync.objects.count() == 1


def test_of_many_first_sign_ins_at_once_one_makes_the_user(base: str) -> None:
    """More than the limit of wrong passwords, but these are right: what is refused is refused for being too many."""
    statuses = at_once(base, people.PASSWORD)
    assert statuses[200] >= 1
    assert set(statuses) <= {200, 400, 503}
    assert SocialIdentity.objects.count() == User.objects.count() == 1
    assert at_once(base, people.PASSWORD)[500] == 0
