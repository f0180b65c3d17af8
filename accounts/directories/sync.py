"""Brings a tenant's departments and users to what its directory has, a page at a time, or previews what that would do.

It looks through the whole directory first: if more people would go than the directory's settings allow, it changes
nothing. Whoever is missing or disabled there is disabled here, and enabled again when he is back; nobody is deleted.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.directories.access import access_to
from accounts.directories.departments import settle, unit_of, units_of_path
from accounts.directories.pages import Page
from accounts.directories.people import identities_of, places_left
from accounts.gateways.controllers import connected
from accounts.gateways.directory import PEOPLE, UNITS, Entry, Session, depth, parts_of
from accounts.models import Dept, Directory, DirectoryDept, SocialIdentity, User
from tenants.changes import collecting, note
from tenants.turns import take_turn

logger = logging.getLogger(__name__)

_BATCH = 500


class SyncOvertakenError(Exception):
    """It was taken for dead and another one was begun, or its directory was deleted. What was brought stays."""


class SyncStoppedError(Exception):
    """Nothing was changed: `going` of `known` people would have been disabled.

    Attributes:
        reason: `too_many_would_go`, or `nobody_found`, below a base that is wrong or that may not be read.
    """

    def __init__(self, reason: str, going: int, known: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.going = going
        self.known = known


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to whom. `kind`: created, changed, disabled, enabled, skipped, or department."""

    kind: str
    name: str
    detail: str = ""


@dataclass(slots=True)
class Report:
    """How far it is. Called as it goes: `on_change` for each change, `on_progress` as a sign of life.

    `on_progress` may raise, to end it.
    """

    on_change: Callable[[Change], None]
    on_progress: Callable[["Report"], None]
    total: int = 0
    done: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, name: str, detail: str = "") -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.on_change(Change(kind, name, detail))

    def beat(self) -> None:
        self.on_progress(self)


def synchronise(
    directory: Directory, report: Report, now: datetime, *, is_preview: bool = False, percent: int | None = None
) -> None:
    """Carry it out, or tell what would change.

    A preview does the same in transactions that are undone: it cannot tell anything else than what would happen.
    `percent` stands in for the directory's own limit of people who may go.

    Raises:
        SyncStoppedError: too many would go.
        SyncOvertakenError: see there, from `report`.
        DirectoryError: the directory gave no usable answer; what pages before it brought stays.
    """
    allowed = directory.max_deletions_percent if percent is None else percent
    with connected(access_to(directory), on_try=report.beat) as session:
        present = {
            entry.guid.bytes: entry.is_disabled
            for page in _beating(session.pages(PEOPLE, ("objectGUID", "userAccountControl")), report)
            for entry in page
        }
        missing = _find_missing(directory, present, allowed)
        report.total = len(present) + len(missing)
        sync = _Sync(directory, report, now, is_preview=is_preview)
        sync.bring_departments(session)
        for page in session.pages(PEOPLE):
            sync.bring_people(page)
    sync.disable(missing)
    logger.info("directory synchronised directory=%s preview=%s counts=%s", directory.pk, is_preview, report.counts)


def _beating(pages: Iterator[list[Entry]], report: Report) -> Iterator[list[Entry]]:
    """The same pages; each is a sign of life."""
    for page in pages:
        report.beat()
        yield page


