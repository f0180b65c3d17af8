"""What is done to people by buttons: each asks first, is a right of its own, and leaves a login event.

A help desk may do these without the right to change a person. It must not know how they are done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import action

from accounts import person_acts
from accounts.admin.authority import person_of
from accounts.authority import may_manage, may_reset_factors
from accounts.models import User

# How many people one confirmation is about at the most: more than that nobody reads.
AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done to people.

    Attributes:
        right: the action of the permission that allows it alone.
        also: other permissions that allow it, because they allow as much anyway.
        consequence: what will happen, said before it does.
        perform: does it; what it returns is a new password, or whether anything changed.
        to_oneself: whether one may do it to oneself.
        is_harsh: whether it takes something away.
    """

    right: str
    title: Any
    consequence: Any
    perform: Callable[[HttpRequest, User, str], str | bool]
    to_oneself: bool = False
    is_harsh: bool = False
    also: Sequence[str] = ("accounts.change_user",)


def _sign_out(request: HttpRequest, person: User, actor: str) -> bool:
    person_acts.sign_out_everywhere(request, person, actor=actor)
    return True


def _unlock(request: HttpRequest, person: User, actor: str) -> bool:
    forgets_codes = may_reset_factors(person_of(request), person)
    return person_acts.unlock_person(request, person, actor=actor, forgets_codes=forgets_codes)


RESET_PASSWORD = Act(
    "reset_password",
    _("Reset the password"),
    _(
        "A new password is made and shown to you once. The old one ends at once, and with it all sessions: in browsers"
        " and in applications. At the next sign-in in a browser the person must choose a password of his own. A lock"
        " stays."
    ),
    lambda request, person, actor: person_acts.reset_password(request, person, actor=actor),
    is_harsh=True,
)
UNLOCK = Act(
    "unlock",
    _("Unlock"),
    _("The wrong passwords are forgotten: from now on one can sign in again. The password stays as it is."),
    _unlock,
    to_oneself=True,
    also=("accounts.delete_lockout",),
)
SIGN_OUT = Act(
    "sign_out",
    _("Sign out everywhere"),
    _(
        "All sessions end at once: in browsers and in applications, those that outlast a sign-out included. Signing in"
        " again is possible at once: to prevent it, disable the account or reset the password."
    ),
    _sign_out,
    is_harsh=True,
)
DISABLE = Act(
    "disable",
    _("Disable"),
    _(
        "Nobody can sign in by this account any more, and every session and token is refused, for as long as it is"
        " disabled. Nothing is deleted; enabling it undoes it."
    ),
    lambda request, person, actor: person_acts.set_active(request, person, active=False, actor=actor),
    is_harsh=True,
)
ENABLE = Act(
    "disable",
    _("Enable"),
    _("One can sign in by this account again. Sessions and tokens that have not expired work again."),
    lambda request, person, actor: person_acts.set_active(request, person, active=True, actor=actor),
)


