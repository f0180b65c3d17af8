"""Every state of an account, at a real domain controller: each leaves its reason, and all have one answer."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.directories.attempts import give_back_attempt, row_of, take_attempt
from accounts.models import Lockout, LoginEvent, User
from tests.contract.world import NOW
from tests.directory import people
from tests.directory.conftest import Installation
from tests.factories import make_administrator
from tests.tokens import ask_connect

# What a right password brings in each state.
REFUSED = {
    "disabled": "disabled",
    "expired": "account_expired",
    "mustchange": "must_change",
    "aged": "password_expired",
    "night": "logon_hours",
    "kiosk": "workstation",
}


def answer(response: Any) -> tuple[Any, ...]:
    """All that a client sees, but the request's own id."""
    headers = tuple(sorted(pair for pair in response.headers.items() if pair[0] != "X-Request-ID"))
    return response.status_code, response.content, headers


def test_a_right_password_brings_tokens_and_a_user(installation: Installation) -> None:
    response = installation.sign_in(scope="openid profile email phone")
    assert response.status_code == 200, response.content
    user = User.objects.get(account="zhangsan")
    assert (user.real_name, user.email, user.phone) == ("张三", "zhangsan@corp.example.test", "+8613800138000")
    assert user.job_number == "0042"
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser) == (False, False)
    event = installation.last_event
    assert (event.outcome, event.grant, event.account, event.user_id) == ("allowed", "password_ad", "zhangsan", user.pk)
    assert not Lockout.objects.exists()


@pytest.mark.parametrize(("account", "reason"), REFUSED.items())
def test_a_state_is_told_to_the_history_alone(installation: Installation, account: str, reason: str) -> None:
    wrong = installation.sign_in(account, "wrong")
    # The directory tells a guesser nothing of the state.
    assert installation.last_event.reason == "bad_password"
    response = installation.sign_in(account)
    event = installation.last_event
    assert (event.outcome, event.reason, event.account) == ("refused", reason, account)
    assert answer(response) == answer(wrong)
    assert response.json()["error"] == "invalid_grant"
    assert not User.objects.filter(account=account).exists()


def test_a_state_with_the_right_password_is_no_wrong_one(installation: Installation) -> None:
    for _time in range(installation.directory.attempt_limit + 2):
        installation.sign_in("disabled")
        assert installation.last_event.reason == "disabled"


def test_a_locked_account_is_told_to_the_history_alone(installation: Installation) -> None:
    installation.change(attempt_limit=100)
    for _time in range(5):
        response = installation.sign_in("lockedout", "wrong")
        assert installation.last_event.reason == "bad_password"
    assert answer(installation.sign_in("lockedout")) == answer(response)
    assert installation.last_event.reason == "locked"


def test_an_unknown_user_has_the_answer_of_a_wrong_password(installation: Installation) -> None:
    wrong = installation.sign_in("lisi", "wrong")
    assert answer(installation.sign_in("nobody")) == answer(wrong)
    assert installation.last_event.reason == "unknown_user"


def test_attempts_end_below_the_limit_of_the_domain(installation: Installation) -> None:
    """Five wrong ones would lock the account in the domain; our limit is three."""
    for _time in range(3):
        wrong = installation.sign_in("limited", "wrong")
    for account in ("limited", "LIMITED", "corp\\Limited", "limited@corp.example.test"):
        # Even the right password, in whatever way the name is written.
        assert answer(installation.sign_in(account)) == answer(wrong)
        assert installation.last_event.reason == "directory_attempts_exhausted"
    assert LoginEvent.objects.filter(kind=LoginEvent.Kind.LOCKOUT).count() == 1
    assert Lockout.objects.get().account == f"{installation.directory.pk}\\limited"
    # The domain's half hour runs from its answers, which came a little later than our questions.
    installation.world.pass_time(minutes=30)
    installation.sign_in("limited")
    assert installation.last_event.reason == "directory_attempts_exhausted"
    installation.world.pass_time(minutes=1)
    assert installation.sign_in("limited").status_code == 200


def test_a_renamed_directory_forgets_no_attempts(installation: Installation) -> None:
    installation.change(attempt_limit=1)
    installation.sign_in("limited", "wrong")
    installation.change(name="another name")
    installation.sign_in("limited")
    assert installation.last_event.reason == "directory_attempts_exhausted"
    installation.world.pass_time(minutes=31)
    assert installation.sign_in("limited").status_code == 200


def test_what_is_not_made_is_not_counted(installation: Installation) -> None:
    """Otherwise people who come at the same moment as others would be kept out, who made no mistake."""
    directory, row = installation.directory, row_of(installation.directory, "Limited")
    installation.change(attempt_limit=2)
    assert [take_attempt(directory, row, NOW) for _time in range(5)] == [1, 2, None, None, None]
    give_back_attempt(directory, row)
    assert take_attempt(directory, row, NOW) == 2
    give_back_attempt(directory, row)
    give_back_attempt(directory, row)
    assert Lockout.objects.get().failures == 0
    assert take_attempt(directory, row, NOW + timedelta(minutes=30)) == 1
    assert take_attempt(directory, row, NOW + timedelta(minutes=61)) == 1
    assert Lockout.objects.get().locked_until is None


