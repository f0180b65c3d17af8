"""What a new password must be, by the policy of the person's tenant. It must not know how passwords are kept."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext

from tenants.models import Tenant


class TenantPolicyValidator:
    """Django asks it wherever a password is set: in the console, by its owner, by `createsuperuser`."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept a password of the tenant's length.

        Raises:
            ValidationError: it is shorter.
        """
        shortest = _shortest(user)
        if len(password) < shortest:
            raise ValidationError(
                ngettext(
                    "A password has at least %(shortest)d character in this tenant.",
                    "A password has at least %(shortest)d characters in this tenant.",
                    shortest,
                ),
                code="password_too_short",
                params={"shortest": shortest},
            )

    def get_help_text(self) -> str:
        return gettext("As long as the tenant's password policy says, and none of the well-known ones.")


def _shortest(user: AbstractBaseUser | None) -> int:
    # A person without a tenant yet, as in `createsuperuser`: what a new tenant would ask for.
    tenant = getattr(user, "tenant", None) or Tenant()
    return int(tenant.password_min_length)
