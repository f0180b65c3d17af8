"""Signs people in to the console, by tenant, account and password, and answers what their roles allow."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Role, User
from accounts.signing_in import sign_in


class TenantBackend(BaseBackend):
    """The only back end: `USERNAME_FIELD` is not unique by itself, so nothing else may look people up."""

    def authenticate(
        self,
        request: HttpRequest | None,
        tenant: str | None = None,
        username: str | None = None,
        password: str | None = None,
        console: bool = False,
        **_others: Any,
    ) -> User | None:
        """The active user of an active tenant with this password; every attempt leaves a login event.

        He is signed in by `accounts/pending.py`, which knows what else is asked of him.
        """
        if request is None or not (tenant and username and password):
            return None
        user_id = sign_in(request, tenant_code=tenant, account=username, password=password, console=console)
        return None if user_id is None else self.get_user(user_id)

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, as long as he and his tenant are active."""
        wanted = Role.objects.filter(users=OuterRef("pk"), requires_second_factor=True)
        people = User.objects.select_related("tenant").annotate(role_wants_second_factor=Exists(wanted))
        user = people.filter(pk=user_id, is_active=True).first()
        return user if user is not None and user.tenant.is_usable(timezone.now()) else None

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        """What the person's roles allow in the console, as "app.codename"; looked up once a request."""
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        cached: set[str] | None = getattr(user_obj, "_role_permissions", None)
        if cached is None:
            names = _permissions_of(user_obj).values_list("content_type__app_label", "codename")
            cached = {f"{app_label}.{codename}" for app_label, codename in names}
            user_obj._role_permissions = cached  # type: ignore[attr-defined]  # as Django's ModelBackend does
        return cached

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))


def _permissions_of(user: User) -> QuerySet[Permission]:
    return Permission.objects.filter(role__users=user, role__tenant_id=user.tenant_id).order_by().distinct()
