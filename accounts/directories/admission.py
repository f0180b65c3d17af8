"""Lets in who proved himself at a directory: makes or refreshes his user. It must not know LDAP, tokens or grants."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.directories.departments import settle, units_of, units_of_path
from accounts.directories.people import (
    Holders,
    default_role_ids,
    identities_of,
    new_identity,
    new_user,
    ordered_depts,
    ordered_roles,
    places_left,
    refresh,
)
from accounts.gateways.directory import Entry
from accounts.models import Dept, Directory, DirectoryDept, SocialIdentity, User, UserDept, UserRole
from accounts.verifiers import VerificationError
from accounts.verifiers.directory import ProvenEntry
from tenants.changes import acting_alone, collecting, note_lists

logger = logging.getLogger(__name__)

# Two first sign-ins at once: the second attempt finds what the first one made.
_TRIES = 3


def admit(directory: Directory, proven: ProvenEntry, now: datetime) -> None:
    """Make or refresh the user of somebody who proved himself.

    Raises:
        VerificationError: directory_user_unknown, where new people are not made; account_limit_reached.
    """
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic(), acting_alone("directory sign-in"), collecting():
                _admit(directory, proven, now)
        except IntegrityError:
            if not left:
                raise
        else:
            return


def _admit(directory: Directory, proven: ProvenEntry, now: datetime) -> None:
    entry = proven.entry
    # First of all: it may take the tenant's turn.
    dept = _settle(directory, proven)
    holders = Holders.among(directory, [entry])
    identity = identities_of(directory).select_related("user").filter(openid=str(entry.guid)).first()
    if identity is None:
        user = _make(directory, entry, holders, now)
    else:
        user = identity.user
        changed = refresh(directory, user, entry, holders)
        if changed:
            user.save(update_fields=[*changed, "updated_at"])
        SocialIdentity.objects.filter(pk=identity.pk).update(used_at=now)
    if directory.department_attribute or proven.units is not None:
        _place(directory, user, dept)
    if proven.groups:
        _give_roles(directory, user, proven.groups)
    else:
        # Everybody is in some group: this one may not read his own. What he has stays.
        logger.warning("directory tells no groups directory=%s user=%s", directory.pk, user.pk)


def _settle(directory: Directory, proven: ProvenEntry) -> Dept | None:
    """The department that he belongs to; None also where the directory does not tell."""
    if directory.department_attribute:
        return settle(directory, units_of_path(proven.entry.read(directory.department_attribute)))
    return settle(directory, units_of(proven.units)) if proven.units is not None else None


def _make(directory: Directory, entry: Entry, holders: Holders, now: datetime) -> User:
    if not directory.create_users:
        raise VerificationError("directory_user_unknown")
    if places_left(directory) == 0:
        raise VerificationError("account_limit_reached")
    user = new_user(directory, entry, holders)
    user.save()
    new_identity(directory, user, entry, now).save()
    note_lists(User, [user.pk], "roles")
    UserRole.objects.bulk_create(
        UserRole(user=user, role_id=role_id, position=n) for n, role_id in enumerate(default_role_ids(directory))
    )
    return user


def _place(directory: Directory, user: User, dept: Dept | None) -> None:
    ours = set(DirectoryDept.objects.filter(directory=directory).values_list("dept_id", flat=True))
    held = list(user.userdept_set.values_list("dept_id", flat=True))
    wanted = ordered_depts(ours, held, dept)
    if wanted != held:
        note_lists(User, [user.pk], "depts")
        user.userdept_set.all().delete()
        UserDept.objects.bulk_create(UserDept(user=user, dept_id=one, position=n) for n, one in enumerate(wanted))


def _give_roles(directory: Directory, user: User, groups: tuple[str, ...]) -> None:
    held = dict(user.userrole_set.values_list("role_id", "given_by"))
    wanted = ordered_roles(directory, held, groups)
    if wanted != held:
        note_lists(User, [user.pk], "roles")
        user.userrole_set.all().delete()
        UserRole.objects.bulk_create(
            UserRole(user=user, role_id=role_id, position=n, given_by_id=giver)
            for n, (role_id, giver) in enumerate(wanted.items())
        )
