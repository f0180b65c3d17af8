"""The console's part of a person's page that is about second factors: how things stand, and to reset them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin.authority import person_of
from accounts.authority import may_reset_factors
from accounts.factors.changes import reset
from accounts.factors.standing import Factors, factors_of
from accounts.models import User


class ResetsFactors:
    """For the page of people. Resetting is a right of its own; who may do more than the viewer stays out of reach."""

    admin_site: Any
    opts: Any
    get_object: Any
    has_view_permission: Any
    log_change: Any
    message_user: Any

    @display(description=_("second factor"))
    def factor_state(self, person: User) -> str:
        return ", ".join(_described(factors_of(person.pk))) or gettext("none")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        actions = super().get_actions_detail(request, object_id)  # type: ignore[misc]  # of the theme's class
        if self._may_reset(request, self.get_object(request, str(object_id))):
            return actions
        return [each for each in actions if not each.action_name.endswith("reset_factors")]

    @action(description=_("Reset second factors"), url_path="reset-factors", icon="lock_reset")
    def reset_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what will go, then take it away, for somebody who has lost what he shows."""
        person: User = self.get_object(request, object_id)
        if not self._may_reset(request, person):
            raise PermissionDenied
        if request.method == "POST":
            if reset(request, person, actor=person_of(request).account):
                self.log_change(request, person, [{"changed": {"fields": [_("second factor")]}}])
                text = _("The second factors are reset, and the person is signed out everywhere.")
                self.message_user(request, text, messages.SUCCESS)
            else:
                self.message_user(request, _("There was no second factor to reset."), messages.INFO)
            return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[person.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reset second factors"),
            "subtitle": str(person),
            "original": person,
            "opts": self.opts,
            "described": _described(factors_of(person.pk)),
            "must_have_one": person.tenant.requires_second_factor
            or person.roles.filter(requires_second_factor=True).exists(),
        }
        return TemplateResponse(request, "console/reset_factors.html", context)

    def _may_reset(self, request: HttpRequest, person: User) -> bool:
        return bool(self.has_view_permission(request, person) and may_reset_factors(person_of(request), person))


def _described(factors: Factors) -> list[str]:
    number, codes = len(factors.passkeys), factors.recovery_codes_left
    lines = [gettext("Authenticator app")] if factors.app else []
    lines += [ngettext("%d passkey", "%d passkeys", number) % number] if number else []
    return lines + ([ngettext("%d recovery code", "%d recovery codes", codes) % codes] if codes else [])
