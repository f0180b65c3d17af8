"""Nobody gains by what he sets up: who may manage whom, and whose settings count for whom. It must not know pages."""

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from tenants.scoping import sees_all_tenants


def may_manage(viewer: User, person: User) -> bool:
    """Whether the viewer may change this person or set his password: only if that person may not do more than he.

    Otherwise a new password for a superior would be a way to become one.
    """
    if sees_all_tenants(viewer):
        return True
    return not person.is_superuser and names_of(Permission.objects.filter(role__users=person)) <= held_by(viewer)


def may_reset_factors(viewer: User, person: User) -> bool:
    """Whether the viewer may take this person's second factors away; his own he changes on the account page."""
    is_other = viewer.pk != person.pk
    return is_other and viewer.has_perm("accounts.resetfactors_user") and may_manage(viewer, person)


def is_trusted(trustee_id: int | None, person_id: int) -> bool:
    """Whether what the trustee has set up may decide who signs in as this person, now.

    Asked whenever it is used: rights, phones and bound identities change after a page was saved. Only if the person may
    not do more than the trustee; of a trustee who is gone, disabled or unknown (None), only if he may do nothing.
    """
    allowed = Permission.objects.filter(role__users=OuterRef("pk"))
    person = User.objects.filter(Q(is_superuser=True) | Exists(allowed), pk=person_id).first()
    if person is None:
        return True
    trustee = User.objects.filter(pk=trustee_id, is_active=True).first() if trustee_id is not None else None
    return trustee is not None and may_manage(trustee, person)


def held_by(viewer: User) -> set[str]:
    """What the viewer may do, as "app.codename"."""
    return viewer.get_all_permissions()


def names_of(permissions: QuerySet[Permission]) -> set[str]:
    """These permissions as "app.codename"."""
    return {".".join(pair) for pair in permissions.values_list("content_type__app_label", "codename")}
