"""A tenant's own rules: its code, its domain, its time, and when its people may sign in."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from tenants.models import Tenant

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def problems(**fields: object) -> set[str]:
    tenant = Tenant(**{"code": "000000", "name": "默认租户", **fields})
    try:
        tenant.full_clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


@pytest.mark.parametrize("code", ["000000", "acme-1", "A_b", "x" * 64])
def test_takes_a_plain_code(code: str, db: None) -> None:
    assert problems(code=code) == set()


@pytest.mark.parametrize("code", ["", "a b", "a:b", "a\n", "租户", "a/b", "x" * 65, "a\x00"])
def test_refuses_a_code_that_no_header_can_carry(code: str, db: None) -> None:
    assert problems(code=code) == {"code"}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
def test_takes_a_time_zone_of_the_iana_database(zone: str, db: None) -> None:
    assert problems(time_zone=zone) == set()
    assert Tenant(time_zone=zone).zone.key == zone


@pytest.mark.parametrize("zone", ["", "Beijing", "../../etc/passwd", "+08:00"])
def test_refuses_any_other_time_zone(zone: str, db: None) -> None:
    assert problems(time_zone=zone) == {"time_zone"}


@pytest.mark.parametrize("color", ["red", "#12", "#gggggg", "#1d4ed8;"])
def test_refuses_what_is_no_colour(color: str, db: None) -> None:
    assert problems(primary_color=color) == {"primary_color"}


def test_a_lock_lasts_at_least_a_minute(db: None) -> None:
    assert problems(lockout_minutes=0) == {"lockout_minutes"}
    assert problems(lockout_threshold=0, lockout_minutes=1) == set()


def test_a_domain_is_kept_in_one_form_and_none_is_null(db: None) -> None:
    for given, kept in ((" Login.Example.COM ", "login.example.com"), ("", None), (None, None)):
        tenant = Tenant(code="a", name="a", domain=given)
        tenant.full_clean()
        assert tenant.domain == kept


def test_has_the_documents_defaults() -> None:
    tenant = Tenant()
    assert (tenant.time_zone, tenant.license) == ("Asia/Shanghai", "powered by zhkj")
    assert (tenant.lockout_threshold, tenant.lockout_minutes) == (5, 30)
    assert (tenant.is_active, tenant.expires_at, tenant.account_limit) == (True, None, None)


def test_is_usable_while_active_and_before_its_expiry() -> None:
    assert Tenant().is_usable(NOW)
    assert not Tenant(is_active=False).is_usable(NOW)
    expiring = Tenant(expires_at=NOW)
    assert expiring.is_usable(NOW - timedelta(microseconds=1))
    assert not expiring.is_usable(NOW)
