"""A new password ends what was granted on the old one; disabling a person closes it while it lasts."""

import pytest
from django.test import Client as HttpClient

from accounts.models import User
from oauthx.models import TokenFamily
from tests import factories

pytestmark = pytest.mark.django_db

BASIC = {"Authorization": "Basic c2FiZXI6Y2Ftc19zYWJlcl9zZWNyZXQ="}


@pytest.fixture
def token(client: HttpClient) -> str:
    tenant = factories.make_tenant()
    factories.make_user(tenant)
    factories.make_saber(tenant)
    form = {"grant_type": "password", "username": "admin", "password": factories.ADMIN_MD5, "scope": "all"}
    answer: str = client.post("/cams-auth/oauth/token", form, headers=BASIC).json()["access_token"]
    return answer


def status(client: HttpClient, token: str) -> int:
    return client.get("/cams-auth/oauth/user-info", headers={"Blade-Auth": token}).status_code


def test_a_new_password_ends_every_session(client: HttpClient, token: str) -> None:
    user = User.objects.get()
    user.set_password("another one")
    user.save()
    assert status(client, token) == 401
    assert TokenFamily.objects.get().end_reason == "password_changed"


def test_disabling_closes_every_session_for_as_long_as_it_lasts(client: HttpClient, token: str) -> None:
    answers = []
    for is_active in (False, True):
        user = User.objects.get()
        user.is_active = is_active
        user.save()
        answers.append(status(client, token))
    assert answers == [401, 200]


def test_any_other_change_leaves_them_alone(client: HttpClient, token: str) -> None:
    user = User.objects.get()
    user.nick_name = "another"
    user.save()
    user.save(update_fields=["nick_name"])
    assert status(client, token) == 200


def test_others_are_left_alone(client: HttpClient, token: str) -> None:
    other = factories.make_user(User.objects.get().tenant, "other")
    other.set_password("another one")
    other.save()
    assert status(client, token) == 200
