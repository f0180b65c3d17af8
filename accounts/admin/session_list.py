"""What the console's two lists of sessions have in common: who is online, and ending many of them once one said yes.

It must not know what a session is to applications.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import islice
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from accounts.admin.authority import person_of, unmanageable
from accounts.admin.history_filters import is_address
from accounts.admin.person_search import SearchedByPerson
from accounts.browser_session import current_session
from accounts.devices import device_of
from accounts.event_names import name_of
from accounts.models import BrowserSession, User
from accounts.proof_names import names_of_proofs
from accounts.session_ending import end_browser_session
from tenants.console import LargeTableAdmin
from tenants.moments import show_moment

Text = str | Promise
REASON = "console"
# What one press of the button ends, so that no request takes minutes; the page then asks whether to go on.
BATCH = 500
# For how many people, clients or tenants at a time, and the field by which the question names them.
TARGETS_AT_MOST = 500
OF = "of"
_KEY_LENGTH = 19
_COUNTED_AT_MOST = 10_000
_NAMED_AT_MOST = 20


class StateFilter(DropdownFilter):
    """Who is online, unless one asks for others too; what that means, the page's `online` says."""

    title = _("state")
    parameter_name = "state"
    all_option = None

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self._online: Q = model_admin.online()
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's hook
        return [("open", _("open")), ("over", _("ended or expired")), ("all", _("all"))]

    def value(self) -> str:
        given = super().value()
        return given if given in {"over", "all"} else "open"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's hook
        if self.value() == "all":
            return queryset
        return queryset.filter(self._online) if self.value() == "open" else queryset.exclude(self._online)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is about to end, and how one of each kind is ended (True: it had not ended before).

    `keys` are those of the people, clients or tenants that it is about, so that going on means the same ones; `whose`
    names them; `remarks` say what else it means. `tokens` are those that belong to no session.
    """

    families: QuerySet[Any] | None
    browsers: QuerySet[BrowserSession] | None
    keys: tuple[int, ...] = ()
    whose: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()
    end_family: Callable[[Any], bool] | None = None
    end_browser: Callable[[BrowserSession], bool] | None = None
    tokens: QuerySet[Any] | None = None
    end_token: Callable[[Any], bool] | None = None

    def perform(self) -> int:
        """End as many as one press may; the sessions of applications first, each with its own event."""
        return sum(end(row) for end, row in islice(self._rows(), BATCH))

    def _rows(self) -> Iterator[tuple[Callable[[Any], bool], Any]]:
        kinds: tuple[tuple[QuerySet[Any] | None, Callable[[Any], bool] | None], ...] = (
            (self.families, self.end_family),
            (self.browsers, self.end_browser),
            (self.tokens, self.end_token),
        )
        for rows, end in kinds:
            if rows is not None and end is not None:
                yield from ((end, row) for row in rows[:BATCH])

    def counts(self) -> tuple[int, int, int]:
        """How many are open, of applications, of browsers, and tokens alone; of many, 10,000."""
        return _number_of(self.families), _number_of(self.browsers), _number_of(self.tokens)


def keys_of(request: HttpRequest, rows: QuerySet[Any], column: str) -> tuple[int, ...]:
    """Whom these sessions belong to, by this column: what the question named, if it was asked before.

    What a browser sends back is only a number: whoever uses it looks within what the viewer may see.
    """
    named = [key for key in request.POST.getlist(OF) if key.isascii() and key.isdigit() and len(key) < _KEY_LENGTH]
    if named:
        return tuple(int(key) for key in named[:TARGETS_AT_MOST])
    return tuple(rows.order_by().values_list(column, flat=True).distinct()[:TARGETS_AT_MOST])


def names_of(rows: QuerySet[Any]) -> tuple[str, ...]:
    """Some of them by name, for the question."""
    names = [str(row) for row in rows[: _NAMED_AT_MOST + 1]]
    return (*names[:_NAMED_AT_MOST], *(["…"] if len(names) > _NAMED_AT_MOST else []))


def manageable_names(request: HttpRequest, people: QuerySet[User]) -> tuple[str, ...]:
    """Some of these people by name: of those who are not left out."""
    return names_of(people.exclude(pk__in=unmanageable(person_of(request), people).values("pk")))


def _number_of(rows: QuerySet[Any] | None) -> int:
    return 0 if rows is None else rows.order_by()[:_COUNTED_AT_MOST].count()


class AsksToEnd:
    """For the pages by which sessions end: they say what will, and whose they leave out, and ask."""

    def ask_or_end(self, request: HttpRequest, ending: Ending, title: Text, leads_to: str = "") -> Any:
        """The question of what will end; once it was answered with yes, None when everything has.

        What belongs to people who may do more than the viewer is left out.
        """
        admin: Any = self
        ending, left_out = _manageable(person_of(request), ending)
        done = None
        if request.POST.get("post"):
            done = ending.perform()
            admin.message_user(request, ngettext("%d session was ended.", "%d sessions were ended.", done) % done)
            if not done or not any(ending.counts()):
                tell_left_out(request, left_out)
                return None
        families, browsers, tokens = ending.counts()
        context = {
            **admin.admin_site.each_context(request),
            "opts": admin.opts,
            "title": title,
            "ending": ending,
            "families": families,
            "browsers": browsers,
            "tokens": tokens,
            "number": families + browsers + tokens,
            "left_out": left_out,
            "limit": _COUNTED_AT_MOST,
            "batch": BATCH,
            "is_going_on": done is not None,
            "checkbox": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "action": request.POST.get("action", ""),
            "select_across": request.POST.get("select_across", ""),
            "leads_to": leads_to,
            "of": OF,
            "is_cut": len(ending.keys) >= TARGETS_AT_MOST,
        }
        return TemplateResponse(request, "console/end_sessions.html", context)


def tell_left_out(request: HttpRequest, number: int) -> None:
    """Say of how many people nothing was touched, since they may do more than the viewer."""
    if number:
        text = ngettext(
            "%(number)s person is left out who may do more than you.",
            "%(number)s people are left out who may do more than you.",
            number,
        )
        messages.warning(request, text % {"number": number})


class SessionListAdmin(AsksToEnd, SearchedByPerson, LargeTableAdmin):
    """A list of sessions, with those first that can still be used."""

    # Any other order of millions would have to be made first.
    sortable_by = ("moment",)

    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "change": _("End")}
    list_filter_submit = True

    def online(self) -> Q:
        """Of these sessions: whether one can still be used."""
        raise NotImplementedError

    def search_condition(self, term: str) -> Q:
        condition: Q = super().search_condition(term)
        return condition | (Q(address=str(ip_address(term))) if is_address(term) else Q())

    @display(description=_("user"), ordering="user__account")
    def person(self, session: Any) -> str:
        account, name = session.user.account, session.user.real_name
        return f"{name} ({account})" if name and name != account else str(account)

    @display(description=_("device"))
    def device(self, session: Any) -> str:
        return device_of(session.user_agent)

    @display(description=_("signed in at"), ordering="auth_time")
    def moment(self, session: Any) -> str:
        return show_moment(session.auth_time)

    @display(description=_("signed in by"))
    def proved_by(self, session: Any) -> str:
        return names_of_proofs(session.amr) or "-"

    @display(description=_("end reason"))
    def why_ended(self, session: Any) -> Any:
        return name_of("reason", session.end_reason) or None

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002 - unfold's hook
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        return super().get_actions_detail(request, object_id) if self.has_end_permission(request) else []

    def ask_on_one(
        self, request: HttpRequest, object_id: str, make: Callable[[HttpRequest, QuerySet[Any]], Ending], title: Text
    ) -> Any:
        """For a session's own page: the question of what ends with it, and the list once that has ended."""
        session = self.get_object(request, object_id)
        if not self.has_end_permission(request):
            raise PermissionDenied
        ending = make(request, self.get_queryset(request).filter(pk=session.pk))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        question = self.ask_or_end(request, ending, title, reverse(f"{name}_change", args=[session.pk]))
        return HttpResponseRedirect(reverse(f"{name}_changelist")) if question is None else question


