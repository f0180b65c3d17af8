"""Which of the console's pages are measured: what administrators look at, as addresses. It must not know any row."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

_SPANS = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Place:
    """What addresses name: the largest tenant, some of what it has, and the last page of its people that is counted."""

    tenant: int
    role: int
    post: int
    dept: int
    client: int
    person: int
    account: str
    family: str
    last_page: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page by name, where it is, and whether it is measured with what it remembers."""

    name: str
    address: str
    is_warm: bool = False
    only_platform: bool = False


def pages_of(place: Place) -> list[Page]:
    """What administrators look at; values that many rows have, few, and none."""
    return [
        *_dashboard(),
        *(replace(page, only_platform=True) for page in _platform(place)),
        *_people(place),
        *_organisation(place),
        *_sessions(place),
        *_records(place),
        *_choices(),
    ]


def _list(app: str, model: str) -> str:
    return f"/admin/{app}/{model}/"


def _asked(name: str, address: str, **query: Any) -> Page:
    return Page(name, f"{address}?{urlencode(query)}" if query else address)


def _searched(name: str, address: str, terms: Iterable[str]) -> list[Page]:
    return [_asked(f"{name}: search {term}", address, q=term) for term in terms]


def _dashboard() -> list[Page]:
    first = [_asked(f"dashboard: {span}, first of the day", "/admin/", span=span) for span in _SPANS]
    return [*first, *(Page(f"dashboard: {span}", f"/admin/?span={span}", is_warm=True) for span in _SPANS)]


def _platform(place: Place) -> list[Page]:
    tenants, users = _list("tenants", "tenant"), _list("accounts", "user")
    return [
        _asked("tenants", tenants),
        _asked("tenants: next page", tenants, p=2),
        *_searched("tenants", tenants, ("示例企业 9", "100003", "nobody")),
        _asked("tenant switcher", f"{tenants}choose/"),
        _asked("tenant switcher: search", f"{tenants}choose/", q="示例企业 9"),
        _asked("people: of a tenant", users, tenant__id__exact=place.tenant),
        _asked("people: is_superuser=1", users, is_superuser__exact=1),
    ]


def _people(place: Place) -> list[Page]:
    users = _list("accounts", "user")
    names = ("张敏", "敏", "张", "u", place.account, "user0")
    contacts = ("+8619900000123", f"{place.account}@example.com")
    return [
        _asked("people", users),
        _asked("people: next page", users, p=2),
        _asked("people: last page that is counted", users, p=place.last_page),
        *_searched("people", users, (*names, *contacts, "nobody")),
        _asked("people: is_active=0", users, is_active__exact=0),
        *(_asked(f"people: {name}=1", users, **{f"{name}__exact": 1}) for name in ("is_active", "is_staff")),
        _asked("people: is_main_account=1", users, is_main_account__exact=1),
        _asked("people: of a role", users, roles__id__exact=place.role),
        _asked("people: of a department", users, depts__id__exact=place.dept),
        _asked("people: by account", users, o=1),
        _asked("a person", f"{users}{place.person}/change/"),
    ]


def _organisation(place: Place) -> list[Page]:
    kinds = ("role", "post", "dept")
    tree, clients = f"{_list('accounts', 'dept')}tree/", _list("oauthx", "client")
    return [
        *(_asked(f"{kind}s", _list("accounts", kind)) for kind in kinds),
        *(page for kind in kinds for page in _searched(f"{kind}s", _list("accounts", kind), ("主",))),
        _asked("department tree", tree, tenant=place.tenant),
        _asked("department tree: search", tree, tenant=place.tenant, q="销售"),
        _asked("clients", clients),
        _asked("clients: search", clients, q="应用"),
    ]


def _sessions(place: Place) -> list[Page]:
    families, browsers = _list("oauthx", "tokenfamily"), _list("accounts", "browsersession")
    tokens = _list("oauthx", "accesstoken")
    return [
        _asked("sessions: open", families),
        _asked("sessions: next page", families, p=2),
        *(_asked(f"sessions: {state}", families, state=state) for state in ("over", "all")),
        _asked("sessions: of a client", families, client__id__exact=place.client),
        _asked("sessions: of a person", families, user__id__exact=place.person),
        *_searched("sessions", families, ("张敏", place.account, "user0", "nobody")),
        _asked("sessions: search an address", families, q="10.0.0.1"),
        _asked("browser sessions: open", browsers),
        _asked("browser sessions: next page", browsers, p=2),
        *_searched("browser sessions", browsers, ("张敏", place.account, "nobody")),
        _asked("access tokens", tokens),
        _asked("access tokens: search", tokens, q=place.account),
    ]


def _records(place: Place) -> list[Page]:
    changes, history = _list("tenants", "change"), _list("accounts", "loginevent")
    actions = ("create", "update", "delete")
    return [
        _asked("changes", changes),
        _asked("changes: next page", changes, p=2),
        *(_asked(f"changes: {action}", changes, action__exact=action) for action in actions),
        *_searched("changes", changes, ("admin", place.account, "user0", "nobody")),
        _asked("login history", history),
        *_searched("login history", history, ("张敏", place.account, "10.0.0.1", "nobody")),
    ]


def _choices() -> list[Page]:
    """What a filter offers while one types."""
    terms = {
        "user": ("", "张敏", "user0", "nobody"),
        "client": ("", "应用", "nobody"),
        "tenant": ("", "示例", "nobody"),
    }
    query = {"app_label": "oauthx", "model_name": "tokenfamily"}
    return [
        _asked(f"choice of a {field}: {term or 'all'}", "/admin/autocomplete/", **query, field_name=field, term=term)
        for field, wanted in terms.items()
        for term in wanted
    ]
