"""Speaks LDAP with one domain controller of Active Directory, through ldap3. It must not know people or models."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from accounts.gateways.directory_route import (
    Budget,
    ControllerFailedError,
    DirectoryError,
    DirectorySetupError,
    DirectoryUnavailableError,
    Route,
    close,
    ldap3,
)
from accounts.gateways.refusals import forget_refusal, refusal_of, remember_refusal

PAGE_SIZE = 500
PEOPLE = "(&(objectCategory=person)(objectClass=user))"
UNITS = "(objectClass=organizationalUnit)"
_PERSON = "(&(objectCategory=person)(objectClass=user)(sAMAccountName={account}))"
_OWN_ATTRIBUTES = ("sAMAccountName", "userPrincipalName", "objectGUID", "userAccountControl")
# Of `userAccountControl`: ADS_UF_ACCOUNTDISABLE.
_DISABLED = 2
# All that is read of a refusal: the rest of the text differs between Windows and Samba.
_SUB_CODE = re.compile(r"data ([0-9a-f]+)")
_REFUSED = 49
_SHORTEST_SID = 12
# Results that a wrong setting brings: a referral elsewhere, no such object, no DN; no right to look.
_OF_THE_SETTINGS = {10: "directory_base", 32: "directory_base", 34: "directory_base", 50: "directory_rights"}
# A DN that nobody has: refusing it takes a controller what refusing a wrong password takes.
_NOBODY = "CN=hufu-nobody-{number},{base}"


class PasswordRefusedError(Exception):
    """Result 49: it is not this person's password, or he may not sign in. `code` is the sub-code in hexadecimal."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to ask a directory. `name` is its alone in this process ("directory:3").

    `lane` is shared with its tenant's other directories. `attributes` are read of people, beyond what each of them has.
    For `refusal_seconds` a refused service account is not tried again.
    """

    name: str
    lane: str
    urls: tuple[str, ...]
    base_dn: str
    service_account: str
    service_password: str = field(repr=False)
    ca_certificates: str = field(repr=False)
    attributes: tuple[str, ...] = ()
    refusal_seconds: int = 1800


@dataclass(frozen=True, slots=True)
class Entry:
    """A person or an organisational unit as the directory has it; of each attribute the first value."""

    dn: str
    guid: uuid.UUID
    attributes: Mapping[str, str] = field(repr=False)

    def read(self, name: str) -> str:
        """The attribute of this name, in any case; "" without one."""
        return self.attributes.get(name.lower(), "")

    @property
    def account(self) -> str:
        return self.read("sAMAccountName")

    @property
    def is_disabled(self) -> bool:
        control = self.read("userAccountControl")
        return control.isdecimal() and bool(int(control) & _DISABLED)


class Session:
    """A connection to one controller; a context that opens it, and closes it whatever happens."""

    def __init__(self, access: Access, url: str, budget: Budget) -> None:
        self.access = access
        self.route = Route(url, access.ca_certificates, budget)
        self._budget = budget
        self._connection: Any = None

    def __enter__(self) -> Self:
        """Connect and encrypt.

        Raises:
            ControllerFailedError: there is no way.
        """
        self._connection = self.route.open()
        return self

    def __exit__(self, *_exception: object) -> None:
        close(self._connection)

    def bind_service_account(self, *, anew: bool = False) -> None:
        """Sign the service account in. One that was refused a while ago is not tried again, unless `anew`.

        Raises:
            DirectorySetupError: it is refused, or none is set. DirectoryUnavailableError: see there.
        """
        access = self.access
        if not access.service_account or not access.service_password:
            raise DirectorySetupError("directory_service_account", "missing")
        credentials = access.name, access.service_account, access.service_password
        code = None if anew else refusal_of(*credentials)
        if code is not None:
            raise DirectorySetupError("directory_service_account", code)
        result = self._bind(access.service_account, access.service_password)
        if result["result"] == _REFUSED:
            code = _sub_code(result)
            remember_refusal(*credentials, code=code, seconds=access.refusal_seconds)
            raise DirectorySetupError("directory_service_account", code)
        _require_success(result)
        if anew:
            forget_refusal(*credentials)

    def find_person(self, account: str) -> Entry | None:
        """Whose `sAMAccountName` this is below the base; None if it is nobody's, or more than one's.

        Raises:
            DirectoryError: no answer.
        """
        query = _PERSON.format(account=ldap3.utils.conv.escape_filter_chars(account))
        found, _cookie = self._search(self.access.base_dn, query, self._attributes(), page_size=2)
        return found[0] if len(found) == 1 else None

    def bind_person(self, dn: str, password: str) -> None:
        """Prove that this is the person's password. Not to be repeated: a refusal counts in the directory.

        Raises:
            PasswordRefusedError: it is not. DirectoryUnavailableError: no answer. ValueError: an empty password, or one
                with NUL, which a directory may take for no password at all, and welcome.
        """
        result = self._bind(dn, password)
        if result["result"] == _REFUSED:
            raise PasswordRefusedError(_sub_code(result))
        _require_success(result)

    def refuse_somebody(self, password: str) -> None:
        """Have a password refused that is nobody's, so that an unknown name takes the work of a known one."""
        try:
            self._bind(_NOBODY.format(number=uuid.uuid4(), base=self.access.base_dn), password)
        except DirectoryError:
            return

    def groups_of(self, dn: str) -> tuple[str, ...]:
        """The SIDs of all groups that somebody is in, also through other groups; () if he may not be asked about.

        Raises:
            DirectoryError: no answer.
        """
        result = self._ask(
            lambda: self._connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["tokenGroups"])
        )
        _require_success(result)
        values = [entry["raw_attributes"].get("tokenGroups", ()) for entry in self._entries()]
        # Nothing shorter is a SID (MS-DTYP section 2.4.2).
        return tuple(_sid(value) for some in values for value in some if len(value) >= _SHORTEST_SID)

    def find_anybody(self) -> Entry | None:
        """Some person below the base.

        Raises:
            DirectoryError: no answer.
        """
        found, _cookie = self._search(self.access.base_dn, PEOPLE, self._attributes(), page_size=1)
        return found[0] if found else None

    def units_above(self, dn: str) -> tuple[Entry, ...]:
        """The organisational units between the base and somebody, the outermost first.

        Raises:
            DirectoryError: no answer.
        """
        above = ancestors(dn, self.access.base_dn)
        if not above:
            return ()
        names = "".join(f"(distinguishedName={ldap3.utils.conv.escape_filter_chars(one)})" for one in above)
        found, _cookie = self._search(
            self.access.base_dn, f"(&{UNITS}(|{names}))", ("ou", "objectGUID"), page_size=PAGE_SIZE
        )
        return tuple(sorted(found, key=lambda unit: depth(unit.dn)))

    def pages(self, query: str, attributes: Sequence[str] = ()) -> Iterator[list[Entry]]:
        """Everything below the base that the filter matches, PAGE_SIZE at a time: none gives all at once.

        Raises:
            DirectoryError: no answer, or not all of it.
        """
        cookie: Any = None
        while True:
            found, cookie = self._search(
                self.access.base_dn, query, attributes or self._attributes(), page_size=PAGE_SIZE, cookie=cookie
            )
            yield found
            if not cookie:
                return

    def _attributes(self) -> tuple[str, ...]:
        return (*_OWN_ATTRIBUTES, *self.access.attributes)

    def _bind(self, name: str, password: str) -> Mapping[str, Any]:
        if not password or "\0" in password:
            raise ValueError("no password")
        self._connection.user = name
        # As bytes: ldap3 would rewrite a text (SASLprep), and with it full-width letters.
        self._connection.password = password.encode()
        try:
            return self._ask(lambda: self._connection.bind(read_server_info=False))
        finally:
            self._connection.password = None

    def _search(
        self, base: str, query: str, attributes: Sequence[str], *, page_size: int, cookie: Any = None
    ) -> tuple[list[Entry], Any]:
        result = self._ask(
            lambda: self._connection.search(
                base,
                query,
                ldap3.SUBTREE,
                dereference_aliases=ldap3.DEREF_NEVER,
                attributes=list(attributes),
                paged_size=page_size,
                paged_criticality=True,
                paged_cookie=cookie,
            )
        )
        _require_success(result)
        controls = result.get("controls") or {}
        paged = controls.get("1.2.840.113556.1.4.319", {}).get("value") or {}
        return [_entry(found) for found in self._entries() if _has_guid(found)], paged.get("cookie")

    def _entries(self) -> list[Any]:
        """What was found; where else one might ask (a referral) is left aside."""
        return [one for one in self._connection.response or () if one.get("type") == "searchResEntry"]

    def _ask(self, operation: Callable[[], object]) -> Mapping[str, Any]:
        """The result of one operation, in its time.

        Raises:
            ControllerFailedError: no answer came, or none that is LDAP.
        """
        self._budget.begin_operation()
        try:
            operation()
            result: dict[str, Any] = {**self._connection.result, "result": int(self._connection.result["result"])}
        except Exception as error:  # noqa: BLE001 - what a peer sends goes through decoders that raise as they please
            timed_out = isinstance(error, TimeoutError) or "timed out" in str(error)
            raise ControllerFailedError(
                "directory_timed_out" if timed_out else "directory_unreachable", "answer"
            ) from None
        return result


