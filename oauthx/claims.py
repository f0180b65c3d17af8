"""What tokens and answers say of a person: one function a name. It must not know which dialect asks for which."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from accounts.people import Person
from oauthx.models import Client
from tenants.models import Tenant

ClaimValue = object

# The one authentication context class there is: a proof of the first factor (OpenID Connect Core section 2, `acr`).
ACR = "1"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a token is made from: who, for which client and tenant, for how long. Times are aware datetimes."""

    person: Person | None
    tenant: Tenant | None
    client: Client
    scope: tuple[str, ...]
    issuer: str
    issued_at: datetime
    expires_at: datetime
    auth_time: datetime
    amr: str
    jti: str
    ati: str = ""
    nonce: str = ""
    browser_session_id: UUID | None = None
    requested_claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def someone(self) -> Person:
        """The person, for claims that only a person's token has."""
        if self.person is None:
            raise LookupError("This token belongs to no user.")
        return self.person

    @property
    def home(self) -> Tenant:
        """The tenant, for claims that only a tenant's token has."""
        if self.tenant is None:
            raise LookupError("This token belongs to no tenant.")
        return self.tenant

    @property
    def subject(self) -> str:
        """`sub`: the user's id, or, where the client acts for itself, the client's (RFC 9068 section 2.2)."""
        return str(self.person.user_id) if self.person else self.client.client_id

    @property
    def role_id(self) -> str:
        return ",".join(str(role.role_id) for role in self.someone.roles)

    @property
    def role_name(self) -> str:
        return ",".join(role.alias for role in self.someone.roles)

    @property
    def post_id(self) -> str:
        return _join(self.someone.post_ids)

    @property
    def dept_id(self) -> str:
        return _join(self.someone.dept_ids)

    @property
    def company_id(self) -> str:
        return "" if self.someone.company_id is None else str(self.someone.company_id)

    @property
    def password_expired(self) -> bool:
        return self.someone.password_expired(self.home, self.issued_at)

    @property
    def lifetime_seconds(self) -> int:
        return int((self.expires_at - self.issued_at).total_seconds())

    @property
    def remaining_seconds(self) -> int:
        """Until `exp`, which is in whole seconds, rounded down."""
        return int(int(self.expires_at.timestamp()) - self.issued_at.timestamp())


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token beside the access token: its value, its id, its scope, and when it expires."""

    value: str = field(repr=False)
    jti: str
    scope: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The finished tokens, and the facts that they were made from. Only their digests are ever stored."""

    facts: Facts
    access_token: str = field(repr=False)
    refresh: NewToken | None = None
    id: NewToken | None = None

    @property
    def refresh_token(self) -> str | None:
        return self.refresh.value if self.refresh else None

    @property
    def id_token(self) -> str | None:
        return self.id.value if self.id else None


def _join(ids: Iterable[int]) -> str:
    return ",".join(str(each) for each in ids)


def digest(token: str) -> str:
    """What the store keeps of a token (django-oauth-toolkit's `token_checksum`)."""
    return sha256(token.encode()).hexdigest()


def _password_set_at(facts: Facts) -> int | None:
    moment = facts.someone.password_updated_at
    return None if moment is None else int(moment.timestamp() * 1000)


# Claims by name. Ids are decimal strings: a JavaScript number would lose digits.
CLAIMS: dict[str, Callable[[Facts], ClaimValue]] = {
    "account": lambda facts: facts.someone.account,
    "ati": lambda facts: facts.ati,
    "authorities": lambda facts: sorted(str(role.role_id) for role in facts.someone.roles),
    "avatar": lambda facts: facts.someone.avatar,
    "client_id": lambda facts: facts.client.client_id,
    "company_id": lambda facts: facts.company_id,
    "dept_id": lambda facts: facts.dept_id,
    "exp": lambda facts: int(facts.expires_at.timestamp()),
    "job_number": lambda facts: facts.someone.job_number,
    "jti": lambda facts: facts.jti,
    "license": lambda facts: facts.home.license,
    "nick_name": lambda facts: facts.someone.nick_name,
    "oauth_id": lambda facts: facts.someone.oauth_id,
    "password_expired": lambda facts: facts.password_expired,
    "password_last_update_date": _password_set_at,
    "post_id": lambda facts: facts.post_id,
    "real_name": lambda facts: facts.someone.real_name,
    "role_id": lambda facts: facts.role_id,
    "role_name": lambda facts: facts.role_name,
    "scope": lambda facts: list(facts.scope),
    "tenant_id": lambda facts: facts.home.code,
    "tenant_name": lambda facts: facts.home.name,
    "user_id": lambda facts: str(facts.someone.user_id),
    "user_name": lambda facts: facts.someone.account,
    # RFC 9068 section 2.2, and RFC 7519 for the registered ones.
    "iss": lambda facts: facts.issuer,
    "sub": lambda facts: facts.subject,
    "aud": lambda facts: facts.issuer,
    "iat": lambda facts: int(facts.issued_at.timestamp()),
    "scope_text": lambda facts: " ".join(facts.scope),
    "auth_time": lambda facts: int(facts.auth_time.timestamp()) if facts.person else None,
    "amr": lambda facts: facts.amr.split() or None,
    "tenant": lambda facts: facts.tenant.code if facts.tenant else None,
    "acr": lambda facts: ACR if facts.person else None,
    "sid": lambda facts: str(facts.browser_session_id) if facts.browser_session_id else None,
    "nonce": lambda facts: facts.nonce or None,
}
# Names under which a claim travels where that differs from its name here, and those left out when there is no value.
WIRE_NAMES = {"scope_text": "scope", "tenant": "tenant_id"}
OPTIONAL = frozenset({"auth_time", "amr", "acr", "sid", "nonce", "tenant"})


def claims_of(facts: Facts, names: Iterable[str]) -> dict[str, ClaimValue]:
    """The claims of these names, in this order."""
    claims = {}
    for name in names:
        value = CLAIMS[name](facts)
        if value is not None or name not in OPTIONAL:
            claims[WIRE_NAMES.get(name, name)] = value
    return claims
