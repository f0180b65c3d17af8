"""Phone numbers have one spelling, however they come in, and were given one where they were there before."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from accounts.phones import PhoneNumberError, as_e164, national_digits, to_e164
from oauthx.demo import create_demo_data
from tests.contract.wire import CONNECT
from tests.contract.world import World
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "+8613800138000"),
        (" +86 138-0013-8000 ", "+8613800138000"),
        ("0086 138 0013 8000", "+8613800138000"),
        ("010-62552636", "+861062552636"),
        ("+852 5123 4567", "+85251234567"),
        ("+1 (202) 555-0156", "+12025550156"),
    ],
)
def test_a_number_has_one_spelling(written: str, number: str) -> None:
    assert to_e164(written) == as_e164(written) == number
    assert to_e164(number) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "12345",
        "hello",
        "+",
        "138001380001",
        "13800138000 ext. 5",
        "+999 1",
        "1" * 5000,
        "\x00",
        "\ud800",
        # Valid, says the library, and longer than E.164 and our columns.
        pytest.param("+81 0037 1234567890123", id="nineteen digits"),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneNumberError):
        to_e164(text)
    assert as_e164(text) == text


def test_a_number_comes_apart() -> None:
    assert national_digits("+8613800138000") == (86, "13800138000")


@pytest.mark.django_db
def test_a_person_is_stored_with_it() -> None:
    tenant = make_tenant()
    assert make_user(tenant, "a", None, phone="138 0013 8000").phone == "+8613800138000"
    user = User(tenant=tenant, account="b", password="!", phone="010-62552636")
    user.full_clean()
    assert user.phone == "+861062552636"
    # Recorded elsewhere: kept, though no message will ever reach it; but nobody can type it in here.
    user.phone = "ask the secretary"
    user.save()
    assert user.phone == "ask the secretary"
    user.full_clean()
    user.phone = "ask the porter"
    with pytest.raises(ValidationError) as caught:
        user.full_clean()
    assert set(caught.value.message_dict) == {"phone"}


def test_userinfo_tells_it(world: World) -> None:
    world.make_user("li", phone="13800138000")
    tokens = world.sign_in(CONNECT, "li", scope="openid phone").send(world.http).json()
    told = world.http.get("/connect/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert told["phone_number"] == "+8613800138000"


@pytest.mark.django_db
def test_demo_data_have_it() -> None:
    create_demo_data()
    assert set(User.objects.exclude(phone=None).values_list("phone", flat=True)) == {"+8613800138000", "+8613900139000"}


@pytest.mark.django_db
def test_the_migration_gives_one_spelling_to_the_numbers_that_are_there(capsys: Any) -> None:
    tenant, other = make_tenant(), make_tenant("000001")
    numbers = {"a": "13800138000", "b": "138-0013-8000", "c": "office", "d": None, "e": "+85251234567"}
    people = {name: make_user(tenant, name, None) for name in numbers}
    elsewhere = make_user(other, "a", None)
    for name, number in numbers.items():
        User.objects.filter(pk=people[name].pk).update(phone=number)
    User.objects.filter(pk=elsewhere.pk).update(phone="13800138000")
    migration = import_module("accounts.migrations.0006_phone_numbers")
    for _run in range(2):
        migration.write_in_e164(apps, SimpleNamespace(connection=connection))
    told = dict(User.objects.filter(tenant=tenant).values_list("account", "phone"))
    # Two spellings of one number cannot both have it.
    assert told == {"a": "+8613800138000", "b": "138-0013-8000", "c": "office", "d": None, "e": "+85251234567"}
    elsewhere.refresh_from_db()
    assert elsewhere.phone == "+8613800138000"
    assert f"user {people['b'].pk}" in capsys.readouterr().out
