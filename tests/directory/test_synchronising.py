"""`manage.py sync_directory`: departments and people as the directory has them, never more gone than is allowed."""

import gc
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.models import Dept, DirectorySync, SocialIdentity, User
from tenants.models import Change
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.stub import Stub, StubEntry
from tests.factories import make_administrator
from tests.pages import send_form

LAB = f"OU=研发部,{people.BASE}"
TEAM = f"OU=一组,{LAB}"


class Company:
    """A directory whose people and units the test moves about."""

    def __init__(self, number: int = 40) -> None:
        self.units = {TEAM: uuid.UUID(int=2), LAB: uuid.UUID(int=1), people.BASE: uuid.UUID(int=3)}
        self.people = {f"p{number}": f"CN=P{number},{TEAM if number % 2 else LAB}" for number in range(number)}
        self.attributes: dict[str, dict[str, str]] = {}

    def entries(self) -> Iterator[StubEntry]:
        for dn, guid in self.units.items():
            yield stub.unit(dn.partition(",")[0].removeprefix("OU="), dn, guid)
        for account, dn in self.people.items():
            more = {"displayName": f"Person {account}", **self.attributes.get(account, {})}
            yield stub.person(more.pop("account", account), dn, guid_of(account), **more)


def guid_of(account: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, account)


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def server(authority: Authority, tmp_path: Path, company: Company) -> Iterator[Stub]:
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as server:
        server.passwords = {people.SERVICE: people.SERVICE_PASSWORD}
        server.entries = company.entries
        yield server


@pytest.fixture
def installation(server: Stub, authority: Authority, make_installation: Callable[..., Installation]) -> Installation:
    controller: Any = type("Controller", (), {"url": server.url, "authority": authority})
    return make_installation(controller)


