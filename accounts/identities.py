"""Binds identities to people and unbinds them; each leaves a login event. It must not know how one is proven."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, SocialIdentity
from accounts.origin import Origin
from accounts.people import Person, look_up
from tenants.sql import Statement, WritePlan, database, sql_time, write

# What any provider's identity looks like; the columns hold no more.
WELL_FORMED = re.compile(r"[\x21-\x7e]{1,128}")
WECHAT = SocialIdentity.Provider.WECHAT.value
_COLUMNS = "tenant_id, user_id, provider, app, openid, unionid, created_at, used_at"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at a provider, as it was proven: `app` is within what `openid` means something."""

    tenant_id: int
    app: str
    openid: str
    unionid: str = ""
    provider: str = WECHAT


def bind(identity: Identity, person: Person, attempt: Attempt) -> bool:
    """Bind it to this person, with its login event; False, and nothing done, if it is taken (`is_taken`).

    Of many at once, one does it. `attempt` says who asked, from where.
    """
    event = event_insert(replace(attempt, kind=LoginEvent.Kind.BIND, grant=identity.provider).allowed(person))
    return write(WritePlan([event], guard=binding(identity, person, attempt.time)))


def binding(
    identity: Identity,
    person: Person,
    now: datetime,
    *,
    conditions: Sequence[Statement] = (),
    row_id: int | None = None,
    is_used: bool = False,
) -> Statement:
    """As a guard, it binds the identity to this person if each condition (a SELECT) has a row, and nobody else has it.

    Of many at once one binds; and of several people who come with one union id, one. `row_id`: what the row shall be
    called, of `draw_id`; `is_used`: whether it is used now, too.
    """
    at = "CAST(%s AS timestamptz)" if database().vendor == "postgresql" else "%s"
    moment = sql_time(now)
    values: list[tuple[str, str, object]] = [
        ("tenant_id", "CAST(%s AS bigint)", identity.tenant_id),
        ("user_id", "CAST(%s AS bigint)", person.user_id),
        *((name, "CAST(%s AS varchar)", getattr(identity, name)) for name in ("provider", "app", "openid", "unionid")),
        ("created_at", at, moment),
        ("used_at", at, moment if is_used else None),
        *([("id", "CAST(%s AS bigint)", row_id)] if row_id is not None else []),
    ]
    columns, places, params = zip(*values, strict=True)
    also = "".join(f" AND EXISTS ({condition.sql})" for condition in conditions)
    return Statement(
        f"INSERT INTO accounts_socialidentity ({', '.join(columns)}) SELECT {', '.join(places)}"  # noqa: S608 - our own pieces
        " WHERE NOT EXISTS (SELECT 1 FROM accounts_socialidentity o WHERE o.tenant_id = %s AND o.provider = %s"
        f" AND o.unionid = %s AND o.unionid <> '' AND o.user_id <> %s){also}"
        " ON CONFLICT (tenant_id, provider, app, openid) DO NOTHING RETURNING id",
        (
            *params,
            *(identity.tenant_id, identity.provider, identity.unionid, person.user_id),
            *(param for condition in conditions for param in condition.params),
        ),
        turn=f"unionid {identity.tenant_id} {identity.unionid}" if identity.unionid else "",
    )


def draw_id() -> int:
    """An id for an identity that is about to be bound; nobody else gets it, and it is higher than those before."""
    is_postgresql = database().vendor == "postgresql"
    with transaction.atomic(), database().cursor() as cursor:
        if not is_postgresql:
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'accounts_socialidentity', 0"
                " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'accounts_socialidentity')"
            )
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('accounts_socialidentity', 'id'))"
            if is_postgresql
            else "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'accounts_socialidentity' RETURNING seq"
        )
        return int(cursor.fetchone()[0])


