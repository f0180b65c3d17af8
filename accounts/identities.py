"""Binds identities to people and unbinds them; each leaves a login event. It must not know how one is proven."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent, SocialIdentity
from accounts.origin import Origin
from accounts.people import Person, look_up
from tenants.changes import note_created, note_deleted
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
    """Bind it to this person, with its login event; False, and nothing done, if it is bound already.

    Of many at once, one does it. `attempt` says who asked, from where.
    """
    binding = Statement(
        f"INSERT INTO accounts_socialidentity ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, NULL)"  # noqa: S608 - constants
        " ON CONFLICT (tenant_id, provider, app, openid) DO NOTHING RETURNING id",
        (
            *(identity.tenant_id, person.user_id, identity.provider, identity.app, identity.openid, identity.unionid),
            sql_time(attempt.time),
        ),
    )
    event = event_insert(replace(attempt, kind=LoginEvent.Kind.BIND, grant=identity.provider).allowed(person))
    with transaction.atomic():
        is_bound = write(WritePlan([event], guard=binding))
        if is_bound:
            note_created(
                SocialIdentity.objects.select_related("tenant", "user").filter(
                    tenant_id=identity.tenant_id, provider=identity.provider, app=identity.app, openid=identity.openid
                )
            )
    return is_bound


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
        rows = {one.pk: one for one in same.select_related("tenant", "user")}
        keys = set(rows)
        taken = [key for key in sorted(keys | {row.pk}) if write(WritePlan([event], guard=_taking(key)))]
        note_deleted(rows[key] for key in taken if key in rows)
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
