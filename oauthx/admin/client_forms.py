"""The forms of a client's console pages. They must not know how a client is authenticated."""

import json
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import RegexValidator
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.hashers import ChosenSecretHasher
from oauthx.choices import Choice, dialect_choices, grants_with_endpoints, scope_choices
from oauthx.key_sets import reveals_a_secret
from oauthx.models import Client
from tenants.console import ScopedModelForm

_DAY = 24 * 60 * 60
OVERLAPS: list[Choice] = [
    ("0", _("Not at all: the old secret ends now")),
    (str(_DAY), _("For a day")),
    (str(7 * _DAY), _("For a week")),
    (str(30 * _DAY), _("For 30 days")),
]
# RFC 6749 appendix A.1, without the colon, which ends the client id in HTTP Basic.
CLIENT_ID = RegexValidator(
    r"^[\x21-\x39\x3b-\x7e]+\Z", _("Letters, digits and signs of ASCII, without spaces and colons.")
)


class _Checkboxes(forms.MultipleChoiceField):
    """Several of the names that an installation knows, as the list that the model keeps."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"widget": UnfoldAdminCheckboxSelectMultipleWidget})


def _one_per_line(rows: int = 3) -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget({"rows": rows, "spellcheck": "false"})


class _KeySet(forms.CharField):
    """A JWK Set as people read it, in lines and indented; the model holds what it means.

    Django's own field for JSON takes what no database does (NaN, NUL), and falls over brackets without end.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"widget": _one_per_line(8)})

    def prepare_value(self, value: Any) -> Any:
        # What was sent is shown again as it was sent, but for a private key that slipped in.
        if isinstance(value, str) and _holds_a_secret(value):
            return ""
        return value if value is None or isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            keys = json.loads(text)
            written = json.dumps(keys, ensure_ascii=False, allow_nan=False)
            written.encode()
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is no JSON.")) from None
        if not isinstance(keys, dict) or "\\u0000" in written:
            raise forms.ValidationError(_("This is no key set."))
        return keys

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != (json.loads(data) if data else None))
        except (ValueError, RecursionError):
            return True


def _holds_a_secret(text: str) -> bool:
    try:
        return reveals_a_secret(json.loads(text))
    except (ValueError, RecursionError):
        # Unreadable, so anything may stand in it.
        return '"d"' in text or '"k"' in text


class ClientForm(ScopedModelForm):
    """A client bound to a tenant, or shared; which of the two a platform administrator may change."""

    tenant_is_fixed: ClassVar[bool] = False

    dialects = _Checkboxes(
        label=_("Endpoints"),
        choices=dialect_choices,
        help_text=_("Each speaks one document; choose what the app calls."),
    )
    grant_types = _Checkboxes(
        label=_("Grant types"),
        choices=grants_with_endpoints,
        help_text=_("Where an address stands behind one, it works at these endpoints alone."),
    )
    scopes = _Checkboxes(label=_("Scopes"), choices=scope_choices, required=False)
    redirect_uris = forms.CharField(
        label=_("Redirect URIs"),
        required=False,
        widget=_one_per_line(),
        help_text=_("For the authorization code, one per line; compared character by character."),
    )
    post_logout_redirect_uris = forms.CharField(
        label=_("Redirect URIs after logout"), required=False, widget=_one_per_line(), help_text=_("One per line.")
    )
    allowed_origins = forms.CharField(
        label=_("Allowed origins"),
        required=False,
        widget=_one_per_line(),
        help_text=_("Web pages of these origins may call from the browser (CORS). One per line."),
    )

    jwks = _KeySet(
        label=_("Key set"),
        required=False,
        help_text=_("The client's public keys as a JWK Set (RFC 7517), for a client that proves itself by a key."),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        served = self.cleaned_data.get("served_tenants")
        if "served_tenants" in self.fields and served is not None:
            if self.tenant_id is not None and served:
                self.add_error("served_tenants", _("A client that is bound to a tenant serves that one alone."))
            elif self.tenant_id is None and not served and self._signs_people_in():
                self.add_error("served_tenants", _("A shared client needs the tenants that it may serve."))
        return self.cleaned_data

    def _signs_people_in(self) -> bool:
        return bool(set(self.cleaned_data.get("grant_types", ())) - {"client_credentials", "refresh_token"})


class NewClientForm(ClientForm):
    """A new client: its secret is generated, or taken over from elsewhere."""

    client_id = forms.CharField(
        label=_("Client ID"),
        max_length=255,
        validators=[CLIENT_ID],
        widget=UnfoldAdminTextInputWidget({"spellcheck": "false", "autocomplete": "off"}),
        help_text=_("What the app sends as client_id. It cannot be changed later."),
    )
    imported_secret = forms.CharField(
        label=_("Secret to take over"),
        required=False,
        strip=False,
        max_length=255,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text=_("For an app that has a secret already. Leave it empty and a strong one is made and shown once."),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("imported_secret"):
            if self.cleaned_data.get("client_type") == Client.CLIENT_PUBLIC:
                self.add_error("imported_secret", _("A public client has no secret."))
            elif self.cleaned_data.get("authenticates_by") != "secret":
                self.add_error("imported_secret", _("A client that proves itself by a key has no secret."))
        return self.cleaned_data

    def take_over_secret(self, client: Client) -> bool:
        """Give the client the secret that was typed in; False if there was none."""
        secret = self.cleaned_data.get("imported_secret")
        if secret:
            client.client_secret = make_password(secret, hasher=ChosenSecretHasher.algorithm)
        return bool(secret)


class RotateSecretForm(forms.Form):
    """Asks how long the old secret goes on working, and holds only for the secret that was there when it was asked.

    So a page that is sent twice does not make a second secret.
    """

    overlap = forms.ChoiceField(
        label=_("How long does the old secret go on working?"),
        choices=OVERLAPS,
        initial=str(_DAY),
        widget=UnfoldAdminRadioSelectWidget,
    )
    current = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        self._mark = salted_hmac("oauthx.admin.rotate", f"{client.pk} {client.client_secret}", algorithm="sha256")
        super().__init__(*args, **kwargs | {"initial": {"current": self._mark.hexdigest()}})

    def clean_current(self) -> str:
        current = str(self.cleaned_data["current"])
        if not constant_time_compare(current, self._mark.hexdigest()):
            raise forms.ValidationError(_("The secret was changed meanwhile. Nothing was done."))
        return current

    @property
    def overlap_time(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["overlap"]))