def test_a_local_account_is_not_counted_with_the_directorys(installation: Installation) -> None:
    """Whatever it is called: nobody locks the one by guessing at the other."""
    prefix = f"{installation.directory.pk}\\"
    for name in ("limited", "zhangsan"):
        installation.world.make_user(prefix + name, "local password")
    local = {"grant_type": "password", "account": f"{prefix}limited"}
    installation.change(attempt_limit=1)
    for _time in range(2):
        installation.sign_in("limited", "wrong")
    assert installation.last_event.reason == "directory_attempts_exhausted"
    assert installation.sign_in(password="local password", **local).status_code == 200
    # And the success has forgotten nothing of the directory's.
    installation.sign_in("limited")
    assert installation.last_event.reason == "directory_attempts_exhausted"
    for _time in range(5):
        installation.sign_in(password="wrong", **{**local, "account": f"{prefix}zhangsan"})
    installation.sign_in(password="local password", **{**local, "account": f"{prefix}zhangsan"})
    assert installation.last_event.reason == "account_locked"
    assert installation.sign_in("zhangsan").status_code == 200
    installation.world.pass_time(minutes=31)
    assert installation.sign_in("limited").status_code == 200


def test_an_administrator_may_lift_the_limit(installation: Installation) -> None:
    for _time in range(3):
        installation.sign_in("limited", "wrong")
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    page = reverse("admin:accounts_lockout_changelist")
    # By the name of the directory, as an administrator knows it.
    assert "AD\\limited" in browser.get(page).content.decode()
    form = {"action": "unlock_selected", "_selected_action": [Lockout.objects.get().pk], "index": "0"}
    assert browser.post(page, form).status_code == 302
    assert LoginEvent.objects.get(kind=LoginEvent.Kind.UNLOCK).account == "AD\\limited"
    assert installation.sign_in("limited").status_code == 200


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("王五", "王五"),
        ("CORP\\zhangsan", "zhangsan"),
        ("corp\\ZhangSan", "zhangsan"),
        ("zhangsan@CORP.example.test", "zhangsan"),
        ("o'brien", "o'brien"),
    ],
)
def test_takes_names_as_people_write_them(installation: Installation, written: str, account: str) -> None:
    assert installation.sign_in(written).status_code == 200
    assert installation.last_event.account == account


@pytest.mark.parametrize("written", ["OTHER\\zhangsan", "zhangsan@other.example", "\\zhangsan", "zhangsan@"])
def test_refuses_a_domain_that_is_not_listed(installation: Installation, written: str) -> None:
    assert installation.sign_in(written).json()["error"] == "invalid_grant"
    assert installation.last_event.reason == "directory_domain_unknown"


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "zhang*",
        "zhangsan)(objectClass=*",
        "*)(sAMAccountName=zhangsan",
        "zhangsan\\2a",
        "nobody)(|(sAMAccountName=zhangsan)",
        "CN=张三,OU=一组",
        people.ZHANG.dn,
        "zhangsan,OU=一组",
        "(zhangsan)",
        "zhangsan\\00",
    ],
)
def test_a_name_is_no_filter_and_no_dn(installation: Installation, written: str) -> None:
    assert installation.sign_in(written).status_code == 400
    assert installation.last_event.reason in {"unknown_user", "directory_domain_unknown"}
    assert not User.objects.filter(identities__isnull=False).exists()


@pytest.mark.parametrize("password", ["", "\x00", "Zhang三.pass\x00"])
def test_no_empty_password_reaches_the_directory(installation: Installation, password: str) -> None:
    installation.change(servers="ldaps://127.0.0.1:1")
    assert installation.sign_in(password=password).json()["error"] == "invalid_request"


def test_a_password_is_taken_letter_by_letter(installation: Installation) -> None:
    """Not in some canonical form: full-width letters are others."""
    assert installation.sign_in(password=people.PASSWORD.replace("Z", "\uff3a")).status_code == 400
    assert installation.last_event.reason == "bad_password"


def test_a_refresh_works_and_ends_when_the_user_is_disabled(installation: Installation) -> None:
    tokens = installation.sign_in(scope="openid offline_access").json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    tokens = ask_connect(*installation.client, **form).json()
    User.objects.filter(account="zhangsan").update(is_active=False)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert ask_connect(*installation.client, **form).status_code == 400
    assert installation.sign_in().status_code == 400
    assert installation.last_event.reason == "account_disabled"


def test_the_id_token_says_how(installation: Installation) -> None:
    payload = installation.sign_in().json()["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["amr"] == ["pwd"]
