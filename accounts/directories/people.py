"""What a directory's people become as users: who is known, what is refreshed, which name and which roles they get.

A person is known by his id in the directory (objectGUID), never by a name or an address. It must not know LDAP.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from accounts.gateways.directory import Entry
from accounts.models import Dept, Directory, SocialIdentity, User
from accounts.phones import PhoneNumberError, to_e164
from tenants.turns import take_turn

_LENGTHS: Mapping[str, int] = {
    name: cast("Any", User._meta.get_field(name)).max_length
    for name in ("account", "real_name", "email", "phone", "job_number")
}


def identities_of(directory: Directory) -> Any:
    """The identities of all people of this directory."""
    return SocialIdentity.objects.filter(
        tenant_id=directory.tenant_id, provider=SocialIdentity.Provider.DIRECTORY, app=str(directory.pk)
    )


def new_identity(directory: Directory, user: User, entry: Entry, used_at: datetime | None = None) -> SocialIdentity:
    """What ties this user to this person of the directory; not stored yet."""
    return SocialIdentity(
        tenant_id=directory.tenant_id,
        user=user,
        provider=SocialIdentity.Provider.DIRECTORY,
        app=str(directory.pk),
        openid=str(entry.guid),
        used_at=used_at,
    )


@dataclass(slots=True)
class Holders:
    """Who has the account names and phone numbers that some people of the directory would have."""

    accounts: dict[str, int | None] = field(default_factory=dict)
    phones: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def among(cls, directory: Directory, entries: Iterable[Entry]) -> "Holders":
        """Look them up, in two statements."""
        accounts: set[str] = set()
        phones: set[str] = set()
        for entry in entries:
            accounts.update(_names_for(entry))
            phones.add(fields_of(directory, entry).get("phone") or "")
        people = User.objects.filter(tenant_id=directory.tenant_id)
        return cls(
            accounts=dict(people.filter(account__in=accounts).values_list("account", "pk")),
            phones={str(phone): pk for phone, pk in people.filter(phone__in=phones - {""}).values_list("phone", "pk")},
        )

    def release(self, user: User) -> None:
        """Note that somebody gives up what he has."""
        if self.accounts.get(user.account) == user.pk:
            del self.accounts[user.account]
        if user.phone and self.phones.get(user.phone) == user.pk:
            del self.phones[user.phone]

    def settle(self, user_id: int | None, account: str, phone: str | None) -> None:
        """Note that somebody has these now."""
        self.accounts[account] = user_id
        if phone:
            self.phones[phone] = user_id


def new_user(directory: Directory, entry: Entry, holders: Holders) -> User:
    """A user for this person, without a password and not stored yet."""
    fields = fields_of(directory, entry)
    if fields.get("phone") in holders.phones:
        fields["phone"] = None
    user = User(tenant_id=directory.tenant_id, account=free_account(entry, holders, None), **fields)
    user.set_unusable_password()
    holders.settle(None, user.account, user.phone)
    return user


def refresh(directory: Directory, user: User, entry: Entry, holders: Holders) -> list[str]:
    """Bring the account and the fields to what the directory says; returns the names of what is to be stored."""
    wanted = {"account": free_account(entry, holders, user.pk, user.account), **fields_of(directory, entry)}
    phone = wanted.get("phone")
    if phone and holders.phones.get(phone, user.pk) != user.pk:
        # Another person of the tenant has this number: it stays his.
        wanted["phone"] = None
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    holders.release(user)
    for name in changed:
        setattr(user, name, wanted[name])
    holders.settle(user.pk, user.account, user.phone)
    return changed


def fields_of(directory: Directory, entry: Entry) -> dict[str, Any]:
    """The person's fields that the directory fills, also with nothing, as a user has them."""
    read = {name: entry.read(attribute) for name, attribute in directory.field_attributes.items() if attribute}
    make: Mapping[str, Callable[[str], str | None]] = {
        "real_name": lambda text: (text or entry.account)[: _LENGTHS["real_name"]],
        "email": _email,
        "phone": _phone,
        "job_number": lambda text: text[: _LENGTHS["job_number"]] or None,
    }
    return {name: make[name](text) for name, text in read.items()}


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text if len(text) <= _LENGTHS["email"] else ""


def _phone(text: str) -> str | None:
    try:
        return to_e164(text) if text else None
    except PhoneNumberError:
        return None


def free_account(entry: Entry, holders: Holders, user_id: int | None, present: str = "") -> str:
    """The account name for this person: the directory's, unless somebody else has it here (docs/active-directory.md).

    Then his user principal name; then, since that could be taken too, the directory's name with his id; and where even
    that is somebody's, with something random behind it, which he keeps (`present`).
    """
    names = _names_for(entry)
    free = [name for name in names if name not in holders.accounts or _is(holders.accounts[name], user_id)]
    if free:
        return free[0]
    last = f"{names[-1]}~"
    return present if present.startswith(last) else last + secrets.token_hex(8)


def _is(holder: int | None, user_id: int | None) -> bool:
    return holder is not None and holder == user_id


def _names_for(entry: Entry) -> list[str]:
    longest = _LENGTHS["account"]
    names = [entry.account, entry.read("userPrincipalName"), f"{entry.account[:200]}~{entry.guid}"]
    return [name[:longest] for name in names if name]


def ordered_depts(ours: Collection[int], held: Sequence[int], dept: Dept | None) -> list[int]:
    """The departments that somebody shall have: the directory's first, then those that the console gave him."""
    kept = [dept_id for dept_id in held if dept_id not in ours]
    return [dept.pk, *(one for one in kept if one != dept.pk)] if dept else kept


def ordered_roles(
    directory: Directory, held: Mapping[int, int | None], groups: Collection[str]
) -> dict[int, int | None]:
    """The roles that somebody shall have, in order, each to the directory that gave it (None: somebody here did).

    What this directory gave goes unless a group of his brings it still; what somebody here or another directory gave
    stays.
    """
    mapped = list(directory.groups.filter(role__tenant_id=directory.tenant_id).values_list("sid", "role_id"))
    deserved = list(dict.fromkeys(role_id for sid, role_id in mapped if sid in groups))
    kept = {role_id: giver for role_id, giver in held.items() if giver != directory.pk or role_id in deserved}
    return kept | {role_id: directory.pk for role_id in deserved if role_id not in kept}


def default_role_ids(directory: Directory) -> list[int]:
    """What a new person gets, in order."""
    of_tenant = Q(tenant_id=directory.tenant_id)
    return list(directory.default_roles.filter(of_tenant).order_by("sort", "id").values_list("pk", flat=True))


def places_left(directory: Directory) -> int | None:
    """How many more accounts the tenant may have; None: as many as it likes.

    Where there is a limit it takes the tenant's turn, so that nobody else fills the places that are told of here: call
    it before people are changed in the same transaction (`tenants/turns.py`).
    """
    if directory.tenant.account_limit is None:
        return None
    limit = take_turn(directory.tenant_id).account_limit
    return None if limit is None else max(0, limit - User.objects.filter(tenant_id=directory.tenant_id).count())
