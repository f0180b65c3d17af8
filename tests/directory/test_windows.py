"""What only Windows answers, by a stub: sub-code 525, success for an empty password, a limit of entries."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.verifiers import VerificationError
from accounts.verifiers.directory import verify_directory_password
from tests.contract.world import NOW
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.stub import Stub

SAM = f"CN=Sam,{people.BASE}"
GUID = uuid.UUID(int=7)


@pytest.fixture
def windows(authority: Authority, tmp_path: Path) -> Iterator[Stub]:
    """A stub that knows one person."""
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as server:
        server.passwords = {people.SERVICE: people.SERVICE_PASSWORD, SAM: people.PASSWORD}
        server.entries = lambda: [stub.person("sam", SAM, GUID, displayName="Sam", tokenGroups="")]
        yield server


@pytest.fixture
def installation(windows: Stub, authority: Authority, make_installation: Callable[..., Installation]) -> Installation:
    controller: Any = type("Controller", (), {"url": windows.url, "authority": authority})
    return make_installation(controller)


def persons_binds(windows: Stub) -> list[tuple[str, str]]:
    return [bind for bind in windows.binds if bind[0] != people.SERVICE]


def test_binds_as_the_dn_that_the_search_returned(installation: Installation, windows: Stub) -> None:
    assert installation.sign_in("sam").status_code == 200
    assert persons_binds(windows) == [(SAM, people.PASSWORD)]
    assert installation.user_of(GUID).real_name == "Sam"


def test_sub_code_525_is_an_unknown_user(installation: Installation, windows: Stub) -> None:
    windows.refusals[SAM] = "525"
    assert installation.sign_in("sam").json()["error"] == "invalid_grant"
    assert installation.last_event.reason == "unknown_user"


@pytest.mark.parametrize(("code", "reason"), [("52f", "directory_denied:52f"), ("568", "directory_denied:568")])
def test_another_sub_code_is_kept_for_the_history(
    installation: Installation, windows: Stub, code: str, reason: str
) -> None:
    windows.refusals[SAM] = code
    answer = installation.sign_in("sam")
    assert answer.json() == {"error": "invalid_grant", "error_description": "Bad credentials"}
    assert installation.last_event.reason == reason


@pytest.mark.parametrize("password", ["", "\x00", "right\x00"])
def test_an_empty_password_is_sent_nowhere(installation: Installation, windows: Stub, password: str) -> None:
    """This server would call it a success."""
    with pytest.raises(VerificationError) as refused:
        verify_directory_password(installation.directory, "sam", password, NOW)
    assert refused.value.reason == "password_empty"
    assert windows.binds == []


def test_a_refusal_is_tried_once(installation: Installation, windows: Stub) -> None:
    """Also where a second controller is there: a repeated one would count twice in the directory."""
    installation.change(servers=f"{windows.url}\nldaps://localhost:{windows.port}")
    installation.sign_in("sam", "wrong")
    assert persons_binds(windows) == [(SAM, "wrong")]


def test_an_unknown_name_takes_the_directory_the_same_work(installation: Installation, windows: Stub) -> None:
    installation.sign_in("sam", "wrong")
    known = len(windows.binds), windows.searches
    installation.sign_in("nobody", "wrong")
    assert (len(windows.binds), windows.searches) == (2 * known[0], 2 * known[1])
    assert persons_binds(windows)[1][0] not in {SAM, ""}


def test_attempts_that_are_used_up_reach_no_account(installation: Installation, windows: Stub) -> None:
    installation.change(attempt_limit=1)
    for _time in range(3):
        installation.sign_in("sam", "wrong")
    assert [name for name, _password in persons_binds(windows)].count(SAM) == 1


@pytest.mark.parametrize("result", [8, 51, 52, 53])
def test_an_unwilling_directory_is_temporarily_unavailable(
    installation: Installation, windows: Stub, result: int
) -> None:
    windows.results["bind"] = result
    response = installation.sign_in("sam")
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert installation.last_event.reason == "directory_unwilling"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"service_password": "wrong"}, "directory_service_account"),
        ({"service_account": "CN=nobody,DC=corp"}, "directory_service_account"),
    ],
)
def test_a_refused_service_account_is_our_fault(
    installation: Installation, changed: dict[str, Any], reason: str
) -> None:
    installation.change(**changed)
    response = installation.sign_in("sam")
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert installation.last_event.reason == reason


@pytest.mark.parametrize(
    ("result", "reason"), [(32, "directory_base"), (10, "directory_base"), (50, "directory_rights")]
)
def test_a_base_that_is_not_there_is_our_fault(
    installation: Installation, windows: Stub, result: int, reason: str
) -> None:
    windows.results["search"] = result
    response = installation.sign_in("sam")
    assert (response.status_code, response.json()["error"]) == (500, "server_error")
    assert installation.last_event.reason == reason


def test_two_entries_of_one_name_are_nobody(installation: Installation, windows: Stub) -> None:
    windows.entries = lambda: [
        stub.person("sam", f"CN=Sam {number},{people.BASE}", uuid.UUID(int=number + 1)) for number in range(2)
    ]
    installation.sign_in("sam")
    assert installation.last_event.reason == "unknown_user"


def test_without_groups_the_roles_stay(installation: Installation, windows: Stub) -> None:
    """Everybody is in some group: an empty answer means that they may not be read."""
    windows.entries = lambda: [stub.person("sam", SAM, GUID)]
    assert installation.sign_in("sam").status_code == 200
    assert User.objects.get(account="sam").roles.count() == 0


def test_no_password_in_the_log_or_the_history(
    installation: Installation, windows: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    installation.sign_in("sam", "a secret word")
    windows.results["bind"] = 52
    installation.sign_in("sam", "a secret word")
    assert "a secret word" not in caplog.text + repr(list(vars(installation.last_event).values()))
    assert people.SERVICE_PASSWORD not in caplog.text