def synchronise(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("sync_directory", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def directory_users() -> dict[str, User]:
    return {user.account: user for user in User.objects.filter(identities__provider="directory")}


def test_brings_departments_and_people(installation: Installation) -> None:
    printed = synchronise()
    assert "created=40, department=2" in printed
    users = directory_users()
    assert len(users) == 40
    assert users["p1"].real_name == "Person p1"
    assert not users["p1"].has_usable_password()
    team = Dept.objects.get(name="一组")
    assert (team.parent.name, User.objects.filter(depts=team).count()) == ("研发部", 20)  # type: ignore[union-attr]


def test_a_second_time_changes_nothing(installation: Installation) -> None:
    synchronise()
    before = list(User.objects.order_by("pk").values())
    assert "000000/AD:" in synchronise()
    assert DirectorySync.objects.latest("id").counts == {}
    assert list(User.objects.order_by("pk").values()) == before


def test_a_preview_says_what_would_change_and_changes_nothing(installation: Installation, company: Company) -> None:
    synchronise()
    del company.people["p0"]
    company.attributes["p1"] = {"displayName": "新名"}
    company.people["p2"] = f"CN=P2,{TEAM}"
    company.people["new"] = f"CN=New,{LAB}"
    company.units[f"OU=二组,{LAB}"] = uuid.UUID(int=9)
    tables = (User, Dept, SocialIdentity)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    printed = synchronise("--dry-run")
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    for line in ("changed    p1  real_name", "changed    p2  department", "created    new  Person new",
                 "disabled   p0  missing", "department 研发部/二组"):  # fmt: skip
        assert line in printed, printed
    row = DirectorySync.objects.latest("id")
    assert (row.is_preview, row.problem) == (True, "")
    synchronise()
    assert DirectorySync.objects.latest("id").counts == row.counts


def test_all_of_it_stands_in_the_changes(installation: Installation, company: Company) -> None:
    synchronise("--dry-run")
    assert not Change.objects.filter(system="sync_directory").exists()
    synchronise()
    made = Change.objects.filter(kind="accounts.user", action="create", system="sync_directory")
    assert len(made) == 40
    entry = made.get(object_name="p1")
    assert [dept["name"] for dept in entry.changes["depts"][1]] == ["一组"]
    assert (entry.changes["real_name"], entry.tenant_code) == ([None, "Person p1"], "000000")
    before = Change.objects.count()
    synchronise()
    assert Change.objects.count() == before
    del company.people["p0"]
    company.attributes["p1"] = {"displayName": "新名", "userAccountControl": "514"}
    company.people["p2"] = f"CN=P2,{TEAM}"
    synchronise("--max-percent", "10")
    told = {
        entry.object_name: entry.changes
        for entry in Change.objects.filter(kind="accounts.user").order_by("id")[:1000]
        if entry.action == "update" and entry.system == "sync_directory"
    }
    assert told["p0"] == {"is_active": [True, False]}
    assert told["p1"] == {"is_active": [True, False], "real_name": ["Person p1", "新名"]}
    assert [dept["name"] for side in told["p2"]["depts"] for dept in side] == ["研发部", "一组"]
    assert Change.objects.filter(kind="accounts.socialidentity", action="update").count() == 2


def test_whoever_is_missing_or_disabled_is_disabled_and_comes_back(
    installation: Installation, company: Company
) -> None:
    synchronise()
    gone = company.people.pop("p0")
    company.attributes["p1"] = {"userAccountControl": "514"}
    by_hand = directory_users()["p2"]
    by_hand.is_active = False
    by_hand.save()
    synchronise("--max-percent", "10")
    users = directory_users()
    assert [users[name].is_active for name in ("p0", "p1", "p2", "p3")] == [False, False, False, True]
    company.people["p0"] = gone
    company.attributes["p1"] = {"userAccountControl": "512"}
    synchronise()
    users = directory_users()
    # Whom an administrator disabled stays disabled.
    assert [users[name].is_active for name in ("p0", "p1", "p2", "p3")] == [True, True, False, True]


@pytest.mark.parametrize("way", ["form", "actions"])
def test_whom_an_administrator_enabled_and_disabled_by_hand_stays_disabled(
    way: str, installation: Installation, company: Company
) -> None:
    synchronise()
    gone = company.people.pop("p0")
    synchronise()
    user = SocialIdentity.objects.exclude(gone_at=None).get().user
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    for active in (True, False):
        if way == "form":
            page = reverse("admin:accounts_user_change", args=[user.pk])
            assert send_form(browser, page, "user_form", is_active="on" if active else None).status_code == 302
        else:
            action = "enable_selected" if active else "disable_selected"
            form = {"action": action, "_selected_action": [user.pk], "index": "0", "post": "yes"}
            assert browser.post(reverse("admin:accounts_user_changelist"), form).status_code == 302
        user.refresh_from_db()
        assert user.is_active == active
    company.people["p0"] = gone
    synchronise()
    user.refresh_from_db()
    assert not user.is_active


def test_stops_when_too_many_would_go(installation: Installation, company: Company) -> None:
    synchronise()
    for number in range(3):
        del company.people[f"p{number}"]
    company.people["new"] = f"CN=New,{LAB}"
    with pytest.raises(CommandError, match="000000/AD"):
        synchronise()
    row = DirectorySync.objects.latest("id")
    assert (row.problem, row.counts) == ("too_many_would_go", {"going": 3, "known": 40})
    assert all(user.is_active for user in directory_users().values())
    assert "new" not in directory_users()
    installation.change(max_deletions_percent=8)
    synchronise()
    assert sum(not user.is_active for user in directory_users().values()) == 3


def test_stops_when_the_disabled_are_too_many(installation: Installation, company: Company) -> None:
    synchronise()
    company.attributes = {f"p{number}": {"userAccountControl": "514"} for number in range(3)}
    with pytest.raises(CommandError):
        synchronise()
    assert all(user.is_active for user in directory_users().values())


def test_an_empty_answer_disables_nobody(installation: Installation, company: Company) -> None:
    synchronise()
    company.people.clear()
    with pytest.raises(CommandError):
        synchronise("--max-percent", "100")
    assert DirectorySync.objects.latest("id").problem == "nobody_found"
    assert all(user.is_active for user in directory_users().values())


def test_a_renamed_and_moved_unit_stays_the_same_department(installation: Installation, company: Company) -> None:
    synchronise()
    team, members = Dept.objects.get(name="一组"), User.objects.filter(depts__name="一组").count()
    renamed = f"OU=第一组,{people.BASE}"
    company.units[renamed] = company.units.pop(TEAM)
    company.people = {account: dn.replace(TEAM, renamed) for account, dn in company.people.items()}
    synchronise()
    team.refresh_from_db()
    assert (team.name, team.parent) == ("第一组", None)
    assert User.objects.filter(depts=team).count() == members
    assert Dept.objects.count() == 2


def test_swapped_names_follow_their_people(installation: Installation, company: Company) -> None:
    synchronise()
    first, second = (directory_users()[name].pk for name in ("p0", "p1"))
    company.attributes = {"p0": {"account": "p1"}, "p1": {"account": "p0"}}
    synchronise()
    synchronise()
    users = directory_users()
    assert (users["p1"].pk, users["p0"].pk) == (first, second)


def test_a_full_tenant_takes_no_more(installation: Installation) -> None:
    tenant = installation.directory.tenant
    tenant.account_limit = User.objects.filter(tenant=tenant).count() + 5
    tenant.save()
    synchronise()
    assert DirectorySync.objects.latest("id").counts["skipped"] == 35
    assert len(directory_users()) == 5


def test_people_of_the_console_are_left_alone(installation: Installation) -> None:
    synchronise()
    installation.world.admin.refresh_from_db()
    assert installation.world.admin.is_active


def test_a_directory_that_does_not_answer_changes_nothing(installation: Installation, server: Stub) -> None:
    server.results["search"] = 52
    with pytest.raises(CommandError):
        synchronise()
    assert DirectorySync.objects.latest("id").problem == "directory_unwilling"
    with pytest.raises(CommandError):
        synchronise("--directory", "other")


def test_somebody_who_was_synchronised_signs_in_with_his_row(
    installation: Installation, server: Stub, company: Company
) -> None:
    installation.change(create_users=False)
    synchronise()
    server.passwords[company.people["p1"]] = people.PASSWORD
    before = directory_users()["p1"].pk
    assert installation.sign_in("p1").status_code == 200
    assert installation.last_event.user_id == before
    assert Dept.objects.count() == 2


@pytest.mark.postgresql
def test_twenty_thousand_people_in_bounded_memory(installation: Installation, server: Stub) -> None:
    """However many there are, what is kept of each between pages is his id."""
    number = 20_000
    filler = "x" * 1000

    def entries() -> Iterable[StubEntry]:
        yield stub.unit("研发部", LAB, uuid.UUID(int=1))
        for one in range(number):
            dn = f"CN=P{one},{LAB}"
            yield stub.person(f"p{one}", dn, uuid.UUID(int=one + 10), displayName=f"Person {one}", mail=filler)

    server.entries = entries
    with watched_memory() as grown:
        began = time.monotonic()
        synchronise()
        first = time.monotonic() - began
        assert User.objects.filter(identities__provider="directory").count() == number
        began = time.monotonic()
        synchronise()
        again = time.monotonic() - began
    print(f"20,000 people: {first:.1f} s new, {again:.1f} s unchanged, {grown[0] / 2**20:.0f} MiB")  # noqa: T201 - for -s
    # All entries together would be 100 MiB at the least; ids and a page, the stub's part included, are few.
    assert grown[0] < 48 * 2**20
    assert DirectorySync.objects.latest("id").counts == {}


@contextmanager
def watched_memory() -> Iterator[list[int]]:
    """By how many bytes this process grew at the most."""
    process = psutil.Process()
    gc.collect()
    before, grown, over = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            grown[0] = max(grown[0], process.memory_info().rss - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield grown
    finally:
        over.set()
        thread.join()
