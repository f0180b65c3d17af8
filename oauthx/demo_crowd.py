"""Demo data in bulk: tenants, people and years of login history, to see how the console does with many.

Nobody of it can sign in: the people have no password, and nobody is told the clients' secrets. It must not be used
outside development.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import DateTimeField, Max, Model

from accounts.history_tables import create_months
from accounts.models import Dept, LoginEvent, Post, Role, User, UserDept, UserPost, UserRole
from oauthx.demo_history import YEAR, Crowd, events
from oauthx.models import Client
from tenants.models import Tenant

FIRST_CODE = 100_000
_BATCH = 2_000
_POSTS = ("工程师", "会计", "销售经理", "客服专员", "行政助理", "质检员")
_TEAMS = ("研发部", "财务部", "销售部", "客服部", "行政部", "质量部", "华东区", "华南区")
# One tenant is much larger than the others, as it is in life.
_SHARE_OF_THE_LARGEST = 0.2

# Told how many rows of what were written.
OnProgress = Callable[[str, int], None]


class CrowdExistsError(Exception):
    """The crowd was made already."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much to make."""

    tenants: int
    users: int
    events: int


@transaction.atomic
def make_crowd(size: Size, now: datetime, on_progress: OnProgress) -> None:
    """Make tenants with their people, clients and login history up to `now`: all of it or nothing.

    The same `size` makes the same rows, apart from ids and times.

    Raises:
        CrowdExistsError: the crowd's first tenant is there.
    """
    if Tenant.objects.filter(code=str(FIRST_CODE)).exists():
        raise CrowdExistsError
    tenants = _make_tenants(size.tenants)
    on_progress("tenants", len(tenants))
    crowd = Crowd(tenants, _next_id(User), size.users, _SHARE_OF_THE_LARGEST)
    _make_people(crowd, on_progress)
    if size.events:
        create_months(connection, (now - YEAR).date(), 13)
    dice = random.Random(size.events)  # noqa: S311 - no secret: rows to look at
    _pour(LoginEvent(), (), events(crowd, size.events, now, dice), on_progress)
    _tidy()


def _make_tenants(number: int) -> list[Tenant]:
    tenants = Tenant.objects.bulk_create(
        (Tenant(code=str(FIRST_CODE + n), name=f"示例企业 {n + 1}") for n in range(number)), batch_size=_BATCH
    )
    Client.objects.bulk_create((_client_of(tenant) for tenant in tenants), batch_size=_BATCH)
    return tenants


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


def _make_people(crowd: Crowd, on_progress: OnProgress) -> None:
    """The people, each with a role, a post and a department of his tenant."""
    roles = _of_each(crowd.tenants, Role, (("普通员工", {"alias": "staff"}), ("主管", {"alias": "lead"})))
    posts = _of_each(crowd.tenants, Post, [(name, {"code": f"P{n}"}) for n, name in enumerate(_POSTS)])
    depts = _of_each(crowd.tenants, Dept, [(name, {}) for name in _TEAMS])
    prototype = User(password=make_password(None))
    fields = ("id", "tenant_id", "account", "real_name", "email", "phone", "job_number")
    _pour(prototype, fields, crowd.people(), on_progress)
    for through, name, rows in (
        (UserRole, "role_id", roles),
        (UserPost, "post_id", posts),
        (UserDept, "dept_id", depts),
    ):
        ties = ((crowd.first_id + n, rows[crowd.tenant_of(n)][n % len(rows[0])].pk, 0) for n in range(crowd.number))
        _pour(through(), ("user_id", name, "position"), ties, on_progress)


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


def _pour(prototype: Model, names: Sequence[str], rows: Iterable[Any], on_progress: OnProgress) -> None:
    """Write rows as fast as the database takes them; what `names` leaves out is as in the prototype.

    Without `names` each row is a dict of what differs from the prototype.
    """
    fields = {field.attname: field for field in prototype._meta.concrete_fields}
    kept = [
        name for name, field in fields.items() if name in names or not (field.primary_key or field.has_db_default())
    ]
    usual = {
        name: fields[name].get_db_prep_save(fields[name].pre_save(prototype, add=True), connection) for name in kept
    }
    moments = [name for name in kept if isinstance(fields[name], DateTimeField)]

    def complete() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            values = row if isinstance(row, dict) else dict(zip(names, row, strict=True))
            for name in moments:
                if name in values:
                    values[name] = connection.ops.adapt_datetimefield_value(values[name])
            yield tuple({**usual, **values}.values())

    title = str(prototype._meta.verbose_name_plural)
    table = connection.ops.quote_name(prototype._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(fields[name].column)) for name in kept)
    complete_rows = complete()
    while batch := list(islice(complete_rows, _BATCH)):
        _write(table, columns, batch)
        on_progress(title, len(batch))


def _write(table: str, columns: str, batch: Sequence[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cast("Any", cursor).copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(batch[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)  # noqa: S608 - our own names


def _tidy() -> None:
    """Let the next row of each table get an id that is free, and the planner know what there is."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [User]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
