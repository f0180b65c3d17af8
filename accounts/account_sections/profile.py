"""The account page's section "Your account": who one is here. It must not know how that is changed."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.account_sections import Action, Visit


class Profile:
    """Account, name, tenant, e-mail and phone."""

    name = "profile"
    title = _("Your details")
    template = "account/sections/profile.html"
    actions: Mapping[str, Action] = {}

    @staticmethod
    def context(visit: Visit) -> dict[str, Any]:
        user = visit.user
        lines = (
            (_("Account"), user.account),
            (_("Name"), user.real_name or user.nick_name),
            (_("Tenant"), user.tenant.name),
            (_("E-mail"), user.email),
            (_("Phone"), user.phone),
        )
        return {"lines": [(label, text) for label, text in lines if text], "is_staff": user.is_staff}
