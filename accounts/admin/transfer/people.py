"""Imports and exports of people: who they are, their organisation in order, and hashes from elsewhere.

It must not know pages. A password or hash is read, wrapped at once, and never written.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, ClassVar, cast

from django.contrib.auth.hashers import get_hasher
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.authority import KEEPS_FACTOR, assignable_roles, binding_roles, unmanageable
from accounts.admin.transfer.cells import HashCell, PhoneCell
from accounts.admin.transfer.organisation import tenant_column
from accounts.admin.transfer.record import record_import
from accounts.admin.transfer.references import References, written
from accounts.hashers import md5_hex, sha1_hex
from accounts.models import Dept, Post, Role, SocialIdentity, User, UserDept, UserPost, UserRole
from accounts.password_making import make_password_for
from tenants.changes import note, note_lists
from tenants.console.transfer.columns import Cell, Column, KeyCell, MomentCell, NamesCell, SwitchCell
from tenants.console.transfer.entries import Entry, Hashed, Task
from tenants.console.transfer.ids import of_tenant, portions
from tenants.console.transfer.resource import ScopedResource
from tenants.models import Tenant
from tenants.scoping import sees_all_tenants

# The columns whose rows stand in tables of their own, in order.
_ASSIGNED: dict[str, tuple[Any, str]] = {
    "roles": (UserRole, "role"),
    "posts": (UserPost, "post"),
    "depts": (UserDept, "dept"),
}


_LIST_HELP = gettext_lazy("Names, codes or ids, separated by commas, in order.")


class _AssignedCell(NamesCell):
    """Rows by what the file calls them, in order."""

    def render(self, value: Any, obj: Any = None, **context: Any) -> str:  # noqa: ARG002
        ambiguous = context["resource"].ambiguous
        return ", ".join(str(row.pk) if (row.tenant_id, row.name) in ambiguous else written(row) for row in value)

    def tell(self, value: Any, obj: Any = None, **_context: Any) -> str:  # noqa: ARG002
        return ", ".join(value)


def _assigned(title: Any, name: str, *also: str) -> Column:
    through, field = _ASSIGNED[name]

    def rows(person: User) -> list[Any]:
        return [getattr(each, field) for each in getattr(person, f"{through.__name__.lower()}_set").all()]

    return Column(name, title, _AssignedCell(), also=also, aside=True, shows=rows, help_text=_LIST_HELP)


class UserResource(ScopedResource):
    """People. Platform administrators are made by hand: no file says who is one."""

    model: ClassVar[Any] = User
    key: ClassVar[str] = "account"
    offers_passwords: ClassVar[bool] = True
    stored_with: ClassVar[Mapping[str, Sequence[str]]] = {"password": ("password_updated_at", "must_change_password")}
    with_rows: ClassVar[Sequence[str]] = ("tenant", "userrole_set__role", "userpost_set__post", "userdept_set__dept")

    id = Column(
        "id", gettext_lazy("ID"), KeyCell(), attribute="pk", also=("user_id",),
        help_text=gettext_lazy("Empty: found by the account, or new."),
    )  # fmt: skip
    tenant = tenant_column()
    account = Column("account", gettext_lazy("account"), also=("user_name",))
    real_name = Column("real_name", gettext_lazy("real name"))
    nick_name = Column("nick_name", gettext_lazy("nickname"), Cell(None), also=("name",))
    avatar = Column("avatar", gettext_lazy("picture"))
    email = Column("email", gettext_lazy("e-mail"))
    phone = Column("phone", gettext_lazy("phone"), PhoneCell(None))
    postal_address = Column("postal_address", gettext_lazy("postal address"))
    job_number = Column("job_number", gettext_lazy("job number"), Cell(None))
    is_active = Column("is_active", gettext_lazy("active"), SwitchCell())
    is_staff = Column("is_staff", gettext_lazy("may use the console"), SwitchCell())
    is_main_account = Column("is_main_account", gettext_lazy("main account"), SwitchCell())
    roles = _assigned(gettext_lazy("roles"), "roles", "role_id")
    posts = _assigned(gettext_lazy("posts"), "posts", "post_id")
    depts = _assigned(gettext_lazy("departments"), "depts", "dept_id")
    password = Column(
        "password", gettext_lazy("password hash"), HashCell(), also=("password_hash",), aside=True, exports=False,
        help_text=gettext_lazy("sha1(md5(password)) of BladeX, 40 digits. Empty: none, or the one that is there."),
    )  # fmt: skip
    password_updated_at = Column(
        "password_updated_at", gettext_lazy("password set at"), MomentCell(), aside=True,
        help_text=gettext_lazy("Only read beside a password hash; empty: not known, counts as expired."),
    )  # fmt: skip

    @cached_property
    def ambiguous(self) -> set[tuple[int, str]]:
        """Names that several departments of a tenant bear: an export writes their ids."""
        names = Dept.objects.order_by().values("tenant", "name").annotate(number=Count("pk")).filter(number__gt=1)
        return set(names.values_list("tenant", "name"))

    # --- Checking -----------------------------------------------------------------------------------------------------

    def preload(self, entries: Sequence[Entry]) -> None:
        super().preload(entries)
        tenant, viewer = self.scope.tenant, cast("User", self.scope.viewer)
        # Counted once, below, and not for each row.
        self._unlimited = copy(tenant)
        if self._unlimited is not None:
            self._unlimited.account_limit = None
        for person in self._by_id.values():
            person.tenant = self._unlimited
        self._references = {
            name: References(model._meta.verbose_name, of_tenant(model.objects.all(), tenant))
            for name, model in (("roles", Role), ("posts", Post), ("depts", Dept))
        }
        self._assignable = set(
            assignable_roles(of_tenant(Role.objects.all(), tenant), viewer).values_list("pk", flat=True)
        )
        self._assigned: dict[str, dict[int, list[Any]]] = {name: {} for name in _ASSIGNED}
        self._binding = binding_roles(viewer)
        self._superior: set[int] = set()
        for some in portions(self._by_id):
            people = User.objects.filter(pk__in=some)
            self._superior |= set(unmanageable(viewer, people).values_list("pk", flat=True))
            for name, (through, _field) in _ASSIGNED.items():
                for row in through.objects.filter(user__in=some):
                    self._assigned[name].setdefault(row.user_id, []).append(row)

    def init_instance(self, row: Any = None) -> Any:
        person = super().init_instance(row)
        person.tenant = self._unlimited
        return person

    def refuse_change(self, instance: Any) -> None:
        if instance.pk in self._superior:
            raise ValidationError(_("This person may do more than you: leave the row out."))

    def check_together(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._check_assignments(entry)
            self._check_password(entry)
            self._check_oneself(entry)
        self._check_main_account(entries)
        self._check_limit([entry for entry in entries if entry.is_new])

    def _check_assignments(self, entry: Entry) -> None:
        for name, (_through, field) in _ASSIGNED.items():
            if name not in entry.aside:
                continue
            chosen = []
            for text in entry.aside[name]:
                try:
                    chosen.append(self._references[name].find(text))
                except ValueError as error:
                    entry.refuse(name, error)
                    if not entry.room.left:
                        break
            entry.aside[name] = chosen = list(dict.fromkeys(chosen))
            held = [getattr(row, f"{field}_id") for row in self._assigned[name].get(entry.instance.pk or 0, [])]
            given = [row.pk for row in chosen]
            if name == "roles" and not set(given) - set(held) <= self._assignable:
                entry.refuse(name, _("There is no such role, or it allows more than you may yourself."))
            entry.before[name] = [] if entry.is_new else held
            if given != entry.before[name]:
                entry.changed.append(name)

    def values(self, entry: Entry, name: str) -> tuple[Any, Any]:
        if name == "password_updated_at" and not entry.aside.get("password"):
            return None, None
        if name not in _ASSIGNED:
            return super().values(entry, name)
        rows = self._references[name]
        held = [rows.tell(rows.rows[key]) if key in rows.rows else _("another tenant's") for key in entry.before[name]]
        return held, [rows.tell(row) for row in entry.aside[name]]

    def _check_password(self, entry: Entry) -> None:
        moment = entry.aside.get("password_updated_at")
        if entry.aside.get("password"):
            entry.changed.append("password")
            if moment is not None and moment > timezone.now():
                entry.refuse("password_updated_at", _("This moment is still to come."))

    def _check_oneself(self, entry: Entry) -> None:
        if entry.is_new or entry.instance.pk != getattr(self.scope.viewer, "pk", None):
            return
        if entry.aside.get("password"):
            # It would end this very session, before the answer.
            entry.refuse("password", _("Your own password is not changed by a file: empty this cell."))
        for name in ("is_active", "is_staff"):
            if entry.before.get(name) and not getattr(entry.instance, name):
                entry.refuse(name, _("You cannot take this from yourself."))
        for key, role in self._binding.items():
            if "roles" in entry.aside and key not in {chosen.pk for chosen in entry.aside["roles"]}:
                entry.refuse("roles", KEEPS_FACTOR % {"role": role})

    def _check_main_account(self, entries: Sequence[Entry]) -> None:
        others = of_tenant(User.objects.filter(is_main_account=True), self.scope.tenant)
        main: User | None = others.first()
        taken = main.account if main is not None else None
        for entry in entries:
            person = entry.instance
            if not person.is_main_account or (main is not None and not entry.is_new and person.pk == main.pk):
                continue
            if taken is not None:
                text = _("This tenant has a main account already: %(account)s") % {"account": taken}
                entry.refuse("is_main_account", text)
            taken = taken or person.account

    def _check_limit(self, added: Sequence[Entry]) -> None:
        limit = self.scope.tenant.account_limit if self.scope.tenant else None
        if limit is None:
            return
        room = max(limit - User.objects.filter(tenant=self.scope.tenant).count(), 0)
        for entry in added[room:]:
            entry.refuse("", _("This tenant may have %(limit)d accounts at most.") % {"limit": limit})

    # --- Passwords ----------------------------------------------------------------------------------------------------

    def tasks(self, entries: Sequence[Entry]) -> list[Task]:
        tasks = []
        for entry in entries:
            value = entry.aside.get("password") or ""
            if value or (entry.is_new and self.scope.makes_passwords):
                tasks.append(Task(entry.line, value, "" if entry.is_new else entry.instance.password))
        return tasks

    def carry_out(self, task: Task) -> Hashed:
        """Wrap a hash in Argon2id, or think of a password and do the same."""
        hasher: Any = get_hasher("argon2id_sha1_md5")
        plain = "" if task.value else make_password_for(User(tenant=self.scope.tenant or Tenant()))
        sha1 = task.value or sha1_hex(md5_hex(plain))
        if task.current.startswith(f"{hasher.algorithm}$") and hasher.verify_sha1(sha1, task.current):
            return Hashed("")
        return Hashed(hasher.encode_sha1(sha1), plain)

    # --- Storing ------------------------------------------------------------------------------------------------------

    def save_entries(self, entries: Sequence[Entry], hashed: Mapping[int, Hashed]) -> None:
        for entry in entries:
            # As by the form: whoever was there, and gets a password that an administrator of his may know, changes it.
            is_reset = not entry.is_new and not sees_all_tenants(self.scope.viewer)
            _set_password(entry, hashed.get(entry.line), must_change=is_reset)
        kept = [entry for entry in entries if entry.is_new or entry.changed]
        super().save_entries(kept, hashed)
        decided = [entry.instance.pk for entry in kept if "is_active" in entry.changed and not entry.is_new]
        for some in portions(decided):
            # What is decided by hand holds: no synchronisation enables again whom it had disabled itself before.
            gone = SocialIdentity.objects.filter(user__in=some).exclude(gone_at=None)
            note(gone)
            gone.update(gone_at=None)
        for name in _ASSIGNED:
            self._save_assignments(name, [entry for entry in kept if name in entry.changed])
        record_import(self.scope, kept)

    def _save_assignments(self, name: str, entries: Sequence[Entry]) -> None:
        """Bring these people's rows to the given order; one that stays is the same row, whoever gave it."""
        through, field = _ASSIGNED[name]
        for some in portions(entry.instance.pk for entry in entries):
            note_lists(User, some, name)
        gone, moved, new = [], [], []
        for entry in entries:
            held = {getattr(row, f"{field}_id"): row for row in self._assigned[name].get(entry.instance.pk, [])}
            for position, chosen in enumerate(entry.aside[name]):
                row = held.pop(chosen.pk, None)
                if row is None:
                    new.append(through(user=entry.instance, position=position, **{f"{field}_id": chosen.pk}))
                elif row.position != position:
                    row.position = position
                    moved.append(row)
            gone += [row.pk for row in held.values()]
        for some in portions(gone):
            through.objects.filter(pk__in=some).delete()
        through.objects.bulk_update(moved, ["position"], batch_size=200)
        through.objects.bulk_create(new, batch_size=500)


def _set_password(entry: Entry, hashed: Hashed | None, *, must_change: bool) -> None:
    """What the row holds from now on: a new hash, the one that it has, or for a new person, none."""
    person: User = entry.instance
    if hashed is not None and hashed.encoded:
        person.set_hashed_password(hashed.encoded)
        # One that was thought of nobody but its owner shall know for long: he changes it when he signs in.
        person.must_change_password = must_change or bool(hashed.plain)
        person.password_updated_at = entry.aside.get("password_updated_at") if not hashed.plain else None
        return
    if "password" in entry.changed:
        entry.changed.remove("password")
    if entry.is_new:
        person.set_unusable_password()
