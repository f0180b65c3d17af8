"""The account page's section "Password and second factor": how things stand. It must not know how they are changed."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.account_sections import Action, Visit
from accounts.factors.standing import factors_of


class SignInSecurity:
    """When the password was set, and which second factors there are; the links lead to pages of their own."""

    name = "security"
    title = _("Password and second factor")
    template = "account/sections/security.html"
    actions: Mapping[str, Action] = {}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        return {"set_at": visit.user.password_updated_at, "factors": factors_of(visit.user.pk)}
