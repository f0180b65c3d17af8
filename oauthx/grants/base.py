"""What a grant is, and the proof by password that several share. It must not know HTTP, tokens or wire names."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.utils.functional import Promise

from accounts import lockout
from accounts.people import LookUp, Person, look_up
from accounts.verifiers import VerificationError
from accounts.verifiers.password import verify_password
from oauthx.errors import (
    CREDENTIALS_REJECTED,
    MAIN_ACCOUNT_MISMATCH,
    MD5_REFUSED,
    PARAMETER_MISSING,
    SECOND_FACTOR_REQUIRED,
    OAuthError,
    Refusal,
)
from oauthx.grants.binding import bind_by_ticket, find_bind_ticket
from oauthx.requests import Subject, TokenRequest
from oauthx.standing import why_ended
from tenants.models import Tenant
from tenants.sql import Statement, WritePlan, write


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter that a grant reads, by its canonical name; `plain`: only as it was typed, no digest of it."""

    name: str
    required: bool = True
    plain: bool = False


class Grant(Protocol):
    """One way to say who it is.

    Attributes:
        name: the `grant_type`.
        params: what it reads; everything else is dropped before it sees the request.
        label: what the console calls it.
        is_login: whether somebody proves himself anew, so that a dialect may want a scope named.
        knows_tenant: whether it leads to the tenant by itself, so that the request need not name it.
        personal: whether it is about a person; if not, the client acts for itself and must be confidential.
    """

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str | Promise: ...
    @property
    def params(self) -> tuple[Param, ...]: ...
    @property
    def is_login(self) -> bool: ...
    @property
    def personal(self) -> bool: ...
    @property
    def knows_tenant(self) -> bool: ...

    def authenticate(self, request: TokenRequest) -> Subject:
        """Who it is.

        Raises:
            OAuthError: the proof failed.
        """
        ...


def require_tenant(request: TokenRequest) -> Tenant:
    """The tenant of a request that is about a person."""
    if request.tenant is None:
        raise LookupError("resolve_tenant gives every person's request a tenant")
    return request.tenant


def check_main_account(request: TokenRequest, main_account: str | None, person: Person | None) -> None:
    """`tma`, if sent, must be the account of the tenant's main account.

    Raises:
        OAuthError: main_account_mismatch.
    """
    if request.main_account is not None and request.main_account != main_account:
        raise OAuthError(MAIN_ACCOUNT_MISMATCH, person=person)


def check_standing(
    request: TokenRequest, tenant: Tenant | None, person: Person | None, expires_at: datetime, refusal: Refusal
) -> None:
    """Whether person, tenant and client of something that came of an earlier sign-in may still be used.

    Raises:
        OAuthError: this refusal, with what has ended as its reason.
    """
    reason = why_ended(
        ended=False,
        expires_at=expires_at,
        client=request.client,
        tenant=tenant,
        person=person,
        has_user=True,
        now=request.received_at,
    )
    if reason is not None:
        raise OAuthError(refusal, reason, person=person)


def check_second_factor(request: TokenRequest, person: Person) -> str:
    """What the history notes of a password that suffices: nothing, or that its client is exempted.

    To be asked only once the password has proved right: who must show a second factor is told to nobody else.

    Raises:
        OAuthError: second_factor_required.
    """
    if not person.must_show_second_factor(require_tenant(request)):
        return ""
    if not request.client.exempt_from_second_factor:
        raise OAuthError(SECOND_FACTOR_REQUIRED, person=person)
    return "second_factor_exempted"


def prove_by_password(request: TokenRequest, amr: str = "pwd") -> Subject:
    """The person of `username` and the presented password, in the request's tenant.

    Raises:
        OAuthError: one invalid_grant for whatever is wrong with account or password, or main_account_mismatch,
            second_factor_required, md5_password_refused.
    """
    tenant, now = require_tenant(request), request.received_at
    if request.password is None:
        raise OAuthError(PARAMETER_MISSING)
    if request.password.plain is None and not tenant.accepts_md5_passwords:
        # Before anything is looked at: the answer is the same for everybody, with whatever password.
        raise OAuthError(MD5_REFUSED)
    ticket = find_bind_ticket(request)
    found = look_up(tenant.pk, request.params["username"])
    try:
        person = verify_password(found, request.password, now)
    except VerificationError as error:
        counting = lockout.counting_of_failure(tenant, found.account, now) if error.counts else None
        raise OAuthError(CREDENTIALS_REJECTED, error.reason, person=found.person, counting=counting) from error
    proven = Subject(
        person=person,
        tenant=tenant,
        auth_time=now,
        amr=amr,
        guard=lockout.unless_overtaken(person, now),
        lost=lambda: OAuthError(CREDENTIALS_REJECTED, lockout.why_overtaken(person, now), person=person),
        also=_forget_failures(found),
    )
    try:
        # Only now: whether a name is the main account's is told to nobody who has no password.
        check_main_account(request, found.main_account, person)
        remark = check_second_factor(request, person)
    except OAuthError as refusal:
        raise _unless_overtaken(refusal, proven) from None
    return bind_by_ticket(ticket, replace(proven, remark=remark), request)


def _unless_overtaken(refusal: OAuthError, proven: Subject) -> OAuthError:
    """This refusal, which tells that the password is right; the one of a wrong password if the guard is lost.

    Of guesses sent at once none learns so after the one that locked the account.
    """
    if proven.guard is None or proven.lost is None or write(WritePlan([], guard=proven.guard)):
        return refusal
    return proven.lost()


def _forget_failures(found: LookUp) -> tuple[Statement, ...]:
    return (lockout.forgetting_of_failures(found.tenant_id, found.account),) if found.has_failures else ()
