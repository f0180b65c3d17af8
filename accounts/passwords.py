"""What a new password must be, by the policy of the person's tenant. It must not know how passwords are kept."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, is_password_usable
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import PastPassword, User
from tenants.models import Tenant

# What stands beside a new password whose tenant is not known yet.
HINT = _("As long as the tenant's password policy says, and none of the well-known ones.")


class TenantPolicyValidator:
    """Django asks it wherever a password is set: in the console, by its owner, by `createsuperuser`."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept a password of the tenant's length.

        Raises:
            ValidationError: it is shorter.
        """
        tenant = _tenant_of(user)
        shortest = tenant.shortest_password
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
        return str(HINT)


def hint_of(tenant: Tenant) -> str:
    """What a new password must be in this tenant, in a line to stand beside its field."""
    shortest = tenant.shortest_password
    text = ngettext(
        "At least %(shortest)d character, and none of the well-known passwords.",
        "At least %(shortest)d characters, and none of the well-known passwords.",
        shortest,
    )
    return text % {"shortest": shortest}


def refuse_used(password: str, user: User) -> None:
    """Accept a password that is neither the person's present one nor one of those that the policy looks back on.

    To be asked for himself alone, and once he has proved himself: to anybody else the answer tells what his password is
    or was, as often as he likes to ask.

    Raises:
        ValidationError: it was used too short a time ago.
    """
    number = int(user.tenant.password_history)
    if any(check_password(password, past) for past in _last_ones(user, number)):
        present = gettext("This is the present password. Choose another one.")
        past_one = gettext("This is one of the last %(number)d passwords. Choose another one.")
        raise ValidationError(
            present if number <= 1 else past_one, code="password_used_before", params={"number": number}
        )


def _tenant_of(user: AbstractBaseUser | None) -> Tenant:
    # A person without a tenant yet, as in `createsuperuser`: what a new tenant would ask for.
    return getattr(user, "tenant", None) or Tenant()


def _last_ones(user: User, number: int) -> list[str]:
    """The hashes of this person's last passwords, the present one first."""
    past = PastPassword.objects.filter(user_id=user.pk).values_list("password", flat=True)[: max(0, number - 1)]
    return [encoded for encoded in (user.password, *past) if is_password_usable(encoded)]
