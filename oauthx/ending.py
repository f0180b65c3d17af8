"""Ends a session by the hand of a person or an administrator, and says so in the login history. It must not know pages.

A client ends its own tokens elsewhere: at the revocation and logout endpoints.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts.history import Attempt, event_insert
from accounts.models import LoginEvent
from accounts.origin import origin_of
from accounts.people import look_up
from oauthx import store
from oauthx.models import AuthorizationCode, Client, Consent, DeviceGrant, TokenFamily
from tenants.changes import note_deleted
from tenants.sql import WritePlan, write

WITHDRAWN = "consent_withdrawn"


def end_family(request: HttpRequest, family: TokenFamily, now: datetime, *, reason: str, actor: str = "") -> bool:
    """End the session, so every token of it, on every surface; False if it had ended before.

    `actor` is the account of who did it, unless it was the person himself.
    """
    if family.ended_at is not None:
        return False
    attempt = ending_attempt(request, family.client, family, now, reason=reason, actor=actor)
    person = look_up(family.tenant_id, family.user.account).person
    # The statement is the guard: of two who end it at once, one ends it, and one event tells of it.
    return write(
        WritePlan([event_insert(attempt.allowed(person))], guard=store.ending_of_family(family.pk, reason, now))
    )


def withdraw_consent(request: HttpRequest, consent: Consent, now: datetime, *, actor: str = "") -> None:
    """Take back what a person allowed a client, and end all that came of it: the next time he is asked again.

    `actor` is the account of who did it, unless it was the person himself.
    """
    user, client = consent.user, consent.client
    attempt = Attempt(
        time=now,
        kind=LoginEvent.Kind.LOGOUT,
        origin=origin_of(request),
        tenant=user.tenant,
        client_id=client.client_id,
        client_name=client.name,
        reason=WITHDRAWN,
        actor=actor,
    ).allowed(look_up(user.tenant_id, user.account).person)
    with transaction.atomic():
        note_deleted([consent])
        consent.delete()
        # The codes before the sessions: one that is exchanged at this moment brings a session that is seen below.
        AuthorizationCode.objects.filter(user=user, application=client, family_id=None).delete()
        DeviceGrant.objects.filter(user=user, client_id=client.client_id, family_id=None).delete()
        TokenFamily.objects.filter(user=user, client=client, ended_at=None).update(ended_at=now, end_reason=WITHDRAWN)
        store.record(attempt)


def ending_attempt(
    request: HttpRequest, client: Client, of: Any, now: datetime, *, reason: str, actor: str = ""
) -> Attempt:
    """The event of ending `of`, which has a tenant and a dialect: a session, or a token that belongs to none."""
    return Attempt(
        time=now,
        kind=LoginEvent.Kind.LOGOUT,
        origin=origin_of(request),
        tenant=of.tenant,
        client_id=client.client_id,
        client_name=client.name,
        dialect=of.dialect,
        reason=reason,
        actor=actor,
    )
