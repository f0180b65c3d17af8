"""The console's sign-in form and its forms for passwords. They must not know how a password is checked or kept."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminPasswordWidget

from accounts.domains import tenant_of_domain
from accounts.models import User
from accounts.passwords import HINT, hint_of, refuse_used

_REJECTED = _("Incorrect username or password")


class ConsoleLoginForm(AuthenticationForm):  # type: ignore[misc]  # the theme's class has no types
    """Tenant, account and password. Whatever is wrong with them, the answer is one and the same."""

    tenant = forms.CharField(
        label=_("Tenant"), max_length=255, widget=forms.TextInput({"autocomplete": "organization"})
    )
    username = forms.CharField(label=_("Account"), max_length=255, widget=forms.TextInput({"autocomplete": "username"}))

    error_messages = {"invalid_login": _REJECTED, "inactive": _REJECTED}  # noqa: RUF012 - Django's form
    field_order = ("tenant", "username", "password")

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        tenant = self.fields["tenant"]
        tenant.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)
        if request is not None and not self.is_bound:
            own = tenant_of_domain(request)
            tenant.initial = own.code if own is not None else ""
        # The first field that is to be filled in.
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["username" if tenant.initial else "tenant"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        names = ("tenant", "username", "password")
        given = {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}
        if len(given) == len(names):
            self.user_cache = authenticate(self.request, **given, console=True)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned


class NewPasswordFields(forms.Form):
    """A new password, twice; it is never sent back to the browser."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=255,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text=HINT,
    )
    password2 = forms.CharField(
        label=_("Password again"),
        strip=False,
        max_length=255,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
    )

    def check_new_password(self, user: User) -> None:
        """Put beside their fields what is wrong with the new password for this person."""
        password = self.cleaned_data.get("password1")
        if "password2" in self.cleaned_data and password != self.cleaned_data["password2"]:
            self.add_error("password2", _("The two passwords differ."))
        elif password:
            try:
                password_validation.validate_password(password, user)
            except ValidationError as error:
                self.add_error("password1", error)


class ChangedPasswordFields(NewPasswordFields):
    """A new password of one's own, which is another one than the present and the last ones."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = hint_of(user.tenant)
        self.fields["password1"].label = _("New password")
        for name in ("password1", "password2"):
            # The people's pages have a look of their own.
            self.fields[name].widget = forms.PasswordInput({"autocomplete": "new-password"})

    def clean(self) -> dict[str, Any]:
        self.check_new_password(self.user)
        password = self.cleaned_data.get("password1")
        if password and not self.errors:
            try:
                refuse_used(password, self.user)
            except ValidationError as error:
                self.add_error("password1", error)
        return self.cleaned_data

    def save(self) -> None:
        """Store it, with all that a new password ends."""
        self.user.set_password(self.cleaned_data["password1"])
        self.user.save(update_fields=["password", "password_updated_at", "updated_at"])


class SetPasswordForm(NewPasswordFields):
    """Gives a person a new password. Whether he had it before is not told: whoever gives it shall not learn his."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = hint_of(user.tenant)

    def clean(self) -> dict[str, Any]:
        self.check_new_password(self.user)
        return self.cleaned_data

    def save(self, *, must_change: bool = False) -> None:
        """Store it. `must_change`: somebody else knows it, so its owner chooses another one when he signs in."""
        self.user.set_password(self.cleaned_data["password1"])
        self.user.must_change_password = must_change
        self.user.save(update_fields=["password", "password_updated_at", "updated_at"])
