"""What happens when many do the same thing at once, over several real server processes."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from accounts.models import Lockout, LoginEvent, User
from oauthx.claims import digest
from oauthx.models import AuthorizationCode, Client, TokenFamily
from tests import factories
from tests.faults.crowd import MANY, at_once
from tests.processes import serving

BASIC = ("saber", "cams_saber_secret")


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_saber(tenant)
    with serving() as url:
        yield url


def login(base: str, password: str = factories.ADMIN_MD5) -> requests.Response:
    form = {"grant_type": "password", "username": "admin", "password": password, "scope": "all"}
    return requests.post(f"{base}/cams-auth/oauth/token", data=form, auth=BASIC, timeout=60)


def refresh(base: str, token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return requests.post(f"{base}/cams-auth/oauth/token", data=form, auth=BASIC, timeout=60)


def reasons() -> Counter[str]:
    return Counter(LoginEvent.objects.filter(grant="refresh_token").values_list("reason", flat=True))


def test_of_many_refreshes_of_one_token_exactly_one_succeeds_and_the_family_is_ended(base: str) -> None:
    token = login(base).json()["refresh_token"]
    answers = at_once(lambda: refresh(base, token))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: MANY - 1}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    winner = next(answer for answer in answers if answer.ok).json()
    family = TokenFamily.objects.get()
    assert family.ended_at is not None
    assert family.end_reason == "refresh_replayed"
    assert refresh(base, winner["refresh_token"]).status_code == 400
    told = requests.get(
        f"{base}/cams-auth/oauth/user-info", headers={"Blade-Auth": f"bearer {winner['access_token']}"}, timeout=60
    )
    assert told.status_code == 401
    assert reasons()[""] == 1


def test_with_reuse_seconds_each_of_many_refreshes_succeeds_and_the_family_lives(base: str) -> None:
    client = Client.objects.get(client_id="saber")
    client.refresh_reuse_seconds = 30
    client.save()
    token = login(base).json()["refresh_token"]
    answers = at_once(lambda: refresh(base, token))
    assert Counter(answer.status_code for answer in answers) == {200: MANY}
    assert TokenFamily.objects.get().ended_at is None
    assert refresh(base, answers[0].json()["refresh_token"]).ok


def test_of_many_uses_of_one_code_exactly_one_succeeds_and_what_it_brought_is_ended(base: str) -> None:
    user = User.objects.select_related("tenant").get()
    app = factories.make_connect_client(user.tenant, grant_types=["authorization_code"])
    AuthorizationCode.objects.create(
        code=digest("the code"),
        user=user,
        tenant=user.tenant,
        application=app,
        redirect_uri="https://app.example/",
        scope="openid offline_access",
        expires=timezone.now() + timedelta(minutes=1),
        auth_time=timezone.now(),
    )
    form = {"grant_type": "authorization_code", "code": "the code", "redirect_uri": "https://app.example/"}
    answers = at_once(lambda: requests.post(f"{base}/connect/token", data=form, auth=("client1", "secret"), timeout=60))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: MANY - 1}
    assert TokenFamily.objects.get().end_reason == "code_replayed"
    told = next(answer for answer in answers if answer.ok).json()
    bearer = {"Authorization": f"Bearer {told['access_token']}"}
    assert requests.get(f"{base}/connect/userinfo", headers=bearer, timeout=60).status_code == 401


def test_many_wrong_passwords_at_once_lock_the_account_once(base: str) -> None:
    answers = at_once(lambda: login(base, "0" * 32))
    assert {answer.status_code for answer in answers} == {400}
    assert Lockout.objects.get().failures == 5
    assert LoginEvent.objects.filter(kind=LoginEvent.Kind.LOCKOUT).count() == 1
    assert login(base).status_code == 400
    assert LoginEvent.objects.latest("id").reason == "account_locked"


def test_a_change_in_another_process_holds_for_the_next_request_of_every_process(base: str) -> None:
    assert {login(base).status_code for _ in range(8)} == {200}
    client = Client.objects.get(client_id="saber")
    client.is_active = False
    client.save()
    assert {login(base).status_code for _ in range(8)} == {401}
