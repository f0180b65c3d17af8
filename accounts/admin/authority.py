"""Nobody gives away more than he has in the console: who may grant what. It must not know pages or forms."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.authority import held_by, names_of
from accounts.models import Role, User
from tenants.scoping import sees_all_tenants

# Why somebody keeps a role.
KEEPS_FACTOR = _("You cannot take the role “%(role)s” from yourself: it asks you for a second factor.")


def person_of(request: HttpRequest) -> User:
    """Who works in the console; it lets nobody in who is not signed in."""
    return cast("User", request.user)


def name_of_trustee(trustee: User | None, tenant_id: int | None) -> Any:
    """Who vouches for something of this tenant, as its people may know him; None for nobody."""
    if trustee is None or trustee.tenant_id == tenant_id:
        return trustee
    return _("a platform administrator")


def may_grant(viewer: User, role: Role) -> bool:
    """Whether the viewer may change or assign this role: only if it allows no more than he may himself."""
    return sees_all_tenants(viewer) or names_of(role.permissions.all()) <= held_by(viewer)


def assignable_roles(roles: QuerySet[Role], viewer: User) -> QuerySet[Role]:
    """Those of these roles that the viewer may assign."""
    if sees_all_tenants(viewer):
        return roles
    return roles.exclude(permissions__in=Permission.objects.exclude(pk__in=_held_rows(viewer)))


def grantable_permissions(viewer: User, site: AdminSite) -> QuerySet[Permission]:
    """The permissions that mean something in the console and that the viewer has himself."""
    meaningful = Permission.objects.filter(_meaning_something(site)).select_related("content_type")
    return meaningful if sees_all_tenants(viewer) else meaningful.filter(pk__in=_held_rows(viewer))


def binding_roles(viewer: User) -> dict[int, str]:
    """The roles of the viewer that ask him for a second factor, by name: it is not he who takes them from himself."""
    if sees_all_tenants(viewer):
        return {}
    return dict(Role.objects.filter(users=viewer, requires_second_factor=True).values_list("pk", "name"))


def may_manage_all(viewer: User, people: QuerySet[User]) -> bool:
    """Whether `may_manage` holds for each of these people."""
    if sees_all_tenants(viewer):
        return True
    if people.filter(is_superuser=True).exists():
        return False
    theirs = Permission.objects.filter(role__users__in=people)
    return not theirs.exclude(pk__in=_held_rows(viewer)).exists()


def unmanageable(viewer: User, people: QuerySet[User]) -> QuerySet[User]:
    """Those of these people for whom `may_manage` does not hold."""
    if sees_all_tenants(viewer):
        return people.none()
    beyond = Permission.objects.exclude(pk__in=_held_rows(viewer))
    return people.filter(Q(is_superuser=True) | Q(roles__permissions__in=beyond)).distinct()


def _held_rows(viewer: User) -> QuerySet[Permission]:
    return Permission.objects.filter(role__users=viewer, role__tenant_id=viewer.tenant_id).order_by()


def _meaning_something(site: AdminSite) -> Q:
    """What the pages of the console say that a role may be allowed."""
    condition = Q(pk__in=[])
    for model, page in site._registry.items():
        actions: dict[str, Any] = getattr(page, "grantable", {})
        codenames = [get_permission_codename(action, model._meta) for action in actions]
        condition |= Q(content_type__app_label=model._meta.app_label, codename__in=codenames)
    return condition