class ActsOnPeople:
    """For the page of people: the buttons of a person's page, and the same as actions of the list."""

    actions = (
        *("reset_password_selected", "unlock_selected", "sign_out_selected"),
        *("disable_selected", "enable_selected"),
    )
    actions_detail: tuple[str, ...] = ("reset_password", "unlock", "sign_out", "disable", "enable")

    # --- Who may what -------------------------------------------------------------------------------------------------

    def may_act(self, request: HttpRequest, act: Act, person: User | None = None) -> bool:
        """Whether the viewer may do this, to this person."""
        rights = (f"accounts.{act.right}_user", *act.also)
        if not any(request.user.has_perm(right) for right in rights):
            return False
        return person is None or may_manage(person_of(request), person)

    def has_reset_password_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the viewer may give people, or this one, a new password."""
        return self.may_act(request, RESET_PASSWORD, obj if isinstance(obj, User) else None)

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, UNLOCK)

    def has_sign_out_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, SIGN_OUT)

    def has_disable_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request, DISABLE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """The buttons that mean something for this person, and that the viewer may press."""
        admin: Any = self
        person: User = admin.get_object(request, str(object_id))
        is_oneself = person.pk == request.user.pk
        offered = {
            "reset_password": RESET_PASSWORD,
            "sign_out": SIGN_OUT,
            **({"disable": DISABLE} if person.is_active else {"enable": ENABLE}),
            **({"unlock": UNLOCK} if person_acts.lockout_of(person) else {}),
        }
        names = {
            f"accounts_user_{name}"
            for name, act in offered.items()
            if self.may_act(request, act, person) and (act.to_oneself or not is_oneself)
        }
        buttons = super().get_actions_detail(request, object_id)  # type: ignore[misc]  # of unfold's class
        own = {f"accounts_user_{name}" for name in ActsOnPeople.actions_detail}
        return [button for button in buttons if button.action_name in names or button.action_name not in own]

    # --- Buttons of a person's page -----------------------------------------------------------------------------------

    @action(description=_("Reset password"), url_path="reset-password", icon="password")
    def reset_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_one(request, object_id, RESET_PASSWORD)

    @action(description=_("Unlock"), url_path="unlock", icon="lock_open")
    def unlock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_one(request, object_id, UNLOCK)

    @action(description=_("Sign out everywhere"), url_path="sign-out", icon="logout")
    def sign_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_one(request, object_id, SIGN_OUT)

    @action(description=_("Disable"), url_path="disable", icon="person_off")
    def disable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_one(request, object_id, DISABLE)

    @action(description=_("Enable"), url_path="enable", icon="person_check")
    def enable(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._to_one(request, object_id, ENABLE)

    def _to_one(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        admin: Any = self
        person: User = admin.get_object(request, object_id)
        if not self.may_act(request, act, person) or self._is_barred(request, act, person):
            raise PermissionDenied
        back = reverse("admin:accounts_user_change", args=[person.pk])
        if request.method != "POST":
            return self._ask(request, act, [person], [], back)
        return self._do(request, act, [person], back)

    # --- Actions of the list ------------------------------------------------------------------------------------------

    @action(description=_("Reset passwords of selected users"), permissions=["reset_password"])
    def reset_password_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return self._to_selected(request, queryset, RESET_PASSWORD)

    @action(description=_("Unlock selected accounts"), permissions=["unlock"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return self._to_selected(request, queryset, UNLOCK)

    @action(description=_("Sign selected users out everywhere"), permissions=["sign_out"])
    def sign_out_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return self._to_selected(request, queryset, SIGN_OUT)

    @action(description=_("Enable selected users"), permissions=["disable"])
    def enable_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return self._to_selected(request, queryset, ENABLE)

    @action(description=_("Disable selected users"), permissions=["disable"])
    def disable_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return self._to_selected(request, queryset, DISABLE)

    def _to_selected(self, request: HttpRequest, queryset: QuerySet[User], act: Act) -> HttpResponse | None:
        admin: Any = self
        people = list(queryset.select_related("tenant")[: AT_MOST + 1])
        if len(people) > AT_MOST:
            text = _("Select %(number)d people at the most: more than that nobody reads before it is done.")
            admin.message_user(request, text % {"number": AT_MOST}, messages.ERROR)
            return None
        refused = [p for p in people if self._is_barred(request, act, p) or not self.may_act(request, act, p)]
        allowed = [person for person in people if person not in refused]
        back = request.get_full_path()
        if "post" not in request.POST:
            return self._ask(request, act, allowed, refused, back)
        if refused:
            names = ", ".join(str(person) for person in refused)
            admin.message_user(request, _("You may not do that to: %s") % names, messages.WARNING)
        return self._do(request, act, allowed, back)

    # --- Asking and doing ---------------------------------------------------------------------------------------------

    @staticmethod
    def _is_barred(request: HttpRequest, act: Act, person: User) -> bool:
        """Whether it is oneself, to whom one cannot do this."""
        return person.pk == request.user.pk and not act.to_oneself

    def _ask(
        self, request: HttpRequest, act: Act, people: Sequence[User], refused: Sequence[User], back: str
    ) -> TemplateResponse:
        """The page that says what will happen, and to whom."""
        sent = {name: request.POST.getlist(name) for name in ("action", "index", ACTION_CHECKBOX_NAME)}
        fields = [(name, value) for name, values in sent.items() for value in values]
        if request.POST.get("select_across") == "1":
            # Those who were read here, and nobody who comes to them meanwhile.
            fields = [(name, value) for name, value in fields if name != ACTION_CHECKBOX_NAME]
            fields += [(ACTION_CHECKBOX_NAME, str(person.pk)) for person in (*people, *refused)]
        # Whose page it is, where it is one person's.
        name = str(people[0]) if len(people) == 1 else None
        context = {"people": people, "refused": refused, "fields": fields, "back": back, "subtitle": name}
        return self._page(request, "console/confirm_people.html", act, **context)

    @sensitive_variables("results", "passwords", "page")
    def _do(self, request: HttpRequest, act: Act, people: Sequence[User], back: str) -> HttpResponse:
        admin: Any = self
        actor = person_of(request).account
        results = [(person, _perform(request, act, person, actor)) for person in people]
        changed = [person for person, result in results if result]
        for person in changed:
            admin.log_change(request, person, act.title)
        passwords = [(person, result) for person, result in results if isinstance(result, str)]
        if passwords:
            page = self._page(request, "console/new_passwords.html", act, passwords=passwords, back=back)
            add_never_cache_headers(page)
            return page
        number = len(changed)
        text = ngettext("%(act)s: done for %(number)d person.", "%(act)s: done for %(number)d people.", number)
        level = messages.SUCCESS if number else messages.WARNING
        admin.message_user(request, text % {"act": act.title, "number": number}, level)
        return HttpResponseRedirect(back)

    def _page(self, request: HttpRequest, template: str, act: Act, **context: Any) -> TemplateResponse:
        admin: Any = self
        shared = {**admin.admin_site.each_context(request), "opts": admin.opts, "title": act.title, "act": act}
        return TemplateResponse(request, template, shared | context)


def _perform(request: HttpRequest, act: Act, person: User, actor: str) -> Any:
    """What the act returns; None if the person has been deleted meanwhile, which is no reason to leave out others."""
    with transaction.atomic():
        # Locked, so that he does not go while it is done.
        if User.objects.select_for_update(no_key=True).filter(pk=person.pk).values_list("pk").first() is None:
            return None
        return act.perform(request, person, actor)
