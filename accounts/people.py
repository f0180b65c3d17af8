"""Looks people up for a sign-in: one prepared statement brings all that any grant or claim needs.

The only place that does. It must not know tokens; a caller that has one passes the piece of SQL that leads to its user.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tenants.models import Tenant
from tenants.sql import Statement, database, prepared_cursor


@dataclass(frozen=True, slots=True)
class RoleOfPerson:
    role_id: int
    alias: str
    name: str
    requires_second_factor: bool


@dataclass(frozen=True, slots=True)
class PostOfPerson:
    post_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DeptOfPerson:
    dept_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user as he is now, with his organisation in the order of assignment."""

    user_id: int
    tenant_id: int
    account: str
    password: str = field(repr=False)
    is_active: bool
    is_staff: bool
    must_change_password: bool
    real_name: str
    nick_name: str | None
    avatar: str
    email: str
    phone: str | None
    postal_address: str
    job_number: str | None
    password_updated_at: datetime | None
    updated_at: datetime | None
    roles: tuple[RoleOfPerson, ...]
    posts: tuple[PostOfPerson, ...]
    depts: tuple[DeptOfPerson, ...]
    company_id: int | None
    oauth_id: str = ""

    @property
    def post_ids(self) -> tuple[int, ...]:
        return tuple(post.post_id for post in self.posts)

    @property
    def dept_ids(self) -> tuple[int, ...]:
        return tuple(dept.dept_id for dept in self.depts)

    def password_expired(self, tenant: Tenant, now: datetime) -> bool:
        """Whether a new password is wanted: never set, older than the policy's age, or to be changed by whoever set it.

        The moment that the age is reached is the first one of being expired.
        """
        if self.password_updated_at is None or self.must_change_password:
            return True
        age = tenant.password_max_age
        return age is not None and now - self.password_updated_at >= age

    def must_show_second_factor(self, tenant: Tenant) -> bool:
        """Whether a password alone will not do, by the tenant's policy or by one of his roles."""
        return tenant.requires_second_factor or any(role.requires_second_factor for role in self.roles)


@dataclass(frozen=True, slots=True)
class LookUp:
    """What is known of a tenant and account: the person if there is one, the lock, the tenant's main account."""

    tenant_id: int
    account: str
    person: Person | None
    main_account: str | None
    locked_until: datetime | None
    has_failures: bool

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until


# What is collected of an assignment `a` to `o`, and where it stands.
_LISTS = (
    ("o.id, o.alias, o.name, o.requires_second_factor", "accounts_userrole a JOIN accounts_role o ON o.id = a.role_id"),
    ("o.id, o.name", "accounts_userpost a JOIN accounts_post o ON o.id = a.post_id"),
    ("o.id, o.name", "accounts_userdept a JOIN accounts_dept o ON o.id = a.dept_id"),
)
# The nearest company at or above the first department; the height ends a walk in a circle, should there be one.
_COMPANY = """
    WITH RECURSIVE above (id, parent_id, category, height) AS (
        SELECT * FROM (
            SELECT d.id, d.parent_id, d.category, 0 FROM accounts_userdept a JOIN accounts_dept d ON d.id = a.dept_id
            WHERE a.user_id = u.id ORDER BY a.position, a.id LIMIT 1
        ) first
        UNION ALL
        SELECT d.id, d.parent_id, d.category, above.height + 1 FROM accounts_dept d JOIN above ON d.id = above.parent_id
        WHERE above.category <> 'company' AND above.height < 64
    ) SELECT id FROM above WHERE category = 'company' ORDER BY height LIMIT 1"""

# Where each plain field of Person stands.
_COLUMNS = {
    "user_id": "u.id",
    "tenant_id": "u.tenant_id",
    "account": "u.account",
    "password": "u.password",
    "is_active": "u.is_active",
    "is_staff": "u.is_staff",
    "must_change_password": "u.must_change_password",
    "real_name": "u.real_name",
    "nick_name": "u.nick_name",
    "avatar": "u.avatar",
    "email": "u.email",
    "phone": "u.phone",
    "postal_address": "u.postal_address",
    "job_number": "u.job_number",
    "password_updated_at": "u.password_updated_at",
    "updated_at": "u.updated_at",
}
# What the documents call `oauth_id`: the first WeChat identity that is bound to him.
_OAUTH_ID = "SELECT min(i.id) FROM accounts_socialidentity i WHERE i.user_id = u.id AND i.provider = 'wechat'"
PERSON_WIDTH = len(_COLUMNS) + len(_LISTS) + 2


def person_columns() -> str:
    """The select list for a query over `accounts_user u`, to be read with `read_person`: PERSON_WIDTH columns.

    Each list comes as one JSON array of arrays, so that the whole person is one row however many assignments he has.
    """
    is_postgresql = database().vendor == "postgresql"
    # SQLite forgets in a subquery that a text is JSON.
    collect = "json_agg(x)" if is_postgresql else "json_group_array(json(x))"
    array = "json_build_array" if is_postgresql else "json_array"
    lists = [
        f"(SELECT {collect} FROM (SELECT {array}({items}) AS x"  # noqa: S608 - made of this module's own constants
        f" FROM {table} WHERE a.user_id = u.id ORDER BY a.position, a.id) ordered)"
        for items, table in _LISTS
    ]
    return ", ".join([*_COLUMNS.values(), *lists, f"({_COMPANY})", f"({_OAUTH_ID})"])


