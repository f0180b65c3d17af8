"""The console's pages for clients. A secret is shown once, in the answer that made it, and kept nowhere."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action, display

from accounts.admin.authority import name_of_trustee, person_of
from accounts.authority import may_manage
from accounts.models import User
from oauthx.admin.client_calls import ExplainsCalls, programs_of
from oauthx.admin.client_forms import ClientForm, NewClientForm, RotateSecretForm
from oauthx.admin.client_kinds import GuidesNewClients
from oauthx.admin.transfer import ClientResource
from oauthx.choices import dialect_choices, grant_choices, scope_choices
from oauthx.dialects.reading import issuer_of
from oauthx.guide import kinds
from oauthx.guide.calls import SECRET, Call, steps_of, ways_of
from oauthx.models import Client
from tenants.console import ScopedFilter
from tenants.console.transfer.pages import TransfersRows
from tenants.moments import show_moment

_hides_secrets = method_decorator(sensitive_post_parameters())


class ClientAdmin(GuidesNewClients, ExplainsCalls, TransfersRows):
    """Applications. A tenant's administrator makes them for his tenant; shared ones are the platform's."""

    form = ClientForm
    resource_class = ClientResource
    shares_rows = True
    platform_fields: ClassVar[Sequence[str]] = ("served_tenants", "served", "exempt_from_second_factor")
    list_display = ("client_id", "name", "tenant", "state", "client_type", "grants", "created")
    list_display_links = ("client_id", "name")
    list_filter = (("tenant", ScopedFilter), "is_active", "client_type", ("served_tenants", ScopedFilter))
    list_select_related = ("tenant",)
    search_fields = ("client_id", "name", "tenant__code")
    autocomplete_fields = ("tenant", "served_tenants", "wechat_app")
    readonly_fields = ("created", "updated", "secret_state", "trustee")
    ordering = ("client_id",)
    actions_detail = ("how_to_call", "try_call", "rotate_secret")
    grantable: ClassVar[Mapping[str, Any]] = {**TransfersRows.grantable, "try": _("Test call")}
    value_names: ClassVar[Mapping[str, Any]] = {
        "dialects": lambda _tenant: dialect_choices(),
        "grant_types": lambda _tenant: grant_choices(),
        "scopes": lambda _tenant: scope_choices(),
    }

    _belongs = (
        _("Tenant"),
        {
            "fields": ("tenant", "served_tenants"),
            "description": _(
                "A client bound to a tenant signs in that tenant's people alone. A shared one has no tenant of its own:"
                " each request names one of those that it may serve."
            ),
        },
    )
    _proof = (
        _("How it proves itself"),
        {
            "fields": ("authenticates_by", "jwks", "jwks_uri"),
            "description": _(
                "A confidential client has a secret, or signs with a key of its own and gives the public half here."
                " A public one, such as a web page or an app on a phone, has neither."
            ),
        },
    )
    _allowed = (
        _("What it may do"),
        {
            "fields": ("dialects", "grant_types", "scopes", "is_resource_server", "exempt_from_second_factor"),
            "description": _("What is not ticked is refused."),
        },
    )
    _browser = (
        _("Signing people in by browser"),
        {
            "fields": (
                "redirect_uris", "requires_pkce", "requires_pushed_requests", "skip_authorization", "allowed_origins",
            ),
            "description": _("For the authorization code. An app that sends no browser to /connect leaves this alone."),
        },
    )  # fmt: skip
    _sign_out = (
        _("Signing people out"),
        {
            "fields": ("post_logout_redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri"),
            "description": _(
                "Where people go on after they signed out, and how this app hears that they did so elsewhere."
            ),
        },
    )
    _tokens = (
        _("Tokens"),
        {
            "fields": (
                "access_token_lifetime_seconds", "refresh_token_lifetime_seconds", "refresh_reuse_seconds",
                "access_token_format", "algorithm", "userinfo_algorithm",
            ),
            "description": _("How long they are good on every endpoint, and what those of /connect look like."),
        },
    )  # fmt: skip
    _wechat = (
        _("WeChat"),
        {
            "fields": ("wechat_app", "vouches_for_wechat", "trustee"),
            "description": _("For the grant type WeChat; codes that the app gets from WeChat are exchanged here."),
        },
    )
    groups: ClassVar[dict[str, Any]] = {
        kinds.ALLOWED: _allowed,
        kinds.BROWSER: _browser,
        kinds.WECHAT: _wechat,
        kinds.SIGN_OUT: _sign_out,
        kinds.PROOF: _proof,
        kinds.TOKENS: _tokens,
    }
    add_fieldsets = (
        (None, {"fields": ("name", "client_id", "client_type", "imported_secret", "is_active")}),
        _belongs,
        _allowed,
        _browser,
        _wechat,
        _sign_out,
        _proof,
        _tokens,
    )
    fieldsets = (
        (None, {"fields": ("name", "client_id", "client_type", "secret_state", "is_active")}),
        _belongs,
        _allowed,
        _browser,
        _wechat,
        _sign_out,
        _proof,
        _tokens,
        (_("Record"), {"fields": ("created", "updated")}),
    )

    # --- Who may what -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever allowed its word vouches for it: nobody takes the client over who may do less than he."""
        trustee = obj.vouching_allowed_by if isinstance(obj, Client) and obj.vouches_for_wechat else None
        allowed = super().has_change_permission(request, obj)
        return allowed and (trustee is None or may_manage(person_of(request), trustee))

    # --- Lists --------------------------------------------------------------------------------------------------------

    @display(description=_("vouching allowed by"))
    def trustee(self, client: Client) -> Any:
        return name_of_trustee(client.vouching_allowed_by, client.tenant_id)

    @display(description=_("state"), label={"active": "success", "disabled": "danger"})
    def state(self, client: Client) -> tuple[str, Any]:
        return ("active", _("in use")) if client.is_active else ("disabled", _("disabled"))

    @display(description=_("grant types"))
    def grants(self, client: Client) -> str:
        names = dict(grant_choices())
        return ", ".join(str(names.get(name, name)) for name in client.grant_types)

    @display(description=_("secret"))
    def secret_state(self, client: Client) -> Any:
        if client.is_public:
            return _("A public client has no secret.")
        if not client.has_secret:
            return _("It proves itself by a key of its own and has no secret.")
        until = client.previous_secret_expires_at
        if until is not None and timezone.now() < until:
            moment = show_moment(until)
            return _("Kept as a digest. The previous one works until %(moment)s.") % {"moment": moment}
        return _("Kept as a digest; it cannot be shown again.")

    # --- Forms --------------------------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": NewClientForm} if obj is None else {}) | kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *(() if obj is None else ("client_id",))]

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: Any) -> None:
        """Store the client; one that has no secret yet but proves itself by one gets it, to be shown in the answer."""
        if not change or {"client_type", "authenticates_by"} & set(form.changed_data):
            # Of a client without one, nobody ever knows it: an empty secret would be one that can be sent.
            secret = obj.set_generated_secret()
            obj.previous_client_secret, obj.previous_secret_expires_at = "", None
            taken_over = not change and form.take_over_secret(obj)
            if obj.has_secret and not taken_over:
                request.new_client_secret = secret  # type: ignore[attr-defined]  # for this answer alone
        is_allowed_now = obj.vouches_for_wechat and {"vouches_for_wechat", "wechat_app"} & set(form.changed_data)
        _note_trustee(obj, person_of(request), is_allowed_now=bool(is_allowed_now))
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        return self._answer(request, obj, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: Client) -> HttpResponse:
        return self._answer(request, obj, super().response_change(request, obj))

    def _answer(self, request: HttpRequest, client: Client, answer: HttpResponse) -> HttpResponse:
        """The page with the secret, if this request made one, leading on to where the answer would have led."""
        secret = getattr(request, "new_client_secret", None)
        return answer if secret is None else self._show_secret(request, client, secret, answer.headers.get("Location"))

    # --- Secrets ------------------------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        client = self.get_object(request, str(object_id))
        hidden = set() if self.has_change_permission(request, client) and client.has_secret else {"rotate_secret"}
        if not self.has_try_permission(request):
            hidden.add("try_call")
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.method.__name__ not in hidden]

    @action(description=_("New secret"), url_path="rotate-secret", icon="key")
    @_hides_secrets
    def rotate_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long the old secret works on, then make a new one and show it, this once."""
        client: Client = self.get_object(request, object_id)
        if not self.has_change_permission(request, client) or not client.has_secret:
            raise PermissionDenied
        form = RotateSecretForm(client, request.POST or None)
        if form.is_valid():
            secret = client.rotate_secret(previous_until=timezone.now() + form.overlap_time)
            _note_trustee(client, person_of(request), is_allowed_now=False)
            client.save()
            self.log_change(request, client, [{"changed": {"fields": [_("secret")]}}])
            return self._show_secret(request, client, secret)
        return self._page(request, client, "console/rotate_secret.html", _("New secret"), form=form)

    def _show_secret(
        self, request: HttpRequest, client: Client, secret: str, leads_to: str | None = None
    ) -> TemplateResponse:
        page = self._page(request, client, "console/client_secret.html", _("The client's secret"), secret=secret)
        # This once the programs hold the secret too: they work as they are copied.
        way = next(iter(ways_of(client)), None)
        steps = steps_of(client, *way, issuer_of(request)) if way else []
        calls = [step for step in steps if isinstance(step, Call) and step.is_for_tokens]
        page.context_data["steps"] = programs_of(calls, {SECRET.name: secret})  # type: ignore[index]
        page.context_data["leads_to"] = leads_to or reverse("admin:oauthx_client_change", args=[quote(client.pk)])  # type: ignore[index]
        return page

    def _page(
        self, request: HttpRequest, client: Client, template: str, title: Any, **context: Any
    ) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "original": client}
        return TemplateResponse(request, template, {**shared, "title": title, "subtitle": str(client), **context})


def _note_trustee(client: Client, viewer: User, *, is_allowed_now: bool) -> None:
    """Write down who vouches for a client's word: who allows it, or since then had it in hand and may do no more.

    What somebody else does who may do more, such as correcting an address, lets nobody sign in as him.
    """
    trustee = client.vouching_allowed_by
    if is_allowed_now or (trustee is not None and client.vouches_for_wechat and may_manage(trustee, viewer)):
        client.vouching_allowed_by = viewer
    elif not client.vouches_for_wechat:
        client.vouching_allowed_by = None
