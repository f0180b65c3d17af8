"""Writes token rows: each grant is one transaction with its login event. Tokens are kept as digests.

It must not know how tokens are made or what an answer looks like. What is named as a thing (`ending_of_family`) only
returns a statement, to be written together with its login event.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError

from accounts.history import Attempt, event_insert, lockout_event_insert
from oauthx.claims import IssuedToken, digest
from oauthx.errors import CLIENT_REJECTED, CREDENTIALS_REJECTED, OAuthError
from oauthx.lookups import StoredAccessToken
from oauthx.requests import Subject, TokenRequest
from tenants.sql import (
    Insert,
    RowId,
    Statement,
    WritePlan,
    database,
    is_missing_row,
    prepared_cursor,
    sql_time,
    write,
)


def save(request: TokenRequest, subject: Subject, issued: IssuedToken, attempt: Attempt) -> None:
    """Write the token rows and the login event, all or nothing. From here on the tokens are good.

    Raises:
        OAuthError: the subject's guard was lost, to a lockout or to another request with the same refresh token; or
            the person, or the client, was deleted at this very moment.
    """
    family_id = subject.family_id or (uuid4() if subject.person else None)
    inserts: list[Insert] = []
    if family_id is not None and subject.starts_family:
        inserts.append(_family(family_id, request, subject))
    if issued.id is not None:
        inserts.append(_id_token(request, issued))
    inserts.append(_access_token(request, subject, issued, family_id))
    if issued.refresh is not None:
        inserts.append(_refresh_token(request, issued, family_id))
    allowed = attempt.allowed(subject.person, issued.facts.jti)
    inserts.append(event_insert(replace(allowed, reason=subject.remark)))
    inserts += [event_insert(replace(allowed, kind=kind), f"event_{kind}") for kind in subject.events]
    try:
        is_written = write(WritePlan(inserts, guard=subject.guard, also=subject.also))
    except IntegrityError as error:
        if not is_missing_row(error):
            raise
        raise _deleted(subject) from None
    if not is_written:
        raise subject.lost() if subject.lost else LookupError("a guard without an answer to its loss")


def _deleted(subject: Subject) -> OAuthError:
    """What there is to say when the tokens are no longer anybody's."""
    if subject.person is None:
        return OAuthError(CLIENT_REJECTED, "client_unknown")
    return OAuthError(CREDENTIALS_REJECTED, person=subject.person)


def record_refusal(attempt: Attempt, error: OAuthError) -> None:
    """Write the login event of a refusal, together with what it brings about: a counted failure, an ended family."""
    inserts = [event_insert(attempt)]
    if error.counting is not None:
        inserts.append(lockout_event_insert(attempt))
    write(WritePlan(inserts, guard=error.counting, also=error.consequences))


def record(attempt: Attempt, also: Sequence[Statement] = ()) -> None:
    """Write a login event with what goes with it."""
    write(WritePlan([event_insert(attempt)], also=also))


def use_of_refresh_token(row_id: int, now: datetime) -> Statement:
    """The statement that uses it up; as a guard it goes to exactly one of many concurrent requests."""
    moment = sql_time(now)
    return Statement(
        "UPDATE oauthx_refreshtoken SET revoked = %s, updated = %s WHERE id = %s AND revoked IS NULL RETURNING id",
        (moment, moment, row_id),
    )


def use_of_code(row_id: int, family_id: UUID, now: datetime) -> Statement:
    """As a guard, it goes to exactly one of many concurrent requests; the row then names the family that it brought."""
    return Statement(
        "UPDATE oauthx_authorizationcode SET family_id = %s, updated = %s WHERE id = %s AND family_id IS NULL"
        " RETURNING id",
        (_uuid_value(family_id), sql_time(now), row_id),
    )


def ending_of_family_of_code(row_id: int, now: datetime) -> Statement:
    """The statement that ends the family that this code brought."""
    return _ending_of_what_came_of("oauthx_authorizationcode", row_id, "code_replayed", now)


def note_poll(row_id: int, interval_seconds: int, now: datetime) -> bool:
    """Note that a device asked about its code; whether it asked too soon. Of many at once, one is in time.

    Who asks too soon waits 5 seconds longer from then on (RFC 8628 section 3.5); `interval_seconds` is as it was read.
    """
    noting = Statement(
        'UPDATE oauthx_devicegrant SET "interval" = "interval" + CASE WHEN last_checked > %s THEN 5 ELSE 0 END,'
        ' last_checked = %s WHERE id = %s RETURNING "interval"',
        (sql_time(now - timedelta(seconds=interval_seconds)), sql_time(now), row_id),
    )
    with prepared_cursor() as cursor:
        cursor.execute(noting.sql, noting.params)
        row = cursor.fetchone()
    return row is not None and row[0] > interval_seconds


def use_of_device_code(row_id: int, family_id: UUID, now: datetime) -> Statement:
    """Like `use_of_code`, for a device code that a person has allowed."""
    return Statement(
        "UPDATE oauthx_devicegrant SET family_id = %s, last_checked = %s WHERE id = %s AND family_id IS NULL"
        " AND status = 'authorized' RETURNING id",
        (_uuid_value(family_id), sql_time(now), row_id),
    )


