"""The first administrator of an empty installation."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import User
from tenants.models import Tenant
from tests import factories

pytestmark = pytest.mark.django_db


def create(monkeypatch: pytest.MonkeyPatch, password: str, *arguments: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    with translation.override("en"):
        call_command("create_administrator", *arguments, stdout=out)
    return out.getvalue()


def test_makes_the_tenant_and_a_platform_administrator_who_can_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = create(monkeypatch, "correct horse", "--tenant-name", "总部")
    user = User.objects.select_related("tenant").get()
    assert (user.tenant.code, user.tenant.name, user.account) == ("000000", "总部", "admin")
    assert user.is_superuser
    assert user.is_staff
    assert user.check_password("correct horse")
    assert user.password_updated_at is not None
    assert "correct horse" not in printed


def test_takes_a_tenant_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = factories.make_tenant("acme")
    create(monkeypatch, "correct horse", "--tenant", "acme", "--account", "root")
    assert User.objects.get().tenant == tenant


@pytest.mark.parametrize(
    ("password", "arguments", "problem"),
    [
        ("short", [], "8 characters"),
        ("password1", [], "common"),
        ("", [], "8 characters"),
        ("correct horse", ["--tenant", "no spaces"], "Letters"),
    ],
)
def test_says_what_is_wrong_and_leaves_nothing_half_made(
    monkeypatch: pytest.MonkeyPatch, password: str, arguments: list[str], problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        create(monkeypatch, password, *arguments)
    assert not User.objects.exists()
    assert not Tenant.objects.exists()


def test_never_touches_an_account_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_user(factories.make_tenant())
    with pytest.raises(CommandError, match="already"):
        create(monkeypatch, "correct horse")
