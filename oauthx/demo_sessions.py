"""Where the made-up people of a crowd are signed in, and who added them. It must not know how rows are written.

Nobody can use any of it: the tokens' digests are of no token.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from oauthx.demo_history import Crowd

BROWSER = ("id", "user_id", "auth_time", "amr", "address", "user_agent", "expires_at")
FAMILY = (
    *("id", "user_id", "client_id", "tenant_id", "dialect", "grant", "auth_time", "amr", "address", "user_agent"),
    *("ended_at", "end_reason"),
)
_TOKEN = ("user_id", "application_id", "tenant_id", "token_family_id", "dialect", "created", "scope")
TOKEN = (*_TOKEN, "jti", "token_checksum", "expires")
ADDITION = ("time", "object_id", "object_name", "tenant_id", "tenant_code", "changes", "request_id")

# One person of so many has it: a session that is open, one that was ended, and a browser.
OPEN, ENDED, BROWSERS = 10, 10, 50
_LASTS = timedelta(days=14)
_ACCESS = timedelta(hours=1)
_SCOPE = "openid profile offline_access"
_FAMILIES = 1 << 100
_IMPORTED_AT_ONCE = 1000


def number_of(crowd: Crowd, every: int) -> int:
    """How many people one of `every` is."""
    return -(-crowd.number // every)


def browsers(crowd: Crowd, now: datetime) -> Iterator[tuple[Any, ...]]:
    """The browsers that people are signed in with."""
    for n in range(0, crowd.number, BROWSERS):
        begun = _begun(n, now)
        user_id = crowd.first_id + n
        yield _key(user_id), user_id, begun, "pwd", crowd.address_of(n), crowd.agent_of(n), begun + _LASTS


def families(crowd: Crowd, now: datetime) -> Iterator[tuple[Any, ...]]:
    """The sessions in applications: first those that are open, then as many that were ended."""
    for n in range(0, crowd.number, OPEN):
        yield (*_family(crowd, n, now), None, "")
    for n in range(ENDED // 2, crowd.number, ENDED):
        family = _family(crowd, n, now)
        yield (*family, _begun(n, now) + timedelta(seconds=30), "logout")


def access_tokens(crowd: Crowd, now: datetime) -> Iterator[tuple[Any, ...]]:
    """One of each open session; most have expired, as they do within an hour."""
    for n in range(0, crowd.number, OPEN):
        yield (*_token(crowd, n, now), f"a{n:031x}", secrets.token_hex(32), _begun(n, now) + _ACCESS)


def refresh_tokens(crowd: Crowd, now: datetime) -> Iterator[tuple[Any, ...]]:
    """One of each open session, which still stands."""
    for n in range(0, crowd.number, OPEN):
        yield (*_token(crowd, n, now), f"f{n:031x}", secrets.token_hex(32), _begun(n, now) + 2 * _LASTS)


def additions(crowd: Crowd, now: datetime) -> Iterator[tuple[Any, ...]]:
    """What the changes tell of: over a year, a thousand people at a time were added."""
    for n in range(crowd.number):
        tenant = crowd.tenants[crowd.tenant_of(n)]
        account = crowd.account_of(n)
        changes = {"account": [None, account], "real_name": [None, crowd.name_of(n)], "is_active": [None, True]}
        import_id = f"{n // _IMPORTED_AT_ONCE:032x}"
        yield crowd.added_at(n, now), str(crowd.first_id + n), account, tenant.pk, tenant.code, changes, import_id


def _family(crowd: Crowd, n: int, now: datetime) -> tuple[Any, ...]:
    user_id, place = crowd.first_id + n, crowd.tenant_of(n)
    session = _begun(n, now), "pwd", crowd.address_of(n), crowd.agent_of(n)
    return _key(user_id), user_id, crowd.client_ids[place], crowd.tenants[place].pk, "connect", "password", *session


def _token(crowd: Crowd, n: int, now: datetime) -> tuple[Any, ...]:
    user_id, place = crowd.first_id + n, crowd.tenant_of(n)
    tenant_id = crowd.tenants[place].pk
    return user_id, crowd.client_ids[place], tenant_id, _key(user_id), "connect", _begun(n, now), _SCOPE


def _key(user_id: int) -> UUID:
    return UUID(int=_FAMILIES + user_id)


def _begun(n: int, now: datetime) -> datetime:
    """When he signed in: within the days that a browser stays so, all times of them alike."""
    return now - timedelta(seconds=60 + n * 7919 % (13 * 86_400))
