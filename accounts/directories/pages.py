"""Makes and refreshes the users of one page of a directory, in few statements. It must not know where it came from."""

from collections.abc import Callable, Sequence
from datetime import datetime

from accounts.directories.people import (
    Holders,
    default_role_ids,
    identities_of,
    new_identity,
    new_user,
    ordered_depts,
    refresh,
)
from accounts.gateways.directory import Entry
from accounts.models import Dept, Directory, DirectoryDept, SocialIdentity, User, UserDept, UserRole
from tenants.changes import note, note_created, note_lists

FindDept = Callable[[Entry], Dept | None]


class Page:
    """The people of one page: `bring` each, then `store`.

    Attributes:
        notes: what happened: kind, account, detail. created: how many people are new.
    """

    def __init__(self, directory: Directory, entries: Sequence[Entry], now: datetime) -> None:
        self.notes: list[tuple[str, str, str]] = []
        self.created = 0
        self._directory = directory
        self._now = now
        # The departments that stand for units.
        self._ours = set(DirectoryDept.objects.filter(directory=directory).values_list("dept_id", flat=True))
        guids = [str(entry.guid) for entry in entries]
        known = identities_of(directory).select_related("user").filter(openid__in=guids)
        self._identities: dict[str, SocialIdentity] = {identity.openid: identity for identity in known}
        self._holders = Holders.among(directory, entries)
        self._held: dict[int, list[int]] = {}
        users = [identity.user_id for identity in self._identities.values()]
        assignments = UserDept.objects.filter(user__in=users).order_by("user_id", "position", "id")
        for user_id, dept_id in assignments.values_list("user_id", "dept_id"):
            self._held.setdefault(user_id, []).append(dept_id)
        self._new: list[tuple[User, Entry, Dept | None]] = []
        self._moved: dict[int, list[int]] = {}

    def bring(self, entry: Entry, find_dept: FindDept, places_left: int | None) -> None:
        """Refresh whom we know; make whom we do not, unless he is disabled there or the tenant is full."""
        identity = self._identities.get(str(entry.guid))
        if identity is not None:
            self._refresh(identity, entry, find_dept(entry))
        elif not entry.account or entry.is_disabled:
            return
        elif places_left is not None and len(self._new) >= places_left:
            self.notes.append(("skipped", entry.account, "account_limit_reached"))
        else:
            user = new_user(self._directory, entry, self._holders)
            self._new.append((user, entry, find_dept(entry)))
            self.notes.append(("created", user.account, user.real_name))

    def store(self) -> None:
        """Store what was not stored yet."""
        users = User.objects.bulk_create(user for user, _entry, _dept in self._new)
        note_created(users)
        identities = SocialIdentity.objects.bulk_create(
            new_identity(self._directory, user, entry)
            for user, (_unsaved, entry, _dept) in zip(users, self._new, strict=True)
        )
        note_created(identities)
        note_lists(User, [user.pk for user in users], "roles")
        roles = default_role_ids(self._directory)
        UserRole.objects.bulk_create(
            UserRole(user=user, role_id=role_id, position=n) for user in users for n, role_id in enumerate(roles)
        )
        for user, (_unsaved, _entry, dept) in zip(users, self._new, strict=True):
            if dept is not None:
                self._moved[user.pk] = [dept.pk]
        note_lists(User, list(self._moved), "depts")
        UserDept.objects.filter(user__in=list(self._moved)).delete()
        UserDept.objects.bulk_create(
            UserDept(user_id=user_id, dept_id=dept_id, position=n)
            for user_id, dept_ids in self._moved.items()
            for n, dept_id in enumerate(dept_ids)
        )
        self.created = len(users)

    def _refresh(self, identity: SocialIdentity, entry: Entry, dept: Dept | None) -> None:
        user = identity.user
        before = user.account
        changed = refresh(self._directory, user, entry, self._holders)
        # A department that stands for a unit since this page began is the directory's too.
        held = self._held.get(user.pk, [])
        wanted = ordered_depts(self._ours | ({dept.pk} if dept else set()), held, dept)
        if wanted != held:
            self._moved[user.pk] = wanted
        if changed or wanted != held:
            fields = [*changed, *(["department"] if wanted != held else [])]
            self.notes.append(("changed", before, ", ".join(fields)))
        active = self._activity(identity, entry)
        if active is not None:
            user.is_active = active
            changed = [*changed, "is_active"]
            self.notes.append(("enabled" if active else "disabled", user.account, ""))
        if changed:
            user.save(update_fields=[*changed, "updated_at"])

    def _activity(self, identity: SocialIdentity, entry: Entry) -> bool | None:
        """Whether to enable (only whom we disabled ourselves) or to disable; None: neither."""
        if entry.is_disabled and identity.user.is_active:
            self._set_gone(identity, self._now)
            return False
        if not entry.is_disabled and identity.gone_at is not None:
            self._set_gone(identity, None)
            return None if identity.user.is_active else True
        return None

    @staticmethod
    def _set_gone(identity: SocialIdentity, moment: datetime | None) -> None:
        rows = SocialIdentity.objects.filter(pk=identity.pk)
        note(rows)
        rows.update(gone_at=moment)
