"""Tickets for identities that are nobody's yet. It must not know how a person proves himself when he brings one back.

A ticket is 256 random bits; only its keyed digest is kept. It is good for ten minutes, once, through the client that
got it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from accounts.identities import Identity, binding, is_taken
from accounts.models import BindTicket
from accounts.people import Person
from tenants.sql import Statement, sql_time

LIFETIME_SECONDS = 600


class BindTicketError(Exception):
    """The ticket cannot be used: bind_ticket_unknown, bind_ticket_used, bind_ticket_expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """A ticket that is still good, and the identity that it stands for."""

    row_id: int
    identity: Identity


def new_ticket() -> str:
    """A ticket that nobody knows yet."""
    return secrets.token_urlsafe(32)


def keeping_of_ticket(ticket: str, identity: Identity, client_id: str, now: datetime) -> Statement:
    """The statement that makes it good, for the transaction of the refusal with which it is handed out."""
    expires = now + timedelta(seconds=LIFETIME_SECONDS)
    return Statement(
        "INSERT INTO accounts_bindticket (digest, tenant_id, client_id, app, openid, unionid, expires_at)"
        " SELECT %s, %s, %s, %s, %s, %s, %s WHERE 1 = 1 RETURNING id",
        (
            *(_digest(ticket), identity.tenant_id, client_id, identity.app, identity.openid, identity.unionid),
            sql_time(expires),
        ),
    )


def find_ticket(ticket: str, tenant_id: int, client_id: str, now: datetime) -> FoundTicket:
    """The ticket, if this client may bring it back for this tenant now.

    Raises:
        BindTicketError: it may not.
    """
    row = BindTicket.objects.filter(digest=_digest(ticket)).first()
    if row is None or (row.tenant_id, row.client_id) != (tenant_id, client_id):
        raise BindTicketError("bind_ticket_unknown")
    if row.used_at is not None:
        raise BindTicketError("bind_ticket_used")
    if now >= row.expires_at:
        raise BindTicketError("bind_ticket_expired")
    return FoundTicket(row.pk, Identity(row.tenant_id, row.app, row.openid, row.unionid))


def redeeming(
    found: FoundTicket, person: Person, now: datetime, condition: Statement | None, row_id: int | None = None
) -> Statement:
    """As a guard, it binds the identity to this person if `condition` (a SELECT) has a row, and the ticket is unused.

    Of many at once, with this ticket or another of the same identity, one binds; and of several people who bring
    tickets of one union id, one. `row_id`: what the identity's row shall be called.
    """
    unused = Statement("SELECT 1 FROM accounts_bindticket k WHERE k.id = %s AND k.used_at IS NULL", (found.row_id,))
    conditions = [unused, *([condition] if condition is not None else [])]
    return binding(found.identity, person, now, conditions=conditions, row_id=row_id, is_used=True)


def using_up(found: FoundTicket, now: datetime) -> Statement:
    """The statement that ends the ticket, beside `redeeming`."""
    return Statement(
        "UPDATE accounts_bindticket SET used_at = %s WHERE id = %s RETURNING id", (sql_time(now), found.row_id)
    )


def why_lost(found: FoundTicket, person: Person) -> str:
    """The reason for the history, once `redeeming` found no row; "" if neither ticket nor identity stood against it."""
    row = BindTicket.objects.filter(pk=found.row_id).first()
    if row is None or row.used_at is not None:
        return "bind_ticket_used"
    return "identity_bound_already" if is_taken(found.identity, person.user_id) else ""


def _digest(ticket: str) -> str:
    return salted_hmac("accounts.bind-ticket", ticket, algorithm="sha256").hexdigest()
