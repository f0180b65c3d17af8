"""Answers how long the console's pages take on one installation. `tests/benchmarks/console.py` starts it, and asks."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

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
from tests.benchmarks.pages import measure, plans_of  # noqa: E402

_ADMINISTRATOR = "bench-administrator"
_PLANS_OF_A_DASHBOARD, _PLANS_OF_A_PAGE = 4, 1


@dataclass(frozen=True, slots=True)
class Place:
    """What addresses name: the largest tenant, and some of what it has."""

    tenant: int
    role: int
    post: int
    dept: int
    client: int
    person: int
    account: str
    family: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page by name, where it is, and whether it is measured with what it remembers."""

    name: str
    address: str
    is_warm: bool = False
    only_platform: bool = False


def pages_of(place: Place) -> list[Page]:
    """What administrators look at; values that many rows have, few, and none."""
    changelists = "/admin/{}/{}/".format
    users, families = changelists("accounts", "user"), changelists("oauthx", "tokenfamily")
    browsers, changes = changelists("accounts", "browsersession"), changelists("tenants", "change")
    history, tenants = changelists("accounts", "loginevent"), changelists("tenants", "tenant")
    tokens = changelists("oauthx", "accesstoken")

    def asked(name: str, address: str, **query: Any) -> Page:
        return Page(name, f"{address}?{urlencode(query)}" if query else address)

    def chosen(model: str, field: str, term: str) -> Page:
        query = {"app_label": "oauthx", "model_name": model, "field_name": field, "term": term}
        return asked(f"choice of a {field}: {term or 'all'}", "/admin/autocomplete/", **query)

    terms = (
        "张敏",
        "敏",
        "张",
        "u",
        place.account,
        "user0",
        "+8619900000123",
        f"{place.account}@example.com",
        "nobody",
    )
    return [
        *(asked(f"dashboard: {span}, first of the day", "/admin/", span=span) for span in ("day", "week", "month")),
        *(Page(f"dashboard: {span}", f"/admin/?span={span}", is_warm=True) for span in ("day", "week", "month")),
        *map(
            _of_platform,
            (
                asked("tenants", tenants),
                asked("tenants: next page", tenants, p=2),
                *(asked(f"tenants: search {q}", tenants, q=q) for q in ("示例企业 9", "100003", "nobody")),
                asked("tenant switcher", f"{tenants}choose/"),
                asked("tenant switcher: search", f"{tenants}choose/", q="示例企业 9"),
                asked("people: of a tenant", users, tenant__id__exact=place.tenant),
                asked("people: is_superuser=1", users, is_superuser__exact=1),
            ),
        ),
        asked("people", users),
        asked("people: next page", users, p=2),
        asked("people: last page that is counted", users, p=_last_page(place)),
        *(asked(f"people: search {q}", users, q=q) for q in terms),
        asked("people: is_active=0", users, is_active__exact=0),
        *(asked(f"people: {name}=1", users, **{f"{name}__exact": 1}) for name in ("is_active", "is_staff")),
        asked("people: is_main_account=1", users, is_main_account__exact=1),
        asked("people: of a role", users, roles__id__exact=place.role),
        asked("people: of a department", users, depts__id__exact=place.dept),
        asked("people: by account", users, o=1),
        asked("a person", f"{users}{place.person}/change/"),
        *(asked(f"{name}s", changelists("accounts", name)) for name in ("role", "post", "dept")),
        *(asked(f"{name}s: search 主", changelists("accounts", name), q="主") for name in ("role", "post", "dept")),
        asked("department tree", f"{changelists('accounts', 'dept')}tree/", tenant=place.tenant),
        asked("department tree: search", f"{changelists('accounts', 'dept')}tree/", tenant=place.tenant, q="销售"),
        asked("clients", changelists("oauthx", "client")),
        asked("clients: search", changelists("oauthx", "client"), q="应用"),
        asked("sessions: open", families),
        asked("sessions: next page", families, p=2),
        *(asked(f"sessions: {state}", families, state=state) for state in ("over", "all")),
        asked("sessions: of a client", families, client__id__exact=place.client),
        asked("sessions: of a person", families, user__id__exact=place.person),
        *(asked(f"sessions: search {q}", families, q=q) for q in ("张敏", place.account, "user0", "nobody")),
        asked("sessions: search an address", families, q="10.0.0.1"),
        asked("browser sessions: open", browsers),
        asked("browser sessions: next page", browsers, p=2),
        *(asked(f"browser sessions: search {q}", browsers, q=q) for q in ("张敏", place.account, "nobody")),
        asked("access tokens", tokens),
        asked("access tokens: search", tokens, q=place.account),
        asked("changes", changes),
        asked("changes: next page", changes, p=2),
        *(asked(f"changes: {action}", changes, action__exact=action) for action in ("create", "update", "delete")),
        *(asked(f"changes: search {q}", changes, q=q) for q in ("admin", place.account, "user0", "nobody")),
        asked("login history", history),
        *(asked(f"login history: search {q}", history, q=q) for q in ("张敏", place.account, "10.0.0.1", "nobody")),
        *(chosen("tokenfamily", "user", term) for term in ("", "张敏", "user0", "nobody")),
        *(chosen("tokenfamily", "client", term) for term in ("", "应用", "nobody")),
        *(chosen("tokenfamily", "tenant", term) for term in ("", "示例", "nobody")),
    ]  # fmt: skip


def _of_platform(page: Page) -> Page:
    return replace(page, only_platform=True)


def _last_page(place: Place) -> int:
    people = User.objects.filter(tenant_id=place.tenant).count()
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
