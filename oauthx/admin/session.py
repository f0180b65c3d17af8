"""The console's page for sessions: who is online through which client, and ending one, or all of somebody."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin.person_overview import Line, Offer, offer
from accounts.admin.session_list import (
    Ending,
    SessionListAdmin,
    StateFilter,
    browser_ending,
    keys_of,
    manageable_names,
    names_of,
    other_browsers,
)
from accounts.event_names import name_and_value, name_of
from accounts.models import BrowserSession, User
from oauthx.admin.client_search import clients_named
from oauthx.admin.ending import end_session
from oauthx.models import AccessToken, Client, TokenFamily
from oauthx.online import is_live
from tenants.console import MomentFilter, ScopedFilter
from tenants.models import Tenant
from tenants.moments import show_moment
from tenants.scoping import viewer_of, visible

_ONE = _("End this session")
_OF_PERSON = _("End all sessions of this person")
_OF_CLIENT = _("End all sessions of this client")
_AGAIN = _("Their applications ask them to sign in again. Who is online through another client stays so.")


@admin.register(TokenFamily)
class SessionAdmin(SessionListAdmin):
    """One login through one client. Ending it ends its tokens at once, and leaves a login event."""

    list_display = (
        *("person", "tenant", "client", "dialect", "way_in", "device", "address", "moment", "last_used", "state"),
    )
    list_display_links = ("person", "moment")
    list_filter = (
        StateFilter,
        ("tenant", ScopedFilter),
        ("client", ScopedFilter),
        ("user", ScopedFilter),
        ("auth_time", MomentFilter),
    )
    list_select_related = ("user", "tenant", "client")
    search_fields = ("user__account", "user__real_name", "client__client_id", "=address")
    actions = ("end_selected", "end_of_people", "end_of_clients", "end_of_tenants")
    actions_detail = ("end_this", "end_of_person", "end_of_client")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "user",
                    "tenant",
                    "client_text",
                    "dialect",
                    "way_in_full",
                    "auth_time",
                    "last_used",
                    "proved_by",
                )
            },
        ),
        (_("Origin"), {"fields": ("address", "device", "user_agent")}),
        (_("End"), {"fields": ("ended_at", "why_ended")}),
    )

    # --- Rows -----------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With when each was used last: a session is used when it gets a token."""
        of_family = AccessToken.objects.filter(token_family=OuterRef("pk"))
        newest = of_family.order_by("-created").values("created")[:1]
        rows: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = rows.annotate(used_at=Subquery(newest), is_live=is_live(timezone.now()))
        return annotated

    def online(self) -> Q:
        return Q(ended_at=None, is_live=True)

    def search_condition(self, term: str) -> Q:
        return super().search_condition(term) | Q(client_id__in=clients_named(term))

    @display(description=_("state"), label={"open": "success", "ended": "info", "expired": "info"})
    def state(self, family: Any) -> tuple[str, Any]:
        if family.ended_at is not None:
            return "ended", _("ended")
        return ("open", _("open")) if family.is_live else ("expired", _("expired"))

    @display(description=_("grant"))
    def way_in(self, family: TokenFamily) -> Any:
        return name_of("grant", family.grant)

    @display(description=_("grant"))
    def way_in_full(self, family: TokenFamily) -> str:
        return name_and_value("grant", family.grant)

    @display(description=_("last used"))
    def last_used(self, family: Any) -> str:
        return show_moment(family.used_at) if family.used_at else "-"

    @display(description=_("client"))
    def client_text(self, family: TokenFamily) -> str:
        # Not as a link: a shared client has no page for a tenant's administrator.
        return f"{family.client} ({family.client.client_id})"

    # --- Ending ---------------------------------------------------------------------------------------------------

    @action(description=_("End selected sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> Any:
        whose = manageable_names(request, _people_of(queryset))
        ending = self._ending(request, queryset, whose=whose, remarks=(_AGAIN,))
        return self.ask_or_end(request, ending, _("End selected sessions"))

    @action(description=_("End all sessions of these people"), permissions=["end"])
    def end_of_people(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> Any:
        return self.ask_or_end(request, self._of_people(request, queryset), _("End all sessions of these people"))

    @action(description=_("End all sessions of these clients"), permissions=["end"])
    def end_of_clients(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> Any:
        return self.ask_or_end(request, self._of_clients(request, queryset), _("End all sessions of these clients"))

    @action(description=_("End all sessions of the whole tenant"), permissions=["end"])
    def end_of_tenants(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> Any:
        keys = keys_of(request, queryset, "tenant_id")
        rows = self.get_queryset(request).filter(tenant_id__in=keys)
        ending = self._ending(
            request,
            rows,
            BrowserSession.objects.filter(user__tenant_id__in=keys),
            keys=keys,
            whose=names_of(Tenant.objects.filter(pk__in=_plain(rows).values("tenant"))),
            remarks=(_("Everybody of the tenant has to sign in again, everywhere."),),
        )
        return self.ask_or_end(request, ending, _("End all sessions of the whole tenant"))

    @action(description=_ONE, url_path="end", icon="logout")
    def end_this(self, request: HttpRequest, object_id: str) -> Any:
        make = partial(self._ending, whose=(), remarks=(_AGAIN,))
        return self.ask_on_one(request, object_id, make, _ONE)

    @action(description=_OF_PERSON, url_path="end-of-person", icon="person_off")
    def end_of_person(self, request: HttpRequest, object_id: str) -> Any:
        return self.ask_on_one(request, object_id, self._of_people, _OF_PERSON)

    @action(description=_OF_CLIENT, url_path="end-of-client", icon="apps_outage")
    def end_of_client(self, request: HttpRequest, object_id: str) -> Any:
        return self.ask_on_one(request, object_id, self._of_clients, _OF_CLIENT)

    def _of_people(self, request: HttpRequest, chosen: QuerySet[Any]) -> Ending:
        keys = keys_of(request, chosen, "user_id")
        rows = self.get_queryset(request).filter(user_id__in=keys)
        browsers = BrowserSession.objects.filter(user_id__in=keys)
        remark = _("They have to sign in again, everywhere.")
        whose = manageable_names(request, _people_of(rows))
        return self._ending(request, rows, browsers, keys=keys, whose=whose, remarks=(remark,))

    def _of_clients(self, request: HttpRequest, chosen: QuerySet[Any]) -> Ending:
        keys = keys_of(request, chosen, "client_id")
        rows = self.get_queryset(request).filter(client_id__in=keys)
        clients = Client.objects.filter(pk__in=_plain(rows).values("client"))
        remark = _("Everybody who is online through it has to sign in again there. Browsers stay signed in.")
        return self._ending(request, rows, keys=keys, whose=names_of(clients), remarks=(remark,))

    def _ending(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        browsers: QuerySet[BrowserSession] | None = None,
        *,
        keys: tuple[int, ...] = (),
        whose: tuple[str, ...],
        remarks: tuple[str | Promise, ...],
    ) -> Ending:
        """What is open of these rows, and of the browsers if the viewer may see and end those; never his own."""
        if browsers is not None and request.user.has_perm("accounts.change_browsersession"):
            browsers = other_browsers(request, visible(browsers, viewer_of(request), "user__tenant"))
            remarks = (*remarks, _("The browser that you work in stays signed in."))
        else:
            browsers = None
        return Ending(
            families=rows.filter(ended_at=None).select_related("user", "tenant", "client"),
            browsers=browsers,
            keys=keys,
            whose=whose,
            remarks=remarks,
            end_family=lambda family: end_session(request, family, timezone.now()),
            end_browser=browser_ending(request),
        )


def _plain(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, to be asked for one column of them."""
    return TokenFamily.objects.filter(pk__in=rows.order_by().values("pk"))


def _people_of(rows: QuerySet[Any]) -> QuerySet[User]:
    return User.objects.filter(pk__in=_plain(rows).values("user"))


def _line(family: TokenFamily, href: str) -> Line:
    parts = [part for part in (family.client.name or family.client.client_id, family.address) if part]
    return Line(family.auth_time, " · ".join(parts), href)


offer(
    Offer(
        TokenFamily,
        _("Signed in through clients"),
        _("Nowhere."),
        lambda rows, person: (
            rows.filter(user_id=person.pk, ended_at=None).select_related("client").order_by("-auth_time")
        ),
        _line,
        lambda person: {"user__id__exact": person.pk, "state": "open"},
    )
)