def ending_of_family_of_device_code(row_id: int, now: datetime) -> Statement:
    """The statement that ends the family that this device code brought."""
    return _ending_of_what_came_of("oauthx_devicegrant", row_id, "device_code_replayed", now)


def ending_of_family(family_id: UUID, reason: str, now: datetime) -> Statement:
    """The statement that ends a family: no token of it stands any longer, on any surface. The first end stays."""
    return Statement(
        "UPDATE oauthx_tokenfamily SET ended_at = %s, end_reason = %s WHERE id = %s AND ended_at IS NULL RETURNING id",
        (sql_time(now), reason, _uuid_value(family_id)),
    )


def ending_of_access_token(stored: StoredAccessToken, reason: str, now: datetime) -> Statement:
    """The statement that ends a token with its family; one without a family goes alone."""
    if stored.family_id is not None:
        return ending_of_family(stored.family_id, reason, now)
    return ending_of_lone_access_token(stored.row_id)


def ending_of_lone_access_token(row_id: int) -> Statement:
    """The statement that ends a token that has no family."""
    return Statement("DELETE FROM oauthx_accesstoken WHERE id = %s RETURNING id", (row_id,))


def _ending_of_what_came_of(table: str, row_id: int, reason: str, now: datetime) -> Statement:
    family = f"(SELECT family_id FROM {table} WHERE id = %s)"  # noqa: S608 - the table is one of our own two
    change = "UPDATE oauthx_tokenfamily SET ended_at = %s, end_reason = %s"
    return Statement(f"{change} WHERE ended_at IS NULL AND id = {family} RETURNING id", (sql_time(now), reason, row_id))


def _uuid_value(value: UUID) -> object:
    return value.hex if database().vendor == "sqlite" else value


def _family(family_id: UUID, request: TokenRequest, subject: Subject) -> Insert:
    person, tenant = subject.person, subject.tenant
    return Insert(
        "family",
        "oauthx_tokenfamily",
        {
            "id": family_id,
            "user_id": person.user_id if person else None,
            "client_id": request.client.pk,
            "tenant_id": tenant.pk if tenant else None,
            "dialect": request.dialect.name,
            "grant": request.grant_type,
            "auth_time": subject.auth_time,
            "amr": subject.amr,
            # The session of a test call is nobody's by whose address one would know it; its event says who it was.
            "address": None if request.origin.actor else request.origin.address,
            "user_agent": request.origin.user_agent,
            "browser_session_id": subject.browser_session_id,
            "issuer": request.issuer,
            "requested_claims": json.dumps(dict(subject.requested_claims)),
            "end_reason": "",
        },
    )


def _common(request: TokenRequest, issued: IssuedToken) -> dict[str, Any]:
    facts = issued.facts
    return {
        "user_id": facts.person.user_id if facts.person else None,
        "application_id": request.client.pk,
        "created": facts.issued_at,
        "updated": facts.issued_at,
    }


def _id_token(request: TokenRequest, issued: IssuedToken) -> Insert:
    if issued.id is None:
        raise LookupError("no ID token was issued")
    return Insert(
        "id_token",
        "oauthx_idtoken",
        {
            **_common(request, issued),
            "jti": UUID(issued.id.jti),
            "expires": issued.id.expires_at,
            "scope": " ".join(issued.id.scope),
        },
    )


def _access_token(request: TokenRequest, subject: Subject, issued: IssuedToken, family_id: UUID | None) -> Insert:
    facts = issued.facts
    return Insert(
        "access_token",
        "oauthx_accesstoken",
        {
            **_common(request, issued),
            "token": "",
            "token_checksum": digest(issued.access_token),
            "source_refresh_token_id": subject.consumed_refresh_id,
            "id_token_id": RowId("id_token") if issued.id else None,
            "expires": facts.expires_at,
            "scope": " ".join(facts.scope),
            "resource": "[]",
            "tenant_id": facts.tenant.pk if facts.tenant else None,
            "token_family_id": family_id,
            "dialect": request.dialect.name,
            "jti": facts.jti,
        },
    )


def _refresh_token(request: TokenRequest, issued: IssuedToken, family_id: UUID | None) -> Insert:
    if issued.refresh is None:
        raise LookupError("no refresh token was issued")
    facts = issued.facts
    return Insert(
        "refresh_token",
        "oauthx_refreshtoken",
        {
            **_common(request, issued),
            "token": "",
            "token_checksum": digest(issued.refresh.value),
            "access_token_id": RowId("access_token"),
            "expires": issued.refresh.expires_at,
            "scope": " ".join(issued.refresh.scope),
            "resource": "[]",
            "tenant_id": facts.tenant.pk if facts.tenant else None,
            "token_family_id": family_id,
            "dialect": request.dialect.name,
            "jti": issued.refresh.jti,
        },
    )
