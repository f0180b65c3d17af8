"""The console's page for a tenant's WeChat apps. It must not know people or clients.

Whoever may change an app gains nothing over the people bound to it: WeChat takes an app id with its own secret alone,
and it is WeChat that says whose a code is, or which union id somebody has. The address of WeChat is the operator's.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.gateways.wechat import AppAtWechat, WechatError, wechat_gateway
from accounts.models import WechatApp
from accounts.verifiers.wechat import at_wechat
from tenants.console import Finding, ScopedFilter, ScopedModelAdmin, TestsConnection

# What is wrong, and what to do about it, by the reasons of `accounts/gateways/wechat.py`.
_ADVICE: dict[str, tuple[Any, Any]] = {
    "wechat_secret_missing": (
        _("No app secret is set."),
        _("Enter the AppSecret. On WeChat's page it is shown once, when it is made."),
    ),
    "wechat_secret_unreadable": (
        _("The stored app secret cannot be decrypted any more."),
        _("Enter it again, or let the operator add the old key to KEY_ENCRYPTION_KEYS."),
    ),
    "wechat_app_id_rejected": (
        _("WeChat knows no app of this id."),
        _("Compare the app id with AppID on WeChat's page; capital letters matter. Then add this app anew."),
    ),
    "wechat_secret_rejected": (
        _("WeChat says that the app secret is wrong."),
        _("Enter the newest AppSecret: when it is reset on WeChat's page, the old one ends."),
    ),
    "wechat_address_not_listed": (
        _("WeChat does not give this server's address an access token of the app."),
        _("On WeChat's page, add the server's public address to the IP whitelist."),
    ),
    "wechat_rate_limited": (
        _("WeChat says that it was asked too often."),
        _("Wait a minute. If it goes on, an app repeats its requests, or the day's quota is used up."),
    ),
    "wechat_busy": (_("WeChat is busy."), _("Try again in a moment.")),
    "wechat_lanes_full": (
        _("Other sign-ins of this tenant are waiting for WeChat."),
        _("Try again in a moment. If it goes on, WeChat is slow or cannot be reached."),
    ),
    "wechat_unreachable": (
        _("WeChat cannot be reached."),
        _("The operator looks whether this server may call https://api.weixin.qq.com: name server, firewall, proxy."),
    ),
    "wechat_timed_out": (
        _("WeChat did not answer within 8 seconds."),
        _("Try again. If it goes on, the operator looks at the way to https://api.weixin.qq.com."),
    ),
    "wechat_url_forbidden": (
        _("This installation's setting forbids the address at which WeChat would be asked."),
        _("The operator corrects WECHAT_API_URL or OUTBOUND_PRIVATE_NETWORKS."),
    ),
    "wechat_answer_unusable": (
        _("What answered is not WeChat, or says nothing that WeChat's documents describe."),
        _("The operator looks at WECHAT_API_URL, and whether something on the way answers instead of WeChat."),
    ),
}


@admin.register(WechatApp)
class WechatAppAdmin(TestsConnection, ScopedModelAdmin):
    """Apps at WeChat, whose people sign in here."""

    list_display = ("name", "app_id", "tenant", "kind", "state", "secret_state")
    list_display_links = ("name", "app_id")
    list_filter = (("tenant", ScopedFilter), "kind", "is_active")
    list_select_related = ("tenant",)
    search_fields = ("name", "app_id", "tenant__code")
    autocomplete_fields = ("tenant",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (
            None,
            {
                "fields": ("tenant", "name", "app_id", "kind", "secret", "binds_on_account_page", "is_active"),
                "description": _(
                    "AppID and AppSecret stand on WeChat's page for the app: mp.weixin.qq.com for mini programs and"
                    " official accounts, open.weixin.qq.com for websites and mobile apps."
                ),
            },
        ),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )

    @display(description=_("state"), label={"active": "success", "disabled": "danger"})
    def state(self, app: WechatApp) -> tuple[str, Any]:
        return ("active", _("in use")) if app.is_active else ("disabled", _("disabled"))

    @display(description=_("app secret"), boolean=True)
    def secret_state(self, app: WechatApp) -> bool:
        return bool(app.secret)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Bound identities name it.
        return [*super().get_readonly_fields(request, obj), *(() if obj is None else ("app_id",))]

    def try_connection(self, request: HttpRequest, row: WechatApp) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """A sign-in with a code that nobody has, then, where WeChat offers it, an access token for the app."""
        try:
            app = at_wechat(row)
        except WechatError as error:
            return [_finding(_("App secret"), error)]
        gateway = wechat_gateway()
        steps: list[tuple[Any, Callable[[AppAtWechat], None]]] = [(_("Signing in by code"), gateway.try_app)]
        if row.kind != WechatApp.Kind.OPEN_PLATFORM:
            steps.append((_("App id and app secret"), gateway.try_secret))
        findings: list[Finding] = []
        for step, attempt in steps:
            try:
                attempt(app)
            except WechatError as error:
                return [*findings, _finding(step, error)]
            findings.append(Finding(step, is_good=True))
        if not row.is_active:
            findings.append(
                Finding(
                    _("In use"),
                    is_good=False,
                    problem=_("The app is not active here, so nobody can sign in with it."),
                    advice=_("Tick *active* and save."),
                )
            )
        return findings


def _finding(step: Any, error: WechatError) -> Finding:
    if error.reason in _ADVICE:
        problem, advice = _ADVICE[error.reason]
    else:
        problem = _("WeChat refuses with its error code %(code)s.") % {"code": error.error_code}
        advice = _("WeChat's documents say what this code means.")
    return Finding(step, is_good=False, problem=problem, advice=advice)
