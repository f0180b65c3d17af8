"""Looks tokens and codes up by their digests: each look-up is one statement, and brings the person as he is now.

It must not know whether what it finds still stands (`standing.py`) or what a caller does with it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.people import PERSON_WIDTH, Person, as_datetime, person_columns, read_person
from oauthx.claims import digest
from tenants.models import Tenant
from tenants.resolution import tenant_by_id
from tenants.sql import prepared_cursor


@dataclass(frozen=True, slots=True)
class StoredRefreshToken:
    """A refresh token's row, its family, and the person as he is now. `used_at` is when it was used up."""

    person: Person | None
    row_id: int
    client_pk: int
    client_id: str
    tenant_id: int
    dialect: str
    jti: str
    scope: tuple[str, ...]
    expires_at: datetime
    used_at: datetime | None
    family_id: UUID
    ended: bool
    auth_time: datetime
    amr: str
    browser_session_id: UUID | None
    requested_claims: Mapping[str, Any]
    main_account: str | None


@dataclass(frozen=True, slots=True)
class StoredCode:
    """An authorization code's row, and the person as he is now. `family_id` is there once it was used up."""

    person: Person | None
    row_id: int
    client_pk: int
    tenant: Tenant
    redirect_uri: str
    scope: tuple[str, ...]
    nonce: str
    code_challenge: str
    expires_at: datetime
    auth_time: datetime
    amr: str
    browser_session_id: UUID | None
    requested_claims: Mapping[str, Any]
    family_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredDeviceCode:
    """A device code's row, and the person as he is now, if one has decided. `family_id` is there once it was used."""

    person: Person | None
    row_id: int
    client_id: str
    tenant: Tenant | None
    scope: tuple[str, ...]
    status: str
    interval_seconds: int
    expires_at: datetime
    auth_time: datetime | None
    amr: str
    family_id: UUID | None


@dataclass(frozen=True, slots=True)
class StoredAccessToken:
    """An access token's row, its family, and the person as he is now (None: the client's own token)."""

    person: Person | None
    row_id: int
    client_pk: int
    client_id: str
    tenant_id: int | None
    dialect: str
    jti: str
    scope: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    family_id: UUID | None
    ended: bool
    requested_claims: Mapping[str, Any] = field(default_factory=dict)
    has_user: bool = field(default=True)


def find_refresh_token(token: str) -> StoredRefreshToken | None:
    """The stored row of this refresh token, whatever its state."""
    row = _find(
        "r.id, r.application_id, c.client_id, r.tenant_id, r.dialect, r.jti, r.scope, r.expires, r.revoked, f.id,"
        " f.ended_at, f.auth_time, f.amr, f.browser_session_id, f.requested_claims,"
        " (SELECT m.account FROM accounts_user m WHERE m.tenant_id = r.tenant_id AND m.is_main_account)",
        "oauthx_refreshtoken r JOIN oauthx_client c ON c.id = r.application_id"
        " JOIN oauthx_tokenfamily f ON f.id = r.token_family_id"
        " LEFT JOIN accounts_user u ON u.id = r.user_id",
        digest(token),
    )
    if row is None:
        return None
    (row_id, client_pk, client_id, tenant_id, dialect, jti, scope, expires, revoked, *rest) = row[PERSON_WIDTH:]
    family, ended, auth_time, amr, browser_session, claims, main = rest
    return StoredRefreshToken(
        person=read_person(row),
        row_id=row_id,
        client_pk=client_pk,
        client_id=client_id,
        tenant_id=tenant_id,
        dialect=dialect,
        jti=jti,
        scope=tuple(scope.split()),
        expires_at=_moment(expires),
        used_at=as_datetime(revoked),
        family_id=_uuid(family),
        ended=ended is not None,
        auth_time=_moment(auth_time),
        amr=amr,
        browser_session_id=_uuid_or_none(browser_session),
        requested_claims=_as_mapping(claims),
        main_account=main,
    )


