"""The claims about a person that an application may ask for, and the scope that each belongs to (OpenID Connect Core
section 5). It must not know tokens or requests.
"""

from collections.abc import Callable, Collection, Iterable

from accounts.people import Person
from tenants.models import Tenant

Claim = Callable[[Person, Tenant | None], object]


def _tenant_value(attribute: str) -> Claim:
    return lambda _person, tenant: getattr(tenant, attribute) if tenant else None


# The claims of each scope (section 5.4). Ids are decimal strings: a JavaScript number would lose digits.
CLAIMS_OF_SCOPE: dict[str, dict[str, Claim]] = {
    "profile": {
        "name": lambda person, _tenant: person.real_name or person.account,
        "nickname": lambda person, _tenant: person.nick_name,
        "preferred_username": lambda person, _tenant: person.account,
        "picture": lambda person, _tenant: person.avatar,
        "zoneinfo": _tenant_value("time_zone"),
        "updated_at": lambda person, _tenant: int(person.updated_at.timestamp()) if person.updated_at else None,
    },
    "email": {
        "email": lambda person, _tenant: person.email,
        # Nobody has proved to hold the address: an administrator wrote it.
        "email_verified": lambda person, _tenant: False if person.email else None,
    },
    "phone": {
        "phone_number": lambda person, _tenant: person.phone,
        "phone_number_verified": lambda person, _tenant: False if person.phone else None,
    },
    "address": {
        # Section 5.1.1: the whole address, as it stands on an envelope.
        "address": lambda person, _tenant: {"formatted": person.postal_address} if person.postal_address else None,
    },
    # Ours, documented in docs/endpoints/userinfo.md.
    "organisation": {
        "tenant_id": _tenant_value("code"),
        "tenant_name": _tenant_value("name"),
        "roles": lambda person, _tenant: [
            {"id": str(role.role_id), "alias": role.alias, "name": role.name} for role in person.roles
        ],
        "posts": lambda person, _tenant: [{"id": str(post.post_id), "name": post.name} for post in person.posts],
        "departments": lambda person, _tenant: [{"id": str(dept.dept_id), "name": dept.name} for dept in person.depts],
        "company_id": lambda person, _tenant: None if person.company_id is None else str(person.company_id),
    },
}
SCOPE_OF_CLAIM = {name: scope for scope, claims in CLAIMS_OF_SCOPE.items() for name in claims}


def names_of_scopes(scopes: Iterable[str]) -> list[str]:
    """The names of all claims that these scopes bring (section 5.4)."""
    return [name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, {})]


def names_within(names: Iterable[str], scopes: Collection[str]) -> list[str]:
    """Those of these names that belong to one of the scopes; unknown ones belong to none."""
    return [name for name in names if SCOPE_OF_CLAIM.get(name) in scopes]


def describe(person: Person, tenant: Tenant | None, names: Iterable[str]) -> dict[str, object]:
    """The claims of these names. One without a value is left out, as section 5.3.2 wants it."""
    described = {}
    for name in names:
        value = CLAIMS_OF_SCOPE[SCOPE_OF_CLAIM[name]][name](person, tenant)
        if value not in (None, ""):
            described[name] = value
    return described
