"""Does in the tests' domain what its own administrator would, over LDAPS. It must not know Hufu."""

import uuid
from typing import Any, Self

from accounts.gateways.directory_route import Budget, Limits, Route, close, ldap3
from tests.directory import people
from tests.directory.samba import Controller


class Administrator:
    """A context: the domain's administrator, signed in."""

    def __init__(self, controller: Controller) -> None:
        self._route = Route(controller.url, controller.authority.pem, Budget(Limits(3, 600, 600)))

    def __enter__(self) -> Self:
        self._connection: Any = self._route.open()
        self._connection.raise_exceptions = True
        self._connection.user = people.ADMINISTRATOR
        self._connection.password = people.ADMINISTRATOR_PASSWORD
        self._connection.bind(read_server_info=False)
        return self

    def __exit__(self, *_exception: object) -> None:
        close(self._connection)

    def add_person(self, account: str, name: str, ou: str = people.SALES, **attributes: str) -> uuid.UUID:
        """Make a person with the tests' password; returns his id."""
        dn = f"CN={name},{ou}"
        wanted = {"sAMAccountName": account, "displayName": name, "userAccountControl": "512", **attributes}
        quoted = f'"{people.PASSWORD}"'.encode("utf-16-le")
        self._connection.add(dn, ["user"], {**wanted, "unicodePwd": quoted})
        return self.guid_of(dn)

    def guid_of(self, dn: str) -> uuid.UUID:
        self._connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["objectGUID"])
        return uuid.UUID(bytes_le=self._connection.response[0]["raw_attributes"]["objectGUID"][0])

    def sid_of(self, dn: str) -> str:
        self._connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["objectSid"])
        raw = self._connection.response[0]["raw_attributes"]["objectSid"][0]
        return str(ldap3.protocol.formatters.formatters.format_sid(raw))

    def change(self, dn: str, **attributes: str) -> None:
        """Replace these attributes; an empty text takes one away."""
        changes = {name: [(ldap3.MODIFY_REPLACE, [value] if value else [])] for name, value in attributes.items()}
        self._connection.modify(dn, changes)

    def add_member(self, group: str, dn: str) -> None:
        self._connection.modify(group, {"member": [(ldap3.MODIFY_ADD, [dn])]})

    def remove_member(self, group: str, dn: str) -> None:
        self._connection.modify(group, {"member": [(ldap3.MODIFY_DELETE, [dn])]})

    def add_unit(self, name: str, above: str) -> str:
        dn = f"OU={name},{above}"
        self._connection.add(dn, ["organizationalUnit"])
        return dn

    def rename(self, dn: str, rdn: str, below: str | None = None) -> None:
        """Rename, and move if `below` says where to."""
        self._connection.modify_dn(dn, rdn, new_superior=below)

    def delete(self, dn: str) -> None:
        self._connection.delete(dn)
