"""The console's page for consents: what people allowed applications. To look, and to withdraw."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.authority import person_of, unmanageable
from accounts.admin.person_search import SearchedByPerson
from accounts.admin.session_list import tell_left_out
from accounts.authority import may_manage
from accounts.models import User
from oauthx.admin.client_search import clients_named
from oauthx.choices import scope_choices, scope_texts
from oauthx.ending import withdraw_consent
from oauthx.models import Consent
from tenants.console import LargeTableAdmin, ScopedFilter, ScopedModelAdmin


@admin.register(Consent)
class ConsentAdmin(SearchedByPerson, LargeTableAdmin):
    """What a person allowed a client. Once it is withdrawn, what came of it ends, and he is asked again."""

    tenant_path: ClassVar[str] = "user__tenant"
    grantable: ClassVar[Mapping[str, Any]] = {"view": _("View"), "delete": _("Withdraw")}
    value_names: ClassVar[Mapping[str, Any]] = {"scopes": lambda _tenant: scope_choices()}
    list_display = ("user", "tenant", "client", "allowed", "updated_at")
    list_display_links = ("user", "client")
    list_filter = (("client", ScopedFilter), ("user", ScopedFilter))
    list_filter_submit = True
    list_select_related = ("user__tenant", "client")
    search_fields = ("user__account", "user__real_name", "client__client_id", "client__name")
    sortable_by = ()
    ordering = ("-updated_at", "-id")
    fieldsets = (
        (None, {"fields": ("user", "client_text", "allowed")}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )

    def search_condition(self, term: str) -> Q:
        return Q(client_id__in=clients_named(term))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = ScopedModelAdmin.has_delete_permission(self, request, obj)
        return may and (not isinstance(obj, Consent) or may_manage(person_of(request), obj.user))

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            actions["delete_selected"] = (_withdraw_selected, *actions["delete_selected"][1:])
        return actions

    def delete_model(self, request: HttpRequest, obj: Consent) -> None:
        withdraw_consent(request, obj, timezone.now(), actor=person_of(request).account)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Consent]) -> None:
        for consent in queryset.select_related("user__tenant", "client"):
            self.delete_model(request, consent)

    @display(description=_("tenant"), ordering="user__tenant")
    def tenant(self, consent: Consent) -> Any:
        return consent.user.tenant

    @display(description=_("client"))
    def client_text(self, consent: Consent) -> str:
        # Not as a link: a shared client has no page for a tenant's administrator.
        return f"{consent.client} ({consent.client.client_id})"

    @display(description=_("scopes"))
    def allowed(self, consent: Consent) -> str:
        return "; ".join(str(text) for text in scope_texts(consent.scopes))


def _withdraw_selected(page: ConsentAdmin, request: HttpRequest, queryset: QuerySet[Consent]) -> Any:
    """Django's question and deletion, without the consents of people who may do more than the viewer."""
    people = User.objects.filter(pk__in=queryset.order_by().values("user_id"))
    superior = set(unmanageable(person_of(request), people).values_list("pk", flat=True))
    tell_left_out(request, len(superior))
    manageable = queryset.exclude(user_id__in=superior)
    return delete_selected(page, request, manageable) if manageable.exists() else None
