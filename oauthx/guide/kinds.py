"""The kinds of application that a new client is asked about first, and what each of them begins with.

They only fill a form in: what works together is judged by `Client.clean` alone. They must not know pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from oauthx.choices import DEVICE_CODE, scope_choices

Text = str | Promise

PUBLIC, CONFIDENTIAL = "public", "confidential"
# The groups of the form, as `ClientAdmin` names them.
ALLOWED, BROWSER, WECHAT, SIGN_OUT, PROOF, TOKENS = "allowed", "browser", "wechat", "sign_out", "proof", "tokens"
EVERY_GROUP = frozenset({ALLOWED, BROWSER, WECHAT, SIGN_OUT, PROOF, TOKENS})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of application.

    Attributes:
        title, icon: what the choice shows; `summary` who should take it.
        because: why the form begins as it does.
        presets: the fields that are filled in.
        groups: the groups of the form that matter to it; the others are there, folded.
    """

    name: str
    title: Text
    icon: str
    summary: Text
    because: tuple[Text, ...] = ()
    presets: Mapping[str, Any] = field(default_factory=dict)
    groups: frozenset[str] = EVERY_GROUP

    def initial(self) -> dict[str, Any]:
        """What the form begins with; of the scopes, those that this installation knows."""
        known = {name for name, _label in scope_choices()}
        values = dict(self.presets)
        if "scopes" in values:
            values["scopes"] = [name for name in values["scopes"] if name in known]
        return values


KINDS: tuple[Kind, ...] = (
    Kind(
        "bladex",
        _("App in BladeX style"),
        "swap_horiz",
        _("An existing app that calls /…/oauth/token with a tenant id and an MD5 password. It changes its address."),
        (
            _("It proves itself by id and secret in the Basic header; these endpoints know no other way."),
            _("Every sign-in there names a scope: all."),
            _("Choose the endpoint that the app calls already; the answers differ in their fields."),
        ),
        {
            "client_type": CONFIDENTIAL,
            "dialects": ["ams-auth"],
            "grant_types": ["password", "captcha", "refresh_token"],
            "scopes": ["all"],
            "access_token_lifetime_seconds": 43_200,
        },
        frozenset({ALLOWED, TOKENS}),
    ),
    Kind(
        "web",
        _("Web application with OpenID Connect"),
        "language",
        _("A website with a server of its own, in any language, that sends people here to sign in."),
        (
            _("The browser brings back a code, and the server exchanges it: so it has a secret, and never a password."),
            _("PKCE is on: a code that was stolen on the way is of no use. Every current library can do it."),
            _("For people who stay signed in choose “Refresh token” and the scope offline_access too."),
        ),
        {
            "client_type": CONFIDENTIAL,
            "dialects": ["connect"],
            "grant_types": ["authorization_code"],
            "scopes": ["openid", "profile"],
            "requires_pkce": True,
        },
        frozenset({ALLOWED, BROWSER, SIGN_OUT}),
    ),
    Kind(
        "spa",
        _("Single-page app"),
        "web_asset",
        _("JavaScript in the browser alone, without a server that could keep a secret."),
        (
            _("It is public: whatever stands in a web page can be read by everybody, so a secret would be none."),
            _("PKCE stands in for the secret."),
            _("Its origin must stand under “Allowed origins”, or the browser lets it call nothing here."),
        ),
        {
            "client_type": PUBLIC,
            "dialects": ["connect"],
            "grant_types": ["authorization_code"],
            "scopes": ["openid", "profile"],
            "requires_pkce": True,
        },
        frozenset({ALLOWED, BROWSER, SIGN_OUT}),
    ),
    Kind(
        "mobile",
        _("Mobile or desktop app"),
        "smartphone",
        _("An app that is installed on phones or computers and opens the browser to sign in."),
        (
            _("It is public: whoever has the app could read a secret out of it. PKCE stands in for it."),
            _("The redirect URI is a scheme of the app's own, such as com.example.app:/callback, or a loopback one."),
            _("People stay signed in: a refresh token comes with the scope offline_access."),
        ),
        {
            "client_type": PUBLIC,
            "dialects": ["connect"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scopes": ["openid", "profile", "offline_access"],
            "requires_pkce": True,
        },
        frozenset({ALLOWED, BROWSER}),
    ),
    Kind(
        "device",
        _("Device without a keyboard"),
        "tv",
        _("A television, a terminal, a command line: it shows a code, and the person signs in on the phone."),
        (
            _("It is public: a device that stands in other people's rooms keeps no secret."),
            _("It opens no browser itself, so it needs no redirect URI."),
        ),
        {
            "client_type": PUBLIC,
            "dialects": ["connect"],
            "grant_types": [DEVICE_CODE, "refresh_token"],
            "scopes": ["openid", "profile", "offline_access"],
        },
        frozenset({ALLOWED, TOKENS}),
    ),
    Kind(
        "service",
        _("Service to service"),
        "dns",
        _("A program that acts for itself, with nobody in front of it: a job, a gateway, another system."),
        (
            _("It proves itself by its secret, or by a key of its own, which is safer: nothing is sent that can leak."),
            _("Nobody signs in, so there are no scopes about people, and no refresh token: it asks for a new one."),
        ),
        {
            "client_type": CONFIDENTIAL,
            "dialects": ["connect"],
            "grant_types": ["client_credentials"],
            "scopes": ["all"],
        },
        frozenset({ALLOWED, PROOF}),
    ),
    Kind(
        "api",
        _("API that checks tokens"),
        "api",
        _("A service that others call with tokens, and that asks here whether they are good."),
        (
            _("It is a resource server, so it may ask about every token of its tenant, and belongs to one."),
            _("It needs a secret or a key: strangers learn nothing about tokens."),
        ),
        {
            "client_type": CONFIDENTIAL,
            "dialects": ["connect"],
            "grant_types": ["client_credentials"],
            "scopes": ["all"],
            "is_resource_server": True,
        },
        frozenset({ALLOWED, PROOF}),
    ),
    Kind(
        "custom",
        _("Something else"),
        "tune",
        _("Everything by hand. What cannot work together is refused, with the reason."),
    ),
)


def kind_named(name: str | None) -> Kind | None:
    """The kind of this name; None for none and for an unknown one."""
    return next((kind for kind in KINDS if kind.name == name), None)