def unbind(row: SocialIdentity, attempt: Attempt) -> bool:
    """Take it from its person, with a login event; False if somebody did it before.

    All of his that bear its union id go with it, each with an event: by one that stayed, the next sign-in would bind it
    anew.
    """
    person = look_up(row.tenant_id, row.user.account).person
    event = event_insert(replace(attempt, kind=LoginEvent.Kind.UNBIND, grant=row.provider).allowed(person))
    bearing = SocialIdentity.objects.filter(tenant_id=row.tenant_id, provider=row.provider, user_id=row.user_id)
    same = (bearing.filter(unionid=row.unionid) if row.unionid else bearing.filter(pk=row.pk)).order_by("pk")
    with transaction.atomic():
        # Whoever signs in by one of them meanwhile has bound his before, or finds none (`binding_at_sign_in`).
        list(same.select_for_update().values_list("pk"))
        keys = set(same.values_list("pk", flat=True))
        taken = [key for key in sorted(keys | {row.pk}) if write(WritePlan([event], guard=_taking(key)))]
    return row.pk in taken


def _taking(key: int) -> Statement:
    return Statement("DELETE FROM accounts_socialidentity WHERE id = %s RETURNING id", (key,))


def attempt_of(row: SocialIdentity, origin: Origin, now: datetime, *, reason: str, actor: str = "") -> Attempt:
    """What the history tells of binding or unbinding this row by hand. `actor`: who did it, unless the person did."""
    return Attempt(
        time=now,
        kind=LoginEvent.Kind.BIND,
        origin=origin,
        account=row.user.account,
        tenant=row.tenant,
        reason=reason,
        actor=actor,
    )


def is_taken(identity: Identity, user_id: int) -> bool:
    """Whether it is bound, to anybody, or another person has one with its union id: then it is that person's."""
    same = SocialIdentity.objects.filter(tenant_id=identity.tenant_id, provider=identity.provider)
    if same.filter(app=identity.app, openid=identity.openid).exists():
        return True
    return bool(identity.unionid) and same.filter(unionid=identity.unionid).exclude(user_id=user_id).exists()


def noting_of_use(identity: Identity, person: Person, now: datetime) -> Statement:
    """As the guard of a sign-in, it holds as long as the identity is this person's; a union id told now is kept."""
    return Statement(
        "UPDATE accounts_socialidentity SET used_at = %s, unionid = CASE WHEN %s = '' THEN unionid ELSE %s END"
        " WHERE tenant_id = %s AND provider = %s AND app = %s AND openid = %s AND user_id = %s RETURNING id",
        (
            *(sql_time(now), identity.unionid, identity.unionid),
            *(identity.tenant_id, identity.provider, identity.app, identity.openid, person.user_id),
        ),
    )


def binding_at_sign_in(identity: Identity, person: Person, now: datetime) -> Statement:
    """As the guard of a sign-in, it binds the identity to this person, who has another one of its union id.

    It fails if he has none any more, or if somebody else has got this one meanwhile.
    """
    at, lock = ("CAST(%s AS timestamptz)", " FOR KEY SHARE") if database().vendor == "postgresql" else ("%s", "")
    return Statement(
        f"INSERT INTO accounts_socialidentity ({_COLUMNS})"  # noqa: S608 - made of our own pieces
        f" SELECT k.tenant_id, k.user_id, k.provider, CAST(%s AS varchar), CAST(%s AS varchar), k.unionid, {at}, {at}"
        " FROM accounts_socialidentity k"
        " WHERE k.tenant_id = %s AND k.provider = %s AND k.unionid = %s AND k.user_id = %s"
        f" ORDER BY k.id LIMIT 1{lock}"
        " ON CONFLICT (tenant_id, provider, app, openid) DO UPDATE SET used_at = excluded.used_at"
        " WHERE accounts_socialidentity.user_id = excluded.user_id RETURNING id",
        (
            *(identity.app, identity.openid, sql_time(now), sql_time(now)),
            *(identity.tenant_id, identity.provider, identity.unionid, person.user_id),
        ),
    )
