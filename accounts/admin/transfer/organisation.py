"""Imports and exports of roles, posts and departments. It must not know people."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.authority import assignable_roles
from accounts.admin.transfer.levels import Levels, path_key
from accounts.admin.transfer.placing import Placing
from accounts.admin.transfer.references import References
from accounts.models import Dept, Post, Role, User
from tenants.console.transfer.columns import ChoiceCell, Column, KeyCell, NumberCell
from tenants.console.transfer.entries import Entry, Hashed
from tenants.console.transfer.ids import of_tenant
from tenants.console.transfer.resource import ScopedResource

_TENANT_HELP = gettext_lazy("The tenant's code; may be left out.")


def tenant_column() -> Column:
    """The tenant's code: said by the page, and only compared here."""
    return Column(
        "tenant", gettext_lazy("tenant"), also=("tenant_id", "tenant_code"), aside=True, help_text=_TENANT_HELP,
        shows=lambda row: row.tenant.code if row.tenant else "",
    )  # fmt: skip


def id_column() -> Column:
    """The id of a row that is there, or that one which moves here keeps."""
    help_text = gettext_lazy("Empty: found by its name or code, or new.")
    return Column("id", gettext_lazy("ID"), KeyCell(), attribute="pk", help_text=help_text)


class TreeResource(ScopedResource):
    """Rows that stand below each other; a parent may come after its children in the file."""

    key: ClassVar[str] = "name"

    def preload(self, entries: Sequence[Entry]) -> None:
        super().preload(entries)
        # The whole tree, with each row once: parents are found by name, and a circle may go through any of them.
        rows = list(self.held(of_tenant(self.model._base_manager.all(), self.scope.tenant)))
        self.tree = References(self.model._meta.verbose_name, [self._by_id.get(row.pk, row) for row in rows])
        self._by_id |= self.tree.rows

    def check_together(self, entries: Sequence[Entry]) -> None:
        """Find the parents, also among the new rows, and refuse what would stand below itself, or too deep."""
        self._levels = Placing(entries, self.tree).levels

    def values(self, entry: Entry, name: str) -> tuple[Any, Any]:
        if name != "parent":
            return super().values(entry, name)
        return self.tree.tell(entry.before.get(name), at_first=True), self.tree.tell(entry.instance.parent)

    def save_entries(self, entries: Sequence[Entry], hashed: Mapping[int, Hashed]) -> None:
        """Parents before their children."""
        # What stands in a circle that was there before, and stays there, is on no level.
        super().save_entries(sorted(entries, key=lambda entry: self._levels.get(id(entry.instance), 0)), hashed)


def _parent_column() -> Column:
    return Column(
        "parent", gettext_lazy("parent"), also=("parent_id",), aside=True,
        shows=lambda row: str(row.parent_id or ""),
        help_text=gettext_lazy("Id, name or path (A/B) of the row above, which may stand anywhere in the file."),
    )  # fmt: skip


class RoleResource(TreeResource):
    """Roles, without what they allow in the console: that is given by hand."""

    model: ClassVar[Any] = Role

    id = id_column()
    tenant = tenant_column()
    name = Column("name", gettext_lazy("name"), also=("role_name",))
    alias = Column("alias", gettext_lazy("alias"), also=("role_alias",))
    parent = _parent_column()
    sort = Column("sort", gettext_lazy("sort"), NumberCell())

    def preload(self, entries: Sequence[Entry]) -> None:
        super().preload(entries)
        viewer = cast("User", self.scope.viewer)
        rows = of_tenant(Role.objects.all(), self.scope.tenant)
        self._changeable = set(assignable_roles(rows, viewer).values_list("pk", flat=True))

    def refuse_change(self, instance: Any) -> None:
        if instance.pk not in self._changeable:
            raise ValidationError(_("This role allows more than you may yourself: leave it out."))


class PostResource(ScopedResource):
    """Posts, found again by their code."""

    model: ClassVar[Any] = Post
    key: ClassVar[str] = "code"

    id = id_column()
    tenant = tenant_column()
    code = Column("code", gettext_lazy("code"), also=("post_code",))
    name = Column("name", gettext_lazy("name"), also=("post_name",))
    sort = Column("sort", gettext_lazy("sort"), NumberCell())


class DeptResource(TreeResource):
    """The tree of departments; a name may stand in it more than once."""

    model: ClassVar[Any] = Dept

    id = id_column()
    tenant = tenant_column()
    name = Column("name", gettext_lazy("name"), also=("dept_name",))
    category = Column(
        "category",
        gettext_lazy("category"),
        # BladeX counts them.
        ChoiceCell(Dept.Category.choices, _1="company", _2="department", _3="team"),
        also=("dept_category",),
        help_text=gettext_lazy("company, department or team; empty: department."),
    )
    parent = _parent_column()
    sort = Column("sort", gettext_lazy("sort"), NumberCell())

    def preload(self, entries: Sequence[Entry]) -> None:
        super().preload(entries)
        # By their names, and by their names with whatever their parents may be called.
        self._called: dict[tuple[str, Any], list[Dept]] = {}
        for level in Levels(self.tree.rows.values()).walk():
            for node in level:
                dept = node.row
                above = {"", "0"} if dept.parent is None else {str(dept.parent.pk), dept.parent.name, node.above}
                for key in {None, *above}:
                    self._called.setdefault((dept.name, key), []).append(dept)

    def find_by_key(self, row: Mapping[str, str]) -> Any:
        """The department of this name; where there are several, the one with this parent.

        Raises:
            ValidationError: neither tells which.
        """
        name, parent = row.get("name", ""), row.get("parent")
        found = self._called.get((name, parent), [])
        if not found and parent:
            found = self._called.get((name, path_key(parent)), [])
        if len(found) > 1:
            raise ValidationError({"name": _("There are several departments of this name: write the id.")})
        return found[0] if found else None

    def refuse_duplicates(self, entries: Sequence[Entry]) -> None:
        super().refuse_duplicates(entries)
        seen: dict[tuple[str, str], int] = {}
        for entry in entries:
            if entry.cells.get("id"):
                continue
            key = (entry.cells.get("name", ""), entry.cells.get("parent", ""))
            if key in seen:
                entry.refuse("name", _("Line %(line)d says the same: each row once.") % {"line": seen[key]})
            seen.setdefault(key, entry.line)
