"""Passwords: what a row holds, and that a plain password, its MD5 and an imported hash all verify against it."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, get_hasher, make_password

from accounts.hashers import Argon2idMD5SHA1PasswordHasher, ChosenSecretHasher, GeneratedSecretHasher, md5_hex, sha1_hex
from accounts.models import User
from accounts.people import look_up
from accounts.verifiers import VerificationError
from accounts.verifiers.password import _NOBODYS_PASSWORD, PresentedPassword, verify_password
from config.settings import PASSWORD_HASHERS
from tenants.models import Tenant
from tests import factories

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# sha1("21232f297a57a5a743894a0e4a801fc3"), as a BladeX database holds it.
ADMIN_SHA1_MD5 = "90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad"


@pytest.fixture(autouse=True)
def full_strength(settings: Any) -> None:
    """What guards real passwords; other tests have quicker hashers."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


@pytest.fixture
def tenant(db: None) -> Tenant:
    return factories.make_tenant()


def proves(tenant: Tenant, presented: PresentedPassword, account: str = "admin") -> bool:
    try:
        return verify_password(look_up(tenant.pk, account), presented, NOW).account == account
    except VerificationError:
        return False


def test_md5_and_sha1_are_the_documents() -> None:
    assert md5_hex("admin") == factories.ADMIN_MD5
    assert sha1_hex(factories.ADMIN_MD5) == ADMIN_SHA1_MD5


def test_a_row_holds_argon2id_of_what_bladex_holds() -> None:
    encoded = make_password("admin")
    assert re.match(r"argon2id_sha1_md5\$argon2id\$v=19\$m=19456,t=2,p=1\$", encoded)
    plain_argon2 = ChosenSecretHasher()
    # The very hash, verified without our md5 and sha1 in between.
    assert plain_argon2.verify(ADMIN_SHA1_MD5, encoded.replace("argon2id_sha1_md5", "chosen_secret", 1))


@pytest.mark.parametrize(
    "hasher", [Argon2idMD5SHA1PasswordHasher(), ChosenSecretHasher()], ids=lambda each: each.algorithm
)
def test_every_slow_hasher_keeps_to_owasps_floor(hasher: Argon2idMD5SHA1PasswordHasher) -> None:
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in hasher.encode("secret", hasher.salt())


def test_an_unknown_account_costs_what_a_known_one_costs() -> None:
    parameters = Argon2idMD5SHA1PasswordHasher().decode
    assert parameters(_NOBODYS_PASSWORD)["params"] == parameters(make_password("admin"))["params"]


def test_people_get_the_first_hasher_and_clients_the_others() -> None:
    assert make_password("x").startswith("argon2id_sha1_md5$")
    assert make_password("x", hasher="chosen_secret").startswith("chosen_secret$")
    assert get_hasher("generated_secret").algorithm == GeneratedSecretHasher.algorithm


def test_two_rows_of_one_password_differ() -> None:
    assert make_password("admin") != make_password("admin")


@pytest.mark.parametrize("plain", ["admin", "密码𠮷🐅", "", " ", "x" * 255, "21232f297a57a5a743894a0e4a801fc3"])
def test_plain_and_md5_verify_against_the_same_row(plain: str, tenant: Tenant) -> None:
    factories.make_user(tenant, password=plain)
    md5 = hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()
    assert proves(tenant, PresentedPassword.from_plain(plain))
    for written in (md5, md5.upper(), md5.title()):
        assert proves(tenant, PresentedPassword.from_md5(written))


def test_the_md5_is_no_plain_password_nor_the_other_way_round(tenant: Tenant) -> None:
    factories.make_user(tenant)
    assert not proves(tenant, PresentedPassword.from_plain(factories.ADMIN_MD5))
    assert not proves(tenant, PresentedPassword.from_md5("admin"))
    assert not proves(tenant, PresentedPassword.from_md5(ADMIN_SHA1_MD5))
    assert not proves(tenant, PresentedPassword.from_md5(""))


@pytest.mark.parametrize("written", [ADMIN_SHA1_MD5, ADMIN_SHA1_MD5.upper()], ids=["lower", "upper"])
def test_an_imported_hash_works_at_once(written: str, tenant: Tenant) -> None:
    user = User(tenant=tenant, account="admin")
    user.set_imported_password(written)
    user.save()
    assert user.password.startswith("argon2id_sha1_md5$argon2id$v=19$m=19456,t=2,p=1$")
    assert user.check_password("admin")
    assert proves(tenant, PresentedPassword.from_plain("admin"))
    assert proves(tenant, PresentedPassword.from_md5(factories.ADMIN_MD5))
    assert not proves(tenant, PresentedPassword.from_plain("admin2"))


def test_when_an_imported_password_was_set_is_the_importers_to_say(tenant: Tenant) -> None:
    user = User(tenant=tenant, account="admin", password_updated_at=NOW)
    user.set_imported_password(ADMIN_SHA1_MD5)
    assert user.password_updated_at == NOW


def test_setting_a_password_is_remembered_with_its_time(tenant: Tenant) -> None:
    assert factories.make_user(tenant, "keyless", None).password_updated_at is None
    user = factories.make_user(tenant, password="old password")
    first = user.password_updated_at
    user.set_password("new password")
    assert first is not None
    assert user.password_updated_at is not None
    assert first < user.password_updated_at
    assert user.check_password("new password")


def test_without_a_password_none_will_do(tenant: Tenant) -> None:
    factories.make_user(tenant, password=None)
    for plain in ("", "!", "None", "admin"):
        assert not proves(tenant, PresentedPassword.from_plain(plain))


def test_a_password_is_never_hashed_again_because_it_is_old_fashioned(tenant: Tenant) -> None:
    """A rehash would need the plain password, which `/oauth/token` never sees."""
    user = factories.make_user(tenant)
    before = user.password
    assert user.check_password("admin")
    user.refresh_from_db()
    assert user.password == before


def test_a_generated_secret_has_256_bits_and_one_salted_sha256() -> None:
    secret = GeneratedSecretHasher.generate()
    assert len(secret) == 43
    encoded = make_password(secret, hasher="generated_secret")
    algorithm, salt, digest = encoded.split("$")
    assert (algorithm, digest) == ("generated_secret", hashlib.sha256(f"{salt}{secret}".encode()).hexdigest())
    assert check_password(secret, encoded)
    assert not check_password(secret + "x", encoded)
    assert GeneratedSecretHasher.generate() != secret


def test_no_password_stands_in_a_repr(tenant: Tenant) -> None:
    factories.make_user(tenant)
    found = look_up(tenant.pk, "admin")
    for value in (PresentedPassword.from_plain("hunter2"), found, found.person):
        assert "hunter2" not in repr(value)
        assert "argon2" not in repr(value)
        assert md5_hex("hunter2") not in repr(value)
