"""How the console looks and what its sidebar leads to: the settings of its theme, django-unfold."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _page(model: str, title: Any, icon: str, opens: str = "changelist") -> dict[str, Any]:
    """A line of the console's sidebar, for those who may open it: it leads to the list, or another way to see it."""
    app_label, _dot, name = model.partition("_")

    def may_open(request: Any) -> bool:
        return any(request.user.has_perm(f"{app_label}.{action}_{name}") for action in ("view", "change"))

    page = reverse_lazy(f"admin:{model}_changelist")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_{opens}"),
        "permission": may_open,
        # Below which all addresses of the page stand.
        "page": page,
        "active": lambda request: request.path.startswith(str(page)),
    }


# The installation's, so the platform's alone.
_MAIL: dict[str, Any] = {
    "title": _("Mail server"),
    "icon": "mail",
    "link": reverse_lazy("console_mail"),
    "page": reverse_lazy("console_mail"),
    "permission": lambda request: request.user.is_superuser,
}

THEME: dict[str, Any] = {
    "SITE_TITLE": "虎符 Hufu",
    "SITE_HEADER": "虎符 Hufu",
    "SITE_URL": None,
    "SITE_ICON": lambda _request: static("console/hufu.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("console/hufu.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "accounts.forms.ConsoleLoginForm"},
    "DASHBOARD_CALLBACK": "tenants.console.dashboard.fill",
    "ACCOUNT": {"navigation": [{"title": _("Your account"), "link": reverse_lazy("accounts:account")}]},
    "STYLES": [lambda _request: static("console/console.css")],
    "SCRIPTS": [lambda _request, name=name: static(f"console/{name}.js") for name in ("tenant", "labels", "icons")],
    # Bronze, as a tally is.
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .014 70)",
            "100": "oklch(94.5% .032 70)",
            "200": "oklch(89% .06 68)",
            "300": "oklch(81% .1 65)",
            "400": "oklch(72% .13 62)",
            "500": "oklch(62% .135 58)",
            "600": "oklch(51% .12 55)",
            "700": "oklch(44% .1 52)",
            "800": "oklch(37% .08 50)",
            "900": "oklch(31% .06 50)",
            "950": "oklch(22% .04 50)",
        },
    },
    "SIDEBAR": {
        "navigation": [
            {
                "title": _("People"),
                "items": [
                    _page("accounts_user", _("Users"), "person"),
                    _page("accounts_role", _("Roles"), "badge"),
                    _page("accounts_dept", _("Departments"), "account_tree", opens="tree"),
                    _page("accounts_post", _("Posts"), "work"),
                    _page("accounts_directory", _("Directories"), "domain_verification"),
                ],
            },
            {
                "title": _("Security"),
                "items": [
                    _page("accounts_loginevent", _("Login history"), "history"),
                    _page("tenants_change", _("Changes"), "difference"),
                    _page("accounts_browsersession", _("Browser sessions"), "web"),
                    _page("oauthx_tokenfamily", _("Sessions"), "devices"),
                    _page("oauthx_consent", _("Consents"), "handshake"),
                    _page("accounts_lockout", _("Lockouts"), "lock"),
                    _page("accounts_socialidentity", _("Bound identities"), "link"),
                ],
            },
            {
                "title": _("Applications"),
                "items": [
                    _page("oauthx_client", _("Clients"), "apps"),
                    _page("oauthx_signingkey", _("Signing keys"), "key"),
                    _page("accounts_wechatapp", _("WeChat apps"), "chat"),
                    _page("accounts_smsgateway", _("SMS gateways"), "sms"),
                ],
            },
            {
                "title": _("Installation"),
                "items": [_page("tenants_tenant", _("Tenants"), "domain"), _MAIL],
            },
            {
                "title": _("Tokens and codes"),
                "collapsible": True,
                "items": [
                    _page("oauthx_accesstoken", _("Access tokens"), "token"),
                    _page("oauthx_refreshtoken", _("Refresh tokens"), "autorenew"),
                    _page("oauthx_idtoken", _("ID tokens"), "fingerprint"),
                    _page("oauthx_authorizationcode", _("Authorization codes"), "qr_code"),
                    _page("oauthx_devicegrant", _("Device codes"), "tv"),
                    _page("oauthx_logoutnotice", _("Logout notices"), "campaign"),
                ],
            },
        ],
    },
}