def _find_missing(directory: Directory, present: dict[bytes, bool], allowed: int) -> list[int]:
    """The identities of the active people who are not in the directory any more.

    `present` is all that is kept of people between pages: sixteen bytes each, and whether he is disabled there.

    Raises:
        SyncStoppedError: more are missing or disabled there than is allowed.
    """
    missing: list[int] = []
    known = going = 0
    active = identities_of(directory).filter(user__is_active=True).values_list("pk", "openid")
    for pk, openid in active.iterator(chunk_size=_BATCH):
        known += 1
        is_disabled = present.get(_bytes_of(openid))
        if is_disabled is None:
            missing.append(pk)
        going += is_disabled is not False
    if known and not present:
        raise SyncStoppedError("nobody_found", going, known)
    # One may always go where anybody may: of few people he is more than any percentage.
    if going > max(1 if allowed else 0, allowed * known // 100):
        raise SyncStoppedError("too_many_would_go", going, known)
    return missing


def _bytes_of(openid: str) -> bytes:
    try:
        return UUID(openid).bytes
    except ValueError:  # written by hand
        return b""


class _Sync:
    """One run. The organisational units are kept by their DNs, and with them their departments: there are few."""

    def __init__(self, directory: Directory, report: Report, now: datetime, *, is_preview: bool) -> None:
        self._directory = directory
        self._report = report
        self._now = now
        self._is_preview = is_preview
        # Whom a preview would have made, and undid.
        self._undone = 0
        self._paths: dict[tuple[str, ...], list[Entry]] = {}
        self._depts: dict[tuple[str, ...], Dept | None] = {}

    def bring_departments(self, session: Session) -> None:
        """Make, rename and move departments as the organisational units are, unless an attribute names them."""
        if self._directory.department_attribute:
            return
        pages = _beating(session.pages(UNITS, ("ou", "objectGUID")), self._report)
        units = [unit for page in pages for unit in page]
        base = depth(self._directory.base_dn)
        for unit in sorted(units, key=lambda one: depth(one.dn)):
            parts = parts_of(unit.dn)
            if len(parts) > base:
                self._paths[parts] = [*self._paths.get(parts[1:], []), unit]
        paths = list(self._paths.values())
        for start in range(0, len(paths), _BATCH):
            with self._kept():
                for path in paths[start : start + _BATCH]:
                    self._bring_department(path)
            self._report.beat()

    def bring_people(self, entries: Sequence[Entry]) -> None:
        """Make and refresh the users of one page."""
        try:
            page = self._bring_page(entries)
        except IntegrityError:
            # Somebody of this page signed in for the first time meanwhile.
            self._depts.clear()
            page = self._bring_page(entries)
        for kind, name, detail in page.notes:
            self._report.note(kind, name, detail)
        if self._is_preview:
            self._undone += page.created
        self._report.done += len(entries)
        self._report.beat()

    def _bring_page(self, entries: Sequence[Entry]) -> Page:
        with self._kept():
            places = places_left(self._directory)
            page = Page(self._directory, entries, self._now)
            for entry in entries:
                page.bring(entry, self._dept_of, None if places is None else places - self._undone)
            page.store()
        return page

    def disable(self, missing: Sequence[int]) -> None:
        """Disable those whom the directory knew no more; not who has signed in there since."""
        for start in range(0, len(missing), _BATCH):
            some = SocialIdentity.objects.filter(pk__in=missing[start : start + _BATCH], user__is_active=True)
            some = some.exclude(used_at__gt=self._now)
            with self._kept():
                people = dict(some.values_list("user_id", "user__account"))
                users = User.objects.filter(pk__in=people)
                note(some)
                note(users.select_related("tenant"))
                some.update(gone_at=self._now)
                users.update(is_active=False, updated_at=self._now)
                for account in people.values():
                    self._report.note("disabled", account, "missing")
            self._report.done += len(people)
            self._report.beat()

    def _bring_department(self, path: Sequence[Entry]) -> None:
        known = DirectoryDept.objects.filter(directory=self._directory, key=str(path[-1].guid)).select_related("dept")
        before = [(row.dept.name, row.dept.parent_id) for row in known]
        dept = settle(self._directory, [unit_of(one) for one in path])
        if dept is not None and before != [(dept.name, dept.parent_id)]:
            self._report.note("department", "/".join(unit_of(one).name for one in path))

    def _dept_of(self, entry: Entry) -> Dept | None:
        """The department of the innermost unit above this person, or of his attribute."""
        if self._directory.department_attribute:
            units = units_of_path(entry.read(self._directory.department_attribute))
        else:
            units = [unit_of(one) for one in self._path_above(parts_of(entry.dn))]
        key = tuple(unit.key for unit in units)
        if key not in self._depts:
            self._depts[key] = settle(self._directory, units)
        return self._depts[key]

    def _path_above(self, parts: tuple[str, ...]) -> list[Entry]:
        for start in range(1, len(parts)):
            if parts[start:] in self._paths:
                return self._paths[parts[start:]]
        return []

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """A transaction in the tenant's turn, undone in a preview: its departments are no longer there then."""
        with transaction.atomic():
            take_turn(self._directory.tenant_id)
            with collecting():
                yield
            if self._is_preview:
                transaction.set_rollback(True)
                self._depts.clear()
