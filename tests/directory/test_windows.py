"""What only Windows answers, by a stub: sub-code 525, success for an empty password, a limit of entries."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.models import DirectoryGroup, Role, User
from accounts.verifiers import VerificationError
from accounts.verifiers.directory import verify_directory_password
from tests.contract.world import NOW
from tests.directory import people, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.stub import Stub
from tests.factories import make_administrator, make_user

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


def in_a_group() -> stub.StubEntry:
    """The person, a member of the group S-1-5-21-1."""
    sid = b"\x01\x02" + (5).to_bytes(6, "big") + (21).to_bytes(4, "little") + (1).to_bytes(4, "little")
    person = stub.person("sam", SAM, GUID)
    return replace(person, attributes={**person.attributes, "tokenGroups": [sid]})


@pytest.fixture
def role(installation: Installation) -> Role:
    """What the group S-1-5-21-1 brings."""
    role: Role = Role.objects.create(tenant=installation.world.tenant, name="developer")
    DirectoryGroup.objects.create(directory=installation.directory, sid="S-1-5-21-1", role=role)
    return role


@pytest.mark.parametrize("answer", ["nothing", 50, 80, 1])
def test_without_groups_the_roles_stay(
    installation: Installation, windows: Stub, role: Role, answer: str | int
) -> None:
    """Everybody is in some group: an empty answer, or none, means that they may not be read."""
    windows.entries = lambda: [in_a_group()]
    assert installation.sign_in("sam").status_code == 200
    user = User.objects.get(account="sam")
    assert list(user.roles.all()) == [role]
    if isinstance(answer, int):
        windows.results["tokenGroups"] = answer
    else:
        windows.entries = lambda: [stub.person("sam", SAM, GUID)]
    assert installation.sign_in("sam").status_code == 200
    assert list(user.roles.all()) == [role]


def test_a_mapped_role_that_somebody_gave_by_hand_stays(installation: Installation, windows: Stub, role: Role) -> None:
    strangers = in_a_group()
    windows.entries = lambda: [replace(strangers, attributes={**strangers.attributes, "tokenGroups": [bytes(16)]})]
    assert installation.sign_in("sam").status_code == 200
    user = User.objects.get(account="sam")
    user.assign(roles=[role])
    assert installation.sign_in("sam").status_code == 200
    assert list(user.roles.all()) == [role]


@pytest.mark.parametrize("answer", [50, 80, 32])
def test_without_units_the_department_stays(installation: Installation, windows: Stub, answer: int) -> None:
    lab = f"OU=Lab,{people.BASE}"
    dn = f"CN=Sam,{lab}"
    windows.passwords[dn] = people.PASSWORD
    windows.entries = lambda: [stub.person("sam", dn, GUID), stub.unit("Lab", lab, uuid.UUID(int=8))]
    assert installation.sign_in("sam").status_code == 200
    windows.results["ou"] = answer
    assert installation.sign_in("sam").status_code == 200
    assert User.objects.get(account="sam").depts.get().name == "Lab"


def service_binds(windows: Stub) -> int:
    return [name for name, _password in windows.binds].count(people.SERVICE)


def test_a_refused_service_account_is_tried_once(installation: Installation, windows: Stub) -> None:
    """Each try of a wrong one counts towards the lock of the account itself."""
    installation.change(service_password="wrong")
    for _time in range(6):
        assert installation.sign_in("sam").json()["error"] == "server_error"
        assert installation.last_event.reason == "directory_service_account"
    assert service_binds(windows) == 1
    installation.change(service_password=people.SERVICE_PASSWORD)
    assert installation.sign_in("sam").status_code == 200


def test_the_trial_tries_a_refused_service_account_anew(installation: Installation, windows: Stub) -> None:
    windows.refusals[people.SERVICE] = "775"
    for _time in range(2):
        assert installation.sign_in("sam").status_code == 500
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    page = reverse("admin:accounts_directory_test_connection", args=[installation.directory.pk])
    found = browser.post(page).context["findings"]
    assert [one.is_good for one in found][-1] is False
    assert service_binds(windows) == 2
    # Somebody unlocks it in the directory.
    windows.refusals.clear()
    assert installation.sign_in("sam").status_code == 500
    assert all(one.is_good for one in browser.post(page).context["findings"])
    assert installation.sign_in("sam").status_code == 200


def test_whoever_may_not_sign_in_is_not_brought_up_to_date(installation: Installation, windows: Stub) -> None:
    installation.sign_in("sam")
    User.objects.filter(account="sam").update(is_active=False)
    windows.entries = lambda: [stub.person("sam", SAM, GUID, displayName="Other")]
    assert installation.sign_in("sam").status_code == 400
    assert installation.last_event.reason == "account_disabled"
    assert User.objects.get(account="sam").real_name == "Sam"


def test_the_last_of_all_names_is_free_and_stays(installation: Installation, windows: Stub) -> None:
    """His name, and his name with his id, are somebody else's: such as of a directory that was deleted."""
    for account in ("sam", f"sam~{GUID}"):
        make_user(installation.world.tenant, account, None)
    assert installation.sign_in("sam").status_code == 200
    account = installation.user_of(GUID).account
    assert account.startswith(f"sam~{GUID}~")
    assert installation.sign_in("sam").status_code == 200
    assert installation.user_of(GUID).account == account


def test_no_password_in_the_log_or_the_history(
    installation: Installation, windows: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    installation.sign_in("sam", "a secret word")
    windows.results["bind"] = 52
    installation.sign_in("sam", "a secret word")
    assert "a secret word" not in caplog.text + repr(list(vars(installation.last_event).values()))
    assert people.SERVICE_PASSWORD not in caplog.text