def _manageable(viewer: User, ending: Ending) -> tuple[Ending, int]:
    """The ending without the sessions of those whom the viewer may not manage, and how many people those are."""
    superior: set[int] = set()
    kinds: tuple[QuerySet[Any] | None, ...] = (ending.families, ending.browsers, ending.tokens)
    for rows in kinds:
        if rows is not None:
            people = User.objects.filter(pk__in=rows.order_by().values("user_id"))
            superior.update(unmanageable(viewer, people).values_list("pk", flat=True))

    def without(rows: QuerySet[Any] | None) -> QuerySet[Any] | None:
        return rows if rows is None or not superior else rows.exclude(user_id__in=superior)

    kept = replace(
        ending,
        families=without(ending.families),
        browsers=without(ending.browsers),
        tokens=without(ending.tokens),
    )
    return kept, len(superior)


def browser_ending(request: HttpRequest) -> Callable[[BrowserSession], bool]:
    """Ends a browser session from the console, in the name of who works there."""
    actor = person_of(request).account
    return lambda session: end_browser_session(request, session, reason=REASON, actor=actor)


def other_browsers(request: HttpRequest, sessions: QuerySet[BrowserSession]) -> QuerySet[BrowserSession]:
    """The open ones of these, but for the one that the viewer works in."""
    mine = current_session(request)
    still_open = sessions.filter(ended_at=None, expires_at__gt=timezone.now()).select_related("user__tenant")
    return still_open if mine is None else still_open.exclude(pk=mine.pk)