def find_code(code: str) -> StoredCode | None:
    """The stored row of this authorization code, whatever its state."""
    row = _find(
        "r.id, r.application_id, r.tenant_id, r.redirect_uri, r.scope, r.nonce, r.code_challenge, r.expires,"
        " r.auth_time, r.amr, r.browser_session_id, r.claims, r.family_id",
        "oauthx_authorizationcode r JOIN accounts_user u ON u.id = r.user_id",
        digest(code),
        by="code",
    )
    if row is None:
        return None
    row_id, client_pk, tenant_id, redirect_uri, scope, nonce, challenge, expires, *rest = row[PERSON_WIDTH:]
    auth_time, amr, browser_session, claims, family = rest
    return StoredCode(
        person=read_person(row),
        row_id=row_id,
        client_pk=client_pk,
        tenant=tenant_by_id(tenant_id),
        redirect_uri=redirect_uri,
        scope=tuple(scope.split()),
        nonce=nonce,
        code_challenge=challenge,
        expires_at=_moment(expires),
        auth_time=_moment(auth_time),
        amr=amr,
        browser_session_id=_uuid_or_none(browser_session),
        requested_claims=_as_mapping(claims),
        family_id=_uuid_or_none(family),
    )


def find_device_code(code: str) -> StoredDeviceCode | None:
    """The stored row of this device code, whatever its state."""
    row = _find(
        "r.id, r.client_id, r.tenant_id, r.scope, r.status, r.interval, r.expires, r.auth_time, r.amr, r.family_id",
        "oauthx_devicegrant r LEFT JOIN accounts_user u ON u.id = r.user_id",
        digest(code),
        by="device_code",
    )
    if row is None:
        return None
    row_id, client_id, tenant_id, scope, status, interval_seconds, expires, *rest = row[PERSON_WIDTH:]
    auth_time, amr, family = rest
    return StoredDeviceCode(
        person=read_person(row),
        row_id=row_id,
        client_id=client_id,
        tenant=None if tenant_id is None else tenant_by_id(tenant_id),
        scope=tuple(scope.split()),
        status=status,
        interval_seconds=interval_seconds,
        expires_at=_moment(expires),
        auth_time=as_datetime(auth_time),
        amr=amr,
        family_id=_uuid_or_none(family),
    )


def find_access_token(token: str) -> StoredAccessToken | None:
    """The stored row of this access token, whatever its state."""
    row = _find(
        "r.id, r.application_id, c.client_id, r.tenant_id, r.dialect, r.jti, r.scope, r.created, r.expires,"
        " r.token_family_id, f.ended_at, f.requested_claims, r.user_id",
        "oauthx_accesstoken r JOIN oauthx_client c ON c.id = r.application_id"
        " LEFT JOIN oauthx_tokenfamily f ON f.id = r.token_family_id LEFT JOIN accounts_user u ON u.id = r.user_id",
        digest(token),
    )
    if row is None:
        return None
    row_id, client_pk, client_id, tenant_id, dialect, jti, scope, created, expires, *rest = row[PERSON_WIDTH:]
    family, ended, claims, user_id = rest
    return StoredAccessToken(
        person=read_person(row),
        row_id=row_id,
        client_pk=client_pk,
        client_id=client_id,
        tenant_id=tenant_id,
        dialect=dialect,
        jti=jti,
        scope=tuple(scope.split()),
        issued_at=_moment(created),
        expires_at=_moment(expires),
        family_id=_uuid_or_none(family),
        ended=ended is not None,
        requested_claims=_as_mapping(claims),
        has_user=user_id is not None,
    )


def _find(columns: str, tables: str, checksum: str, by: str = "token_checksum") -> tuple[Any, ...] | None:
    sql = f"SELECT {person_columns()}, {columns} FROM {tables} WHERE r.{by} = %s"  # noqa: S608 - constants
    with prepared_cursor() as cursor:
        cursor.execute(sql, (checksum,))
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _moment(value: Any) -> datetime:
    moment = as_datetime(value)
    if moment is None:
        raise LookupError("a column that is never NULL is NULL")
    return moment


def _as_mapping(value: Any) -> Mapping[str, Any]:
    """A JSON column: SQLite and text columns give text, PostgreSQL what it means."""
    return (json.loads(value) if isinstance(value, str) and value else value) or {}


def _uuid_or_none(value: Any) -> UUID | None:
    return None if value is None else _uuid(value)


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