def _require_success(result: Mapping[str, Any]) -> None:
    code = result["result"]
    if code in _OF_THE_SETTINGS:
        raise DirectorySetupError(_OF_THE_SETTINGS[code], f"result {code}")
    if code != 0:
        # Among them 8, "stronger authentication required", and 51 to 53: busy, unavailable, unwilling.
        raise DirectoryUnavailableError("directory_unwilling", f"result {code}")


def _sub_code(result: Mapping[str, Any]) -> str:
    found = _SUB_CODE.search(str(result.get("message")))
    return found[1][:8] if found else ""


def _has_guid(found: Any) -> bool:
    return [len(value) for value in found["raw_attributes"].get("objectGUID", ())] == [16]


def _entry(found: Any) -> Entry:
    raw = found["raw_attributes"]
    return Entry(
        dn=found["dn"],
        guid=uuid.UUID(bytes_le=raw["objectGUID"][0]),
        attributes={
            name.lower(): values[0].decode(errors="replace").replace("\0", "").strip()
            for name, values in raw.items()
            if values and name != "objectGUID"
        },
    )


def _sid(value: bytes) -> str:
    """A security identifier as people write it (MS-DTYP section 2.4.2)."""
    authority = int.from_bytes(value[2:8], "big")
    parts = [int.from_bytes(value[start : start + 4], "little") for start in range(8, len(value) - 3, 4)]
    return "-".join(["S", str(value[0]), str(authority), *map(str, parts)])


def parts_of(dn: str) -> tuple[str, ...]:
    """The parts of a DN, comparable: lower case, the innermost first; () for what is no DN."""
    try:
        return tuple(f"{kind}={value}".lower() for kind, value, _separator in ldap3.utils.dn.parse_dn(dn))
    except ldap3.core.exceptions.LDAPInvalidDnError:
        return ()


def depth(dn: str) -> int:
    """How many parts a DN has."""
    return len(parts_of(dn))


def ancestors(dn: str, base_dn: str) -> list[str]:
    """The DNs between the base and this one, neither of them included, the innermost first; none for what is no DN."""
    if not parts_of(dn):
        return []
    parts = [f"{kind}={value}" for kind, value, _separator in ldap3.utils.dn.parse_dn(dn)]
    return [",".join(parts[start:]) for start in range(1, len(parts) - depth(base_dn))]
