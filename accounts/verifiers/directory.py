"""Proves a person by his password at the tenant's Active Directory. It must not know tokens or local accounts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accounts.directories.access import access_to
from accounts.directories.attempts import forget_attempts, give_back_attempt, row_of, take_attempt
from accounts.gateways.controllers import ask
from accounts.gateways.directory import Entry, PasswordRefusedError, Session
from accounts.gateways.directory_route import ControllerFailedError, DirectoryError
from accounts.models import Directory
from accounts.verifiers import VerificationError

# The sub-codes of result 49. All but the first come with the right password alone (locked on Windows with any).
_WRONG_PASSWORD = "52e"  # noqa: S105 - no password
_LOCKED = "775"
REASONS: Mapping[str, str] = {
    _WRONG_PASSWORD: "bad_password",
    "525": "unknown_user",
    "530": "logon_hours",
    "531": "workstation",
    "532": "password_expired",
    "773": "must_change",
    "533": "disabled",
    "701": "account_expired",
    _LOCKED: "locked",
}
# What these come with is not a wrong password: the directory has counted nothing.
_UNCOUNTED = frozenset(REASONS) - {_WRONG_PASSWORD, "525", _LOCKED}


class DirectoryRefusalError(VerificationError):
    """The directory, or our own limit, says no.

    Attributes:
        guid: whom it is about, if the directory knows the name. has_locked: whether this attempt was the last one.
    """

    def __init__(self, reason: str, guid: uuid.UUID | None = None, *, has_locked: bool = False) -> None:
        super().__init__(reason)
        self.guid = guid
        self.has_locked = has_locked


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """Somebody who knows his password, as the directory has him now, with the units and the groups that he is in.

    `groups` are SIDs; () if the directory did not tell. `units` are None if it did not.
    """

    entry: Entry
    units: tuple[Entry, ...] | None
    groups: tuple[str, ...]


@dataclass(slots=True)
class _Attempt:
    """What is known of one attempt, however many controllers are asked."""

    directory: Directory
    password: str = field(repr=False)
    now: datetime
    guid: uuid.UUID | None = None
    row: str = ""
    # Which of late it is, as far as it is counted.
    number: int | None = None
    # Whether a controller was told the password and has not said yet what it thinks of it.
    is_unanswered: bool = False

    def take(self, account: str) -> bool:
        """Whether the password may be tried now. Each time that it is sent counts: a silent controller may count it."""
        if not self.row or self.is_unanswered:
            self.row = row_of(self.directory, account)
            self.number = take_attempt(self.directory, self.row, self.now)
            self.is_unanswered = False
        return self.number is not None

    def give_back(self) -> None:
        if self.number is not None and not self.is_unanswered:
            give_back_attempt(self.directory, self.row)

    @property
    def is_last(self) -> bool:
        return self.number == self.directory.attempt_limit


def verify_directory_password(directory: Directory, name: str, password: str, now: datetime) -> ProvenEntry:
    """The person of this name, if the directory takes the password, which no controller is told twice.

    An unknown name, and one whose attempts are used up, cost the directory what a wrong password costs it.

    Raises:
        VerificationError: password_empty, before anything is asked. DirectoryRefusalError: unknown_user, bad_password
            and its kin, directory_denied:CODE, directory_attempts_exhausted.
        DirectoryError: the directory gave no usable answer.
    """
    if not name or not password or "\0" in password:
        # Windows takes an empty password for no sign-in at all, and says that it succeeded.
        raise VerificationError("password_empty")
    attempt = _Attempt(directory, password, now)
    try:
        proven = ask(access_to(directory), lambda session: _prove(session, name, attempt))
    except PasswordRefusedError as error:
        attempt.is_unanswered = False
        raise _refusal(error.code, attempt) from None
    except DirectoryError:
        attempt.give_back()
        raise
    forget_attempts(directory, attempt.row)
    return proven


def _prove(session: Session, name: str, attempt: _Attempt) -> ProvenEntry:
    session.bind_service_account()
    entry = session.find_person(name)
    attempt.guid = entry.guid if entry else None
    may_try = attempt.take(entry.account if entry else name)
    if entry is None or not may_try:
        session.refuse_somebody(attempt.password)
        reason = "unknown_user" if may_try else "directory_attempts_exhausted"
        raise DirectoryRefusalError(reason, attempt.guid, has_locked=attempt.is_last)
    attempt.is_unanswered = True
    session.bind_person(entry.dn, attempt.password)
    attempt.is_unanswered = False
    groups = _groups_of(session, entry)
    if attempt.directory.department_attribute:
        return ProvenEntry(entry, (), groups)
    return ProvenEntry(entry, _units_of(session, entry), groups)


def _groups_of(session: Session, entry: Entry) -> tuple[str, ...]:
    """Asked as the person himself: everybody may read his own groups, and not every service account may."""
    try:
        return session.groups_of(entry.dn)
    except ControllerFailedError:
        raise
    except DirectoryError:
        return ()


def _units_of(session: Session, entry: Entry) -> tuple[Entry, ...] | None:
    """He has proven himself: what the directory does not tell of the way to him keeps nobody out."""
    try:
        session.bind_service_account()
        return session.units_above(entry.dn)
    except ControllerFailedError:
        raise
    except DirectoryError:
        return None


def _refusal(code: str, attempt: _Attempt) -> DirectoryRefusalError:
    reason = REASONS.get(code, f"directory_denied:{code or 'none'}")
    if code in _UNCOUNTED:
        attempt.give_back()
        return DirectoryRefusalError(reason, attempt.guid)
    return DirectoryRefusalError(reason, attempt.guid, has_locked=attempt.is_last)
