"""Binds an identity that is nobody's yet to the person who proves himself otherwise. It must not know how he does."""

from dataclasses import replace

from accounts.bind_tickets import BindTicketError, FoundTicket, find_ticket, redeeming, using_up, why_lost
from accounts.identities import draw_id, is_taken
from accounts.models import LoginEvent
from accounts.people import Person
from accounts.verifiers.wechat import find_app
from oauthx.errors import BIND_TICKET_REJECTED, OAuthError
from oauthx.requests import Subject, TokenRequest
from tenants.sql import Statement, WritePlan, write


def find_bind_ticket(request: TokenRequest) -> FoundTicket | None:
    """The ticket that comes with this request; None if none does. Asked before any proof: a bad one costs no try.

    Raises:
        OAuthError: invalid_grant; it is unknown, used, too old, another client's or another tenant's, or by now tenant
            or app offer none any more.
    """
    ticket = request.params.get("bind_ticket")
    if ticket is None or request.tenant is None:
        return None
    try:
        found = find_ticket(ticket, request.tenant.pk, request.client.client_id, request.received_at)
    except BindTicketError as error:
        raise OAuthError(BIND_TICKET_REJECTED, error.reason) from error
    app = find_app(found.identity.tenant_id, found.identity.app)
    if not request.tenant.offers_bind_tickets or app is None or not app.is_active:
        raise OAuthError(BIND_TICKET_REJECTED, "bind_ticket_withdrawn")
    return found


def bind_by_ticket(found: FoundTicket | None, subject: Subject, request: TokenRequest) -> Subject:
    """The same subject, who gets the ticket's identity in the transaction that writes his tokens, if there is a ticket.

    Raises:
        OAuthError: invalid_grant; somebody has the identity by now.
    """
    person = subject.person
    if found is None or person is None:
        return subject
    if is_taken(found.identity, person.user_id):
        raise OAuthError(BIND_TICKET_REJECTED, "identity_bound_already", person=person)
    now, condition = request.received_at, _condition(subject)
    # Before the tokens are signed, which tell it.
    row_id = draw_id()
    return replace(
        subject,
        person=replace(person, oauth_id=person.oauth_id or str(row_id)),
        guard=redeeming(found, person, now, condition, row_id),
        lost=lambda: _why_lost(found, person, subject),
        also=(*subject.also, using_up(found, now)),
        events=(*subject.events, LoginEvent.Kind.BIND),
    )


def _condition(subject: Subject) -> Statement | None:
    """What must hold besides: the subject's own guard, if it only looks. One that uses something up does so now.

    Raises:
        OAuthError: somebody else has used that up.
    """
    guard = subject.guard
    if guard is None or guard.sql.lstrip().upper().startswith("SELECT"):
        return guard
    if not write(WritePlan([], guard=guard)):
        raise subject.lost() if subject.lost else LookupError("a guard without an answer to its loss")
    return None


def _why_lost(found: FoundTicket, person: Person, subject: Subject) -> OAuthError:
    reason = why_lost(found, person)
    if not reason and subject.lost is not None:
        return subject.lost()
    return OAuthError(BIND_TICKET_REJECTED, reason, person=person)
