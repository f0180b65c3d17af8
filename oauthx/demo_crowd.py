"""Demo data in bulk: tenants, people, sessions and a year of login history, to see how the console does with many.

Nobody of it can sign in: the people have no password, and nobody is told the clients' secrets or a session's tokens.
It must not be used outside development.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Protocol

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max, Model

from accounts.history_tables import create_months
from accounts.models import BrowserSession, Dept, LoginEvent, Post, Role, User, UserDept, UserPost, UserRole
from oauthx import demo_sessions
from oauthx.demo_history import EVENT, PERSON, YEAR, Crowd, events
from oauthx.demo_pouring import pour, settle, work_of
from oauthx.models import AccessToken, Client, RefreshToken, TokenFamily
from tenants.models import Change, Tenant

FIRST_CODE = 100_000
_BATCH = 2_000
_POSTS = ("工程师", "会计", "销售经理", "客服专员", "行政助理", "质检员")
_TEAMS = ("研发部", "财务部", "销售部", "客服部", "行政部", "质量部", "华东区", "华南区")
# One tenant is much larger than the others, as it is in life: with branches, which have the same teams.
_SHARE_OF_THE_LARGEST = 0.2
_PEOPLE_OF_A_BRANCH = 1_600
# The last step reads each row once more.
_SETTLED_AS_ONE = 10
# What each person's entry among the changes has in common.
_ADDED = Change(
    action=Change.Action.CREATE,
    kind=User._meta.label_lower,
    actor_account="admin",
    actor_tenant_code="000000",
    address="10.0.0.1",
)


class CrowdExistsError(Exception):
    """The crowd was made already."""


class Progress(Protocol):
    """Is told how far the work is, in rows or what takes as long."""

    def expect(self, work: float) -> None:
        """So much there is to do, all in all."""
        ...

    def advance(self, what: str, work: float) -> None:
        """So much more of it was done."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """How much to make."""

    tenants: int
    users: int
    events: int


@dataclass(frozen=True, slots=True)
class _Load:
    """Rows for one table: each the values of `names`, all else as in the prototype."""

    prototype: Model
    names: Sequence[str]
    number: int
    rows: Callable[[], Iterable[Sequence[Any]]]


def make_crowd(size: Size, now: datetime, progress: Progress) -> None:
    """Make tenants with their people, clients, sessions and login history up to `now`: all of it or nothing.

    The same `size` makes the same rows, apart from ids, times and secrets.

    Raises:
        CrowdExistsError: the crowd's first tenant is there.
    """
    with transaction.atomic():
        loads = _make_rows(size, now, progress)
    settle([type(load.prototype) for load in loads])
    progress.advance(str(LoginEvent._meta.verbose_name_plural), _settling(loads))


def _make_rows(size: Size, now: datetime, progress: Progress) -> list[_Load]:
    if Tenant.objects.filter(code=str(FIRST_CODE)).exists():
        raise CrowdExistsError
    tenants, clients = _make_tenants(size.tenants)
    crowd = Crowd(tenants, [client.pk for client in clients], _next_id(User), size.users, _SHARE_OF_THE_LARGEST)
    loads = [*_people(crowd, now), *_sessions(crowd, now), *_events(crowd, size.events, now)]
    progress.expect(sum(work_of(type(load.prototype), load.number) for load in loads) + _settling(loads))
    for load in loads:
        pour(load.prototype, load.names, load.rows(), load.number, progress.advance)
    with connection.cursor() as cursor:
        # The next person gets an id that is free.
        for statement in connection.ops.sequence_reset_sql(no_style(), [User]):
            cursor.execute(statement)
    return loads


def _settling(loads: Iterable[_Load]) -> float:
    return sum(load.number for load in loads) / _SETTLED_AS_ONE


def _make_tenants(number: int) -> tuple[list[Tenant], list[Client]]:
    tenants = Tenant.objects.bulk_create(
        (Tenant(code=str(FIRST_CODE + n), name=f"示例企业 {n + 1}") for n in range(number)), batch_size=_BATCH
    )
    return tenants, Client.objects.bulk_create((_client_of(tenant) for tenant in tenants), batch_size=_BATCH)


def _client_of(tenant: Tenant) -> Client:
    client = Client(
        client_id=f"app-{tenant.code}",
        name=f"{tenant.name}的应用",
        tenant=tenant,
        client_type=Client.CLIENT_CONFIDENTIAL,
        dialects=["connect"],
        grant_types=["password", "refresh_token"],
        scopes=["openid", "profile", "offline_access"],
    )
    client.set_generated_secret()
    return client


def _people(crowd: Crowd, now: datetime) -> Iterator[_Load]:
    """The people, each with a role, a post and a department of his tenant, and what the changes tell of them."""
    roles = _of_each(crowd.tenants, Role, (("普通员工", {"alias": "staff"}), ("主管", {"alias": "lead"})))
    posts = _of_each(crowd.tenants, Post, [(name, {"code": f"P{n}"}) for n, name in enumerate(_POSTS)])
    depts = _of_each(crowd.tenants, Dept, [(name, {}) for name in _TEAMS])
    depts[0] += _branches(crowd)
    yield _Load(User(password=make_password(None)), PERSON, crowd.number, partial(crowd.people, now))
    for through, name, rows in (
        (UserRole, "role_id", roles),
        (UserPost, "post_id", posts),
        (UserDept, "dept_id", depts),
    ):
        yield _Load(through(), ("user_id", name, "position"), crowd.number, partial(_ties, crowd, rows))


def _ties(crowd: Crowd, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, int, int]]:
    keys = [[row.pk for row in some] for some in rows]
    for n in range(crowd.number):
        some = keys[crowd.tenant_of(n)]
        yield crowd.first_id + n, some[n % len(some)], 0


def _branches(crowd: Crowd) -> list[Dept]:
    """The teams of the largest tenant's branches."""
    tenant, number = crowd.tenants[0], int(crowd.number * _SHARE_OF_THE_LARGEST) // _PEOPLE_OF_A_BRANCH
    branches = Dept.objects.bulk_create(
        Dept(tenant=tenant, name=f"分公司 {n + 1}", sort=len(_TEAMS) + n) for n in range(number)
    )
    teams = (
        Dept(tenant=tenant, parent=branch, name=name, sort=sort)
        for branch in branches
        for sort, name in enumerate(_TEAMS)
    )
    return Dept.objects.bulk_create(teams, batch_size=_BATCH)