def read_person(row: tuple[Any, ...]) -> Person | None:
    """The person of such a row, or None where an outer join found nobody."""
    if row[0] is None:
        return None
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=False))
    values |= {name: bool(values[name]) for name in ("is_active", "is_staff", "must_change_password")}
    values |= {name: as_datetime(values[name]) for name in ("password_updated_at", "updated_at")}
    roles, posts, depts = (_as_list(value) for value in row[len(_COLUMNS) : PERSON_WIDTH - 2])
    company_id, oauth_id = row[PERSON_WIDTH - 2 : PERSON_WIDTH]
    return Person(
        **values,
        roles=tuple(RoleOfPerson(*role) for role in roles),
        posts=tuple(PostOfPerson(*post) for post in posts),
        depts=tuple(DeptOfPerson(*dept) for dept in depts),
        company_id=company_id,
        oauth_id="" if oauth_id is None else str(oauth_id),
    )


def look_up(tenant_id: int, account: str) -> LookUp:
    """Look a tenant's account up, exactly as written: one statement, and one row whether he exists or not."""
    return _look_up("u.account = %s", "%s", (account, account), tenant_id, account)[0]


def look_up_beside(tenant_id: int, account: str, beside: Statement) -> tuple[LookUp, tuple[Any, ...]]:
    """The same, and in the same statement what this SELECT of one row at the most finds; Nones if it finds none."""
    return _look_up("u.account = %s", "%s", (account, account), tenant_id, account, beside=beside)


def look_up_by_phone(tenant_id: int, phone: str) -> LookUp:
    """Look up whose phone number this is, exactly as stored (E.164). `account` is "" if it is nobody's."""
    return _look_up("u.phone = %s", "u.account", (phone,), tenant_id)[0]


def look_up_by_phone_beside(tenant_id: int, phone: str, beside: Statement) -> tuple[LookUp, tuple[Any, ...]]:
    """The same by the phone, with what this SELECT of one row at the most finds; Nones if it finds none."""
    return _look_up("u.phone = %s", "u.account", (phone,), tenant_id, beside=beside)


def look_up_by_identity(tenant_id: int, provider: str, app: str, openid: str) -> LookUp:
    """Look up to whom this identity is bound. `account` is "" if it is to nobody."""
    bound = (
        "u.id = (SELECT i.user_id FROM accounts_socialidentity i"
        " WHERE i.tenant_id = t.id AND i.provider = %s AND i.app = %s AND i.openid = %s)"
    )
    return _look_up(bound, "u.account", (provider, app, openid), tenant_id)[0]


def look_up_by_unionid(tenant_id: int, provider: str, unionid: str) -> LookUp:
    """Look up whose identities bear this union id. `account` is "" if nobody's do, or more than one person's."""
    bearing = (
        "u.id = (SELECT min(i.user_id) FROM accounts_socialidentity i WHERE i.tenant_id = t.id AND i.provider = %s"
        " AND i.unionid = %s HAVING count(DISTINCT i.user_id) = 1)"
    )
    return _look_up(bearing, "u.account", (provider, unionid), tenant_id)[0]


def _look_up(
    match: str,
    account_of_lock: str,
    params: tuple[str, ...],
    tenant_id: int,
    account: str = "",
    *,
    beside: Statement | None = None,
) -> tuple[LookUp, tuple[Any, ...]]:
    more, join = (", b.*", f"LEFT JOIN ({beside.sql}) b ON 1 = 1") if beside else ("", "")
    sql = f"""
        SELECT {person_columns()}, l.locked_until, l.failures,
            (SELECT m.account FROM accounts_user m WHERE m.tenant_id = t.id AND m.is_main_account){more}
        FROM tenants_tenant t
        LEFT JOIN accounts_user u ON u.tenant_id = t.id AND {match}
        LEFT JOIN accounts_lockout l
            ON l.tenant_id = t.id AND l.account = {account_of_lock} AND NOT l.at_directory
        {join}
        WHERE t.id = %s"""  # noqa: S608 - made of this package's own constants
    with prepared_cursor() as cursor:
        cursor.execute(sql, (*params, *(beside.params if beside else ()), tenant_id))
        row = cursor.fetchone()
    person = read_person(row) if row else None
    locked_until, failures, main_account, *found_beside = row[PERSON_WIDTH:] if row else (None, None, None)
    looked_up = LookUp(
        tenant_id=tenant_id,
        account=account or (person.account if person else ""),
        person=person,
        main_account=main_account,
        locked_until=as_datetime(locked_until),
        has_failures=bool(failures),
    )
    return looked_up, tuple(found_beside)


def _as_list(value: Any) -> list[Any]:
    return (json.loads(value) if isinstance(value, str) else value) or []


def as_datetime(value: Any) -> datetime | None:
    """A raw timestamp of either engine, aware: SQLite keeps UTC and says so nowhere."""
    if value is None:
        return None
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
