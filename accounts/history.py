"""Turns an attempt into a row of the login history. It must not know tokens, clients or wire names."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accounts.models import LoginEvent
from accounts.origin import Origin
from accounts.people import Person
from tenants.changes import current_author
from tenants.models import Tenant
from tenants.resolution import tenant_by_id
from tenants.sql import Insert


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known of one attempt, by the time that it ends."""

    time: datetime
    kind: LoginEvent.Kind
    origin: Origin
    account: str = ""
    tenant: Tenant | None = None
    tenant_code: str = ""
    person: Person | None = None
    outcome: LoginEvent.Outcome = LoginEvent.Outcome.ALLOWED
    reason: str = ""
    client_id: str = ""
    client_name: str = ""
    dialect: str = ""
    grant: str = ""
    main_account: str = ""
    fingerprint: str = ""
    token_id: str = ""
    actor: str = ""
    detail: str = ""

    def allowed(self, person: Person | None, token_id: str = "") -> "Attempt":
        return replace(self, person=person, token_id=token_id)

    def refused(self, reason: str, person: Person | None = None) -> "Attempt":
        return replace(self, person=person, outcome=LoginEvent.Outcome.REFUSED, reason=reason)


def event_insert(attempt: Attempt, step: str = "event", when: str | None = None) -> Insert:
    """The row of the login history for this attempt, to be written with what it brought about."""
    person, tenant = attempt.person, attempt.tenant
    if tenant is None and person is not None:
        # A code or token can lead to the person without the request's naming a tenant.
        tenant = tenant_by_id(person.tenant_id)
    # The text of a token request's statement stays the one that is prepared.
    seldom: dict[str, Any] = {"detail": attempt.detail} if attempt.detail else {}
    if attempt.actor:
        seldom["actor_tenant_id"] = _tenant_of_actor(attempt.actor)
    elif attempt.origin.actor:
        seldom["actor_tenant_id"] = attempt.origin.actor_tenant_id
    return Insert(
        step,
        "accounts_loginevent",
        {
            "time": attempt.time,
            "kind": attempt.kind.value,
            "outcome": attempt.outcome.value,
            "reason": attempt.reason,
            "tenant_id": tenant.pk if tenant else None,
            "tenant_code": tenant.code if tenant else attempt.tenant_code,
            "tenant_name": tenant.name if tenant else "",
            "account": person.account if person else attempt.account,
            "user_id": person.user_id if person else None,
            "real_name": person.real_name if person else "",
            "client_id": attempt.client_id,
            "client_name": attempt.client_name,
            "dialect": attempt.dialect,
            "grant": attempt.grant,
            "main_account": attempt.main_account,
            "fingerprint": attempt.fingerprint,
            "address": attempt.origin.address,
            "user_agent": attempt.origin.user_agent,
            "request_id": attempt.origin.request_id,
            "token_id": attempt.token_id,
            "actor": attempt.actor or attempt.origin.actor,
            **seldom,
        },
        when=when,
    )


def _tenant_of_actor(account: str) -> int | None:
    """The tenant of who acts in the console at this moment; None if somebody else is said to have done it."""
    author = current_author()
    return author.tenant_id if author.account == account else None


def lockout_event_insert(refused: Attempt) -> Insert:
    """The row that says that this failure locked the account; written only if the lockout's guard says so."""
    return event_insert(replace(refused, kind=LoginEvent.Kind.LOCKOUT), "lockout_event", when="just_locked")
