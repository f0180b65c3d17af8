"""The console's pages for tokens and codes: to look, and to end. They hold digests, and show not even these."""

import re
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin.person_search import SearchedByPerson
from accounts.admin.session_list import AsksToEnd, Ending, manageable_names
from accounts.models import User
from oauthx.admin.client_search import clients_named
from oauthx.admin.ending import end_session, end_token
from oauthx.models import DeviceGrant, TokenFamily
from tenants.console import LargeTableAdmin, ScopedFilter

_AGAIN = _("Their applications ask them to sign in again. Who is online through another client stays so.")
_TOKEN_ID = re.compile(r"[0-9A-Za-z_-]{16,64}")


class _IssuedAdmin(SearchedByPerson, LargeTableAdmin):
    """What was issued to a client, mostly for a person."""

    # Any other order of millions would have to be made first.
    sortable_by: Any = ("id", "expires")

    list_select_related: Any = ("user", "application")
    list_filter: Any = (("application", ScopedFilter), ("user", ScopedFilter), "expires")
    search_fields: Any = ("user__account", "user__real_name", "application__client_id")
    ordering = ("-id",)

    def search_condition(self, term: str) -> Q:
        return Q(application_id__in=clients_named(term))

    @display(description=_("client"), ordering="application")
    def client(self, row: Any) -> Any:
        return row.application


class _TokenAdmin(AsksToEnd, _IssuedAdmin):
    """Tokens with a tenant, a dialect and mostly a session. `ends_alone`: whether one without it can be ended."""

    ends_alone: ClassVar[bool] = False
    list_display = ("id", "user", "tenant", "client", "dialect", "scope", "created", "expires", "state")
    list_select_related = ("user", "tenant", "application", "token_family")
    list_filter = (("tenant", ScopedFilter), ("application", ScopedFilter), ("user", ScopedFilter), "expires")
    search_fields = (*_IssuedAdmin.search_fields, "=jti")
    actions = ("end_selected",)
    fieldsets: Any = (
        (None, {"fields": ("user", "tenant", "client", "dialect", "scope", "jti")}),
        (_("Record"), {"fields": ("created", "expires", "condition", "token_family")}),
    )

    def search_condition(self, term: str) -> Q:
        return super().search_condition(term) | (Q(jti=term) if _TOKEN_ID.fullmatch(term) else Q())

    @display(description=_("state"), label={"good": "success", "used": "info", "over": "info", "ended": "warning"})
    def state(self, token: Any) -> tuple[str, Any]:
        if token.token_family is not None and token.token_family.ended_at is not None:
            return "ended", _("ended")
        if token.expires <= timezone.now():
            return "over", _("expired")
        return ("used", _("used up")) if getattr(token, "revoked", None) else ("good", _("valid"))

    @display(description=_("state"))
    def condition(self, token: Any) -> Any:
        return self.state(token)[1]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("oauthx.change_tokenfamily"))

    @action(description=_("End selected tokens, with their sessions"), permissions=["end"])
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        chosen = queryset.order_by()
        families = TokenFamily.objects.filter(pk__in=chosen.values("token_family_id"), ended_at=None)
        alone = chosen.filter(token_family=None) if self.ends_alone else None
        ending = Ending(
            families=families.select_related("user", "tenant", "client"),
            browsers=None,
            whose=manageable_names(request, User.objects.filter(pk__in=chosen.values("user_id"))),
            remarks=(_AGAIN,),
            end_family=lambda family: end_session(request, family, timezone.now()),
            tokens=None if alone is None else alone.select_related("tenant", "application", "token_family"),
            end_token=lambda token: end_token(request, token, timezone.now()),
        )
        return self.ask_or_end(request, ending, _("End selected tokens, with their sessions"))


class AccessTokenAdmin(_TokenAdmin):
    """Access tokens of every dialect."""

    ends_alone = True


class RefreshTokenAdmin(_TokenAdmin):
    """Refresh tokens of every dialect."""


class IDTokenAdmin(_IssuedAdmin):
    """ID tokens (OpenID Connect)."""

    tenant_path: ClassVar[str] = "user__tenant"
    list_display = ("jti", "user", "client", "scope", "created", "expires")
    fieldsets = ((None, {"fields": ("jti", "user", "client", "scope", "created", "expires")}),)


class AuthorizationCodeAdmin(_IssuedAdmin):
    """Authorization codes: those that wait to be exchanged, and those that were."""

    list_display = ("id", "user", "tenant", "client", "scope", "created", "expires", "state")
    list_select_related = ("user", "tenant", "application")
    list_filter = (("tenant", ScopedFilter), ("application", ScopedFilter), ("user", ScopedFilter), "expires")
    fieldsets = (
        (None, {"fields": ("user", "tenant", "client", "redirect_uri", "scope", "auth_time", "amr")}),
        (_("Record"), {"fields": ("created", "expires", "condition")}),
    )

    @display(description=_("state"), label={"good": "success", "used": "info", "over": "info"})
    def state(self, code: Any) -> tuple[str, Any]:
        if code.family_id is not None:
            return "used", _("used up")
        return ("over", _("expired")) if code.expires <= timezone.now() else ("good", _("valid"))

    @display(description=_("state"))
    def condition(self, code: Any) -> Any:
        return self.state(code)[1]


@admin.register(DeviceGrant)
class DeviceGrantAdmin(SearchedByPerson, LargeTableAdmin):
    """Devices that wait for a person, and what he decided. One that nobody named a tenant for belongs to none yet."""

    list_display = ("id", "client_id", "user", "tenant", "scope", "expires", "last_checked", "state")
    list_filter = ("status", ("tenant", ScopedFilter), ("user", ScopedFilter), "expires")
    list_select_related = ("user", "tenant")
    search_fields = ("client_id", "user__account", "user__real_name")
    sortable_by = ("id", "expires")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("client_id", "user", "tenant", "scope", "auth_time", "amr")}),
        (_("Record"), {"fields": ("expires", "last_checked", "pause", "condition")}),
    )

    def search_condition(self, term: str) -> Q:
        return Q(client_id__icontains=term)

    @display(
        description=_("state"),
        label={"waiting": "info", "allowed": "success", "used": "info", "denied": "warning", "over": "info"},
    )
    def state(self, grant: DeviceGrant) -> tuple[str, Any]:
        if grant.family_id is not None:
            return "used", _("used up")
        if grant.status == DeviceGrant.DENIED:
            return "denied", _("not allowed")
        if grant.expires <= timezone.now():
            return "over", _("expired")
        return ("allowed", _("allowed")) if grant.status == DeviceGrant.AUTHORIZED else ("waiting", _("waiting"))

    @display(description=_("seconds between two questions"))
    def pause(self, grant: DeviceGrant) -> int:
        return int(grant.interval)

    @display(description=_("state"))
    def condition(self, grant: DeviceGrant) -> Any:
        return self.state(grant)[1]
