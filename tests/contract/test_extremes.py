"""A tenant and a client with everything at one of its ends: people sign in, and wrong passwords are counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import IntegerField, Model

from accounts.models import Lockout
from accounts.password_making import make_password_for
from oauthx.management.keys import overlap_of
from tests.contract.wire import AMS_AUTH, CONNECT
from tests.contract.world import NOW, World, reasons


def _least(column: Any) -> int:
    least: int = max(each.limit_value for each in column.validators if isinstance(each, MinValueValidator))
    return least


def _most(column: Any) -> int:
    most: int = min(each.limit_value for each in column.validators if isinstance(each, MaxValueValidator))
    return most


def _of_before(column: Any) -> int:
    """What PostgreSQL holds: there were no maxima once, and such rows stay."""
    return 32_767 if "Small" in column.get_internal_type() else 2_147_483_647


def stretch(row: Model, end: Callable[[Any], int]) -> None:
    for column in row._meta.concrete_fields:
        if isinstance(column, IntegerField) and not column.primary_key:
            setattr(row, column.name, end(column))
    if end is not _of_before:
        row.clean_fields()
    row.save()


@pytest.mark.parametrize("end", [_least, _most, _of_before], ids=["least", "most", "before"])
def test_people_sign_in_and_wrong_passwords_count_at_each_end(end: Callable[[Any], int], world: World) -> None:
    client = world.of(world.app)
    if end is not _least:
        world.tenant.expires_at = datetime(9000, 12, 31, 23, 59, 59, tzinfo=UTC)
    stretch(world.tenant, end)
    stretch(client, end)

    assert world.sign_in(AMS_AUTH, password="wrong").send(world.http).status_code == 400
    assert reasons() == ["credentials_rejected"]
    assert list(Lockout.objects.values_list("failures", flat=True)) == ([] if end is _least else [1])

    assert world.user_info(world.tokens(AMS_AUTH)["access_token"]).status_code == 200
    refresh_token = world.tokens(CONNECT)["refresh_token"]
    # The longest reuse forgives a second time.
    for _time in range(1 if end is _least else 2):
        assert world.refresh(CONNECT, refresh_token).send(world.http).status_code == 200
    form = {"tenant": world.tenant.code, "username": "admin", "password": "admin"}
    assert world.http.post("/account/login/", form).status_code == 303
    assert world.http.get("/account/").status_code == 200
    # What one is told to type fits into the field for it.
    assert len(make_password_for(world.admin)) < 255
    assert NOW + overlap_of(None) < NOW + timedelta(days=3651)


@pytest.mark.parametrize("minutes", [525_600, 2_147_483_647])
def test_the_longest_lock_lasts_a_year(minutes: int, world: World) -> None:
    world.tenant.lockout_minutes, world.tenant.lockout_threshold = minutes, 1
    world.tenant.save()
    world.sign_in(AMS_AUTH, password="wrong").send(world.http)
    assert Lockout.objects.get().locked_until == NOW + timedelta(days=365)
    assert world.sign_in(AMS_AUTH).send(world.http).status_code == 400
    world.pass_time(days=365)
    assert world.sign_in(AMS_AUTH).send(world.http).status_code == 200
