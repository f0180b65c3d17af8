"""Answers how long the console's pages take on one installation. `tests/benchmarks/console.py` starts it, and asks."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django

django.setup()

from django.contrib.admin import site  # noqa: E402 - not before Django is ready
from django.contrib.auth.models import Permission  # noqa: E402
from django.test import Client as Browser  # noqa: E402

from accounts.models import Dept, Post, Role, User  # noqa: E402
from accounts.ready_made_roles import READY_MADE, permissions_of  # noqa: E402
from oauthx.demo_crowd import FIRST_CODE  # noqa: E402
from oauthx.models import Client, TokenFamily  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tests.benchmarks.console_addresses import Place, pages_of  # noqa: E402
from tests.benchmarks.pages import measure, plans_of  # noqa: E402

_ADMINISTRATOR = "bench-administrator"
_PLANS_OF_A_DASHBOARD, _PLANS_OF_A_PAGE = 4, 1


def _last_page(tenant: Tenant) -> int:
    people = User.objects.filter(tenant=tenant).count()
    return max(1, min(10_000, people) // 50)


def _place() -> Place:
    tenant = Tenant.objects.get(code=str(FIRST_CODE))
    family = TokenFamily.objects.filter(tenant=tenant).order_by("-auth_time")[0]
    return Place(
        tenant=tenant.pk,
        role=Role.objects.filter(tenant=tenant, alias="staff").values_list("pk", flat=True)[0],
        post=Post.objects.filter(tenant=tenant).values_list("pk", flat=True)[0],
        dept=Dept.objects.filter(tenant=tenant).values_list("pk", flat=True)[0],
        client=Client.objects.filter(tenant=tenant).values_list("pk", flat=True)[0],
        person=family.user_id,
        account=family.user.account,
        family=str(family.pk),
        last_page=_last_page(tenant),
    )


def _browser_of(user: User) -> Browser:
    browser = Browser(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def _administrator_of(tenant: Tenant) -> User:
    """The tenant's own administrator: with the ready-made role that may do everything in it."""
    known = User.objects.filter(tenant=tenant, account=_ADMINISTRATOR).first()
    if known is not None:
        return known
    user = User.objects.create_user(tenant, _ADMINISTRATOR, None, is_staff=True)
    role = Role.objects.create(tenant=tenant, name=_ADMINISTRATOR, sort=99)
    wanted = permissions_of(READY_MADE["administrator"], site)
    rows = Permission.objects.select_related("content_type")
    role.permissions.set([row for row in rows if f"{row.content_type.app_label}.{row.codename}" in wanted])
    user.assign(roles=[role])
    return user


def main() -> None:
    """Answer each line of input, a list of what is asked, by a line of JSON."""
    place = _place()
    tenant = Tenant.objects.get(pk=place.tenant)
    viewers = {
        "platform": _browser_of(User.objects.get(account="admin", tenant__code="000000")),
        "tenant": _browser_of(_administrator_of(tenant)),
    }
    pages = pages_of(place)
    answers: dict[str, Callable[..., Any]] = {
        "pages": lambda: [asdict(page) for page in pages],
        "measure": lambda viewer, number: asdict(
            measure(viewers[viewer], pages[number].address, cold=not pages[number].is_warm)[0]
        ),
        "plans": lambda viewer, number: plans_of(
            viewers[viewer],
            pages[number].address,
            _PLANS_OF_A_DASHBOARD if pages[number].name.startswith("dashboard") else _PLANS_OF_A_PAGE,
        ),
    }
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        print(json.dumps(answers[what](*arguments)), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