def _sessions(crowd: Crowd, now: datetime) -> Iterator[_Load]:
    """Where people are signed in, and what the changes tell of them."""
    openings = demo_sessions.number_of(crowd, demo_sessions.OPEN)
    browsers = demo_sessions.number_of(crowd, demo_sessions.BROWSERS)
    for prototype, names, number, rows in (
        (BrowserSession(), demo_sessions.BROWSER, browsers, demo_sessions.browsers),
        (TokenFamily(), demo_sessions.FAMILY, 2 * openings, demo_sessions.families),
        (AccessToken(), demo_sessions.TOKEN, openings, demo_sessions.access_tokens),
        (RefreshToken(), demo_sessions.TOKEN, openings, demo_sessions.refresh_tokens),
        (_ADDED, demo_sessions.ADDITION, crowd.number, demo_sessions.additions),
    ):
        yield _Load(prototype, names, number, partial(rows, crowd, now))


def _events(crowd: Crowd, number: int, now: datetime) -> Iterator[_Load]:
    if number:
        create_months(connection, (now - YEAR).date(), 13)
        dice = random.Random(number)  # noqa: S311 - no secret: rows to look at
        yield _Load(LoginEvent(), EVENT, number, partial(events, crowd, number, now, dice))


def _of_each(tenants: Sequence[Tenant], model: Any, wanted: Sequence[tuple[str, dict[str, str]]]) -> list[list[Any]]:
    """What each tenant has of this, in the tenants' order."""
    rows = [
        model(tenant=tenant, name=name, sort=sort, **fields)
        for tenant in tenants
        for sort, (name, fields) in enumerate(wanted)
    ]
    made = iter(model.objects.bulk_create(rows, batch_size=_BATCH))
    return [list(islice(made, len(wanted))) for _tenant in tenants]


def _next_id(model: type[Model]) -> int:
    highest: int | None = model._default_manager.aggregate(highest=Max("pk"))["highest"]
    return (highest or 0) + 1
