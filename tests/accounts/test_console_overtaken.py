"""Who saves, deletes or signs in a moment too late is told so, never by a server error, and nothing is kept of it."""

import logging
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.signals import post_delete, post_save, pre_delete
from django.test import Client as HttpClient

from accounts.models import BrowserSession, Post, Role, User
from oauthx.models import AccessToken
from tenants.models import Tenant
from tests.accounts.meanwhile import do_meanwhile
from tests.factories import make_administrator, make_client, make_tenant, make_user
from tests.tokens import ask_connect

# On SQLite one waits for the other anyway.
pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

OVERTAKEN = "Somebody else saved something at the same moment. Look at it again."
DELETE = {"post": "yes"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def browsers(tenant: Tenant) -> list[HttpClient]:
    """Two of the tenant's administrator."""
    boss = make_administrator(tenant, "boss")
    browsers = [HttpClient(headers={"accept-language": "en"}) for _tab in range(2)]
    for browser in browsers:
        browser.force_login(boss)
    return browsers


def test_the_second_of_two_equal_forms_comes_back_as_it_was_sent(
    browsers: list[HttpClient], caplog: pytest.LogCaptureFixture
) -> None:
    address, form = "/admin/accounts/post/add/", {"name": "Clerk", "code": "c-17", "sort": 3}
    with caplog.at_level(logging.WARNING):
        first, second = do_meanwhile(
            post_save, Post, lambda: browsers[0].post(address, form), lambda: browsers[1].post(address, form)
        )
    assert (first.status_code, second.status_code) == (302, 409)
    shown = second.context["adminform"].form
    assert set(shown.errors) == {"__all__", "code"}
    text = second.content.decode()
    assert OVERTAKEN in text
    assert "Already in use in this tenant." in text
    assert {name: shown[name].value() for name in form} == {name: str(value) for name, value in form.items()}
    assert not list(second.context["messages"])
    assert "constraint=post_code_in_tenant" in caplog.text
    assert "c-17" not in caplog.text


def test_a_role_is_not_deleted_below_which_one_is_put_meanwhile(browsers: list[HttpClient], tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="above")
    selected = {**DELETE, "action": "delete_selected", "_selected_action": role.pk}
    for address, form in ((f"/admin/accounts/role/{role.pk}/delete/", DELETE), ("/admin/accounts/role/", selected)):
        child = {"name": address, "parent": role.pk, "sort": 0}
        lost, kept = do_meanwhile(
            pre_delete,
            Role,
            partial(browsers[0].post, address, form),
            partial(browsers[1].post, "/admin/accounts/role/add/", child),
        )
        assert (lost.status_code, lost["Location"], kept.status_code) == (302, address, 302)
        told = [str(message) for message in browsers[0].get(address).context["messages"]]
        assert told == [OVERTAKEN]
        Role.objects.filter(parent=role).delete()
    assert Role.objects.filter(pk=role.pk).exists()
    assert not LogEntry.objects.filter(action_flag=3).exists()


def test_a_role_is_not_put_below_one_that_is_deleted_meanwhile(browsers: list[HttpClient], tenant: Tenant) -> None:
    role = Role.objects.create(tenant=tenant, name="above")
    child = {"name": "below", "parent": role.pk, "sort": 0}
    deleted, lost = do_meanwhile(
        post_delete,
        Role,
        lambda: browsers[0].post(f"/admin/accounts/role/{role.pk}/delete/", DELETE),
        lambda: browsers[1].post("/admin/accounts/role/add/", child),
    )
    assert (deleted.status_code, lost.status_code) == (302, 409)
    assert set(lost.context["adminform"].form.errors) == {"__all__", "parent"}
    assert not Role.objects.filter(name__in=("above", "below")).exists()


def delete_meanwhile(browser: HttpClient, person: User, signal: Any, second: Any) -> Any:
    """What the second got while this person was being deleted, which comes about."""
    address = f"/admin/accounts/user/{person.pk}/delete/"
    deleted, answer = do_meanwhile(signal, User, lambda: browser.post(address, DELETE), second)
    assert (deleted.status_code, deleted["Location"]) == (302, "/admin/accounts/user/")
    assert not User.objects.filter(pk=person.pk).exists()
    return answer


def test_who_signs_in_while_he_is_deleted_begins_anew(browsers: list[HttpClient], tenant: Tenant) -> None:
    form = {"tenant": "acme", "username": "zhang", "password": "Zhang-2026"}
    person = make_user(tenant, "zhang", form["password"])
    answer = delete_meanwhile(
        browsers[0], person, pre_delete, lambda: HttpClient().post("/account/login/?next=/x", form)
    )
    assert (answer.status_code, answer["Location"]) == (303, "/account/login/?next=%2Fx")
    assert BrowserSession.objects.filter(user__account="zhang").count() == 0


def test_an_application_gets_no_tokens_of_one_who_is_deleted_meanwhile(
    browsers: list[HttpClient], tenant: Tenant
) -> None:
    person = make_user(tenant, "zhang", "Zhang-2026")
    make_client("desk", "secret", tenant=tenant, dialects=["connect"], grant_types=["password"], scopes=["all"])
    sent = {"grant_type": "password", "username": "zhang", "password": "Zhang-2026"}
    answer = delete_meanwhile(browsers[0], person, post_delete, lambda: ask_connect("desk", "secret", **sent))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert not AccessToken.objects.exists()
