"""One synchronisation among others: signs of life, who is overtaken by whom, and what its command prints."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone, translation

from accounts.directories.runs import Run, carry_out_in_background, start
from accounts.directories.sync import Change, Report, synchronise
from accounts.models import DirectorySync, SocialIdentity, User
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.stub import Stub
from tests.directory.test_synchronising import Company, guid_of
from tests.factories import make_administrator


@pytest.fixture
def company() -> Company:
    return Company(number=3)


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


class WatchedRun(Run):
    """One during which something happens, at its first change and at each sign of life."""

    def __init__(self, row: DirectorySync, at_change: Callable[[], Any] | None = None) -> None:
        super().__init__(row)
        self._at_change = at_change
        self.at_progress: Callable[[], Any] = lambda: None

    def on_change(self, change: Change) -> None:
        super().on_change(change)
        happens, self._at_change = self._at_change, None
        if happens is not None:
            happens()

    def on_progress(self, report: Report) -> None:
        super().on_progress(report)
        self.at_progress()


def begin(installation: Installation) -> DirectorySync:
    return start(installation.directory, is_preview=False, actor="x", now=timezone.now())


def directory_users() -> dict[str, User]:
    return {user.account: user for user in User.objects.filter(identities__provider="directory")}


def test_each_answer_is_a_sign_of_life(installation: Installation, server: Stub) -> None:
    """Also of those pages that change nothing: a large directory is read for minutes before anything does."""
    installation.change(servers=f"ldaps://127.0.0.1:1\n{server.url}")
    happened: list[str] = []
    server.before_answer = happened.append
    synchronise(
        installation.directory,
        Report(lambda _change: None, lambda _report: happened.append("life")),
        timezone.now(),
    )
    assert happened[:3] == ["life", "life", "bind"]
    after_answers = [after for before, after in pairwise(happened) if before == "search"]
    assert after_answers == ["life"] * 3


def test_one_that_was_overtaken_ends_and_leaves_the_other_alone(installation: Installation) -> None:
    row = begin(installation)

    def overtake() -> None:
        DirectorySync.objects.filter(pk=row.pk).update(beat_at=timezone.now() - timedelta(minutes=6))
        begin(installation)

    WatchedRun(row, overtake).carry_out()
    first, second = DirectorySync.objects.order_by("pk")
    assert (first.problem, first.finished_at is None) == ("overtaken", False)
    assert (second.problem, second.finished_at) == ("", None)
    assert directory_users() == {}


def test_one_that_is_finished_is_not_opened_again(installation: Installation) -> None:
    row = begin(installation)
    WatchedRun(row, lambda: DirectorySync.objects.update(finished_at=timezone.now(), problem="x")).carry_out()
    assert DirectorySync.objects.get().problem == "x"
    assert directory_users() == {}


def test_whoever_signs_in_meanwhile_is_not_disabled(installation: Installation, company: Company) -> None:
    """He was moved below the base after its people were listed."""
    Run(begin(installation)).carry_out()
    installation.change(max_deletions_percent=100)
    del company.people["p0"], company.people["p1"]
    identity = SocialIdentity.objects.filter(openid=str(guid_of("p0")))
    run = WatchedRun(begin(installation))
    run.at_progress = lambda: identity.update(used_at=timezone.now())
    run.carry_out()
    assert {account: user.is_active for account, user in directory_users().items()} == {
        "p0": True, "p1": False, "p2": True,
    }  # fmt: skip
    assert identity.get().gone_at is None


@pytest.mark.parametrize(("percent", "goes"), [(5, True), (0, False)])
def test_of_few_people_one_may_go(installation: Installation, company: Company, percent: int, goes: bool) -> None:
    Run(begin(installation)).carry_out()
    installation.change(max_deletions_percent=percent)
    del company.people["p0"]
    Run(begin(installation)).carry_out()
    assert directory_users()["p0"].is_active is not goes
    # Not two at once.
    del company.people["p1"]
    User.objects.update(is_active=True)
    Run(begin(installation)).carry_out()
    assert DirectorySync.objects.latest("id").problem == "too_many_would_go"


def test_an_inactive_directory_is_not_synchronised(installation: Installation) -> None:
    installation.change(is_active=False)
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    page = reverse("admin:accounts_directory_synchronise", args=[installation.directory.pk])
    for button in ("preview", "synchronise"):
        assert browser.post(page, {button: ""}).status_code == 302
    assert not DirectorySync.objects.exists()


def test_without_a_thread_it_ends_at_once(installation: Installation) -> None:
    row = begin(installation)
    usual = threading.stack_size(1 << 47)
    try:
        carry_out_in_background(Run(row))
    finally:
        threading.stack_size(usual)
    row.refresh_from_db()
    assert (row.problem, row.finished_at is None) == ("server_error", False)
    begin(installation)


def test_no_name_of_the_directory_commands_the_terminal(installation: Installation, company: Company) -> None:
    company.attributes["p0"] = {"displayName": "\x1b[2J\r\u202eevil"}
    out, err = StringIO(), StringIO()
    call_command("sync_directory", "--dry-run", stdout=out, stderr=err)
    assert "evil" in out.getvalue()
    assert not any(letter in out.getvalue() for letter in "\x1b\r\u202e")
    # No bar in a log.
    assert err.getvalue() == ""


@pytest.mark.parametrize("number", ["101", "-1", "x"])
def test_a_percentage_is_from_0_to_100(installation: Installation, number: str) -> None:
    with pytest.raises(CommandError) as refused, translation.override("en"):
        call_command("sync_directory", f"--max-percent={number}")
    assert "0 to 100" in str(refused.value)
    assert len(str(refused.value)) < 100
