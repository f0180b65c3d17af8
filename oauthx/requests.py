"""The types that a token request becomes on its way. Nothing is mutated: each step makes the next type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.models import LoginEvent
from accounts.origin import Origin
from accounts.people import Person
from accounts.verifiers.password import PresentedPassword
from oauthx.errors import PARAMETER_CONFLICT, PARAMETER_MALFORMED, PARAMETER_OVERLONG, PARAMETER_REPEATED, OAuthError
from oauthx.models import Client
from tenants.models import Tenant
from tenants.sql import Statement

if TYPE_CHECKING:
    from oauthx.dialects.base import Dialect

MAX_LENGTH = 255
MAX_TOKEN_LENGTH = 8 * 1024
LONG_PARAMETERS = frozenset(
    {"refresh_token", "code", "device_code", "client_assertion", "token", "access_token", "redirect_uri"}
)


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What arrived, under canonical names, not yet believed: values are checked as they are read."""

    dialect: "Dialect"
    params: Mapping[str, tuple[object, ...]] = field(repr=False)
    headers: Mapping[str, tuple[str, ...]] = field(repr=False)
    authorization: str = field(repr=False)
    origin: Origin
    issuer: str
    # The address that was called, without parameters.
    endpoint: str
    received_at: datetime

    def value(self, name: str) -> str | None:
        """The one value of this parameter; absent or empty is None (RFC 6749 sections 3.1 and 3.2).

        A parameter that may also stand in a header may stand in both, if they agree.

        Raises:
            OAuthError: invalid_request; it is repeated, contradictory, no text, or overlong.
        """
        sent = self.params.get(name, ())
        if len(sent) > 1:
            raise OAuthError(PARAMETER_REPEATED)
        values = {checked(name, value) for value in (*sent, *self.headers.get(name, ()))} - {""}
        if len(values) > 1:
            raise OAuthError(PARAMETER_CONFLICT)
        return values.pop() if values else None

    def shown(self, name: str) -> str:
        """The first value for the login history, whatever is wrong with it; "" if there is none."""
        values = (*self.params.get(name, ()), *self.headers.get(name, ()))
        return values[0] if values and isinstance(values[0], str) else ""


def checked(name: str, value: object) -> str:
    """The value, if it is text that any store can hold and not too long.

    Raises:
        OAuthError: invalid_request.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value or _has_surrogate(value):
        raise OAuthError(PARAMETER_MALFORMED)
    if len(value) > (MAX_TOKEN_LENGTH if name in LONG_PARAMETERS else MAX_LENGTH):
        raise OAuthError(PARAMETER_OVERLONG)
    return value


def words(text: str) -> tuple[str, ...]:
    """The words of a list, each once; spaces alone part them (RFC 6749 section 3.3, OpenID Connect Core section 14)."""
    return tuple(dict.fromkeys(word for word in text.split(" ") if word))


def _has_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A client that proved itself. Only `client_auth.py` makes one, so to hold one is the proof."""

    client: Client


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a grant sees: who asks, for which tenant, with the parameters that the grant declared."""

    dialect: "Dialect"
    client: Client
    tenant: Tenant | None
    grant_type: str
    params: Mapping[str, str] = field(repr=False)
    password: PresentedPassword | None = field(repr=False)
    scope: tuple[str, ...] | None
    main_account: str | None
    fingerprint: str
    origin: Origin
    issuer: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """A grant's answer: who it is (None: the client itself), and what must hold and happen when tokens are written.

    Attributes:
        auth_time: when the person proved himself; a refresh keeps the first time.
        amr: how, in the words of RFC 8176.
        scope: what may be granted at the most, if the grant limits it (a refresh never widens).
        nonce: what the ID token must repeat (OpenID Connect Core section 3.1.2.1).
        browser_session_id: the browser session that it came of, if one did (`sid`).
        requested_claims: what the application asked for by name (OpenID Connect Core section 5.5).
        family_id: the family of the tokens, if the grant knows it; starts_family: whether it is made with them.
        consumed_refresh_id: the refresh token row that this uses up.
        guard: must return a row for anything to be written.
        lost: makes what is raised if it does not.
        also: statements for the same transaction.
        remark: what the history notes beside the granted request; events: what else it tells of, each by an event.
    """

    person: Person | None
    tenant: Tenant | None
    auth_time: datetime
    amr: str = ""
    scope: tuple[str, ...] | None = None
    nonce: str = ""
    browser_session_id: UUID | None = None
    requested_claims: Mapping[str, Any] = field(default_factory=dict)
    family_id: UUID | None = None
    starts_family: bool = True
    consumed_refresh_id: int | None = None
    guard: Statement | None = None
    lost: Callable[[], OAuthError] | None = None
    also: tuple[Statement, ...] = ()
    remark: str = ""
    events: tuple[LoginEvent.Kind, ...] = ()
