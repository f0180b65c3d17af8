"""Write-only secrets in forms: a stored one is kept, replaced or taken away, and never sent to a browser."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from tenants.encryption import Secret


class SecretInput(UnfoldAdminPasswordWidget):
    """An empty password field; whether one is set stands in it as a hint."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        is_set = isinstance(value, Secret) and bool(value)
        hint = {"placeholder": str(_("Set. Leave empty to keep it"))} if is_set else {}
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), **hint})
        return context


class SecretFormField(forms.CharField):
    """The `Secret` of what was typed in; nothing typed keeps the one that is there."""

    def __init__(self, **options: Any) -> None:
        # Not `required`: an empty field keeps what is there.
        self.is_needed = bool(options.pop("required", False))
        super().__init__(**{"strip": False, "max_length": 8192, **options, "required": False, "widget": SecretInput})

    def clean(self, value: Any) -> Any:
        """What was typed in; whether one is needed is judged when the stored one is known (`keep_secrets`)."""
        return Secret.of(super().clean(value)) if value else Secret()

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002 - the interface
        return bool(data)


def keep_secrets(form: Any) -> None:
    """Put the stored secret back where nothing was typed in: called by a form's `clean`."""
    for name, field in form.fields.items():
        if isinstance(field, SecretFormField) and not form.cleaned_data.get(name):
            stored = getattr(form.instance, name, None)
            if stored:
                form.cleaned_data[name] = stored
            elif field.is_needed:
                form.add_error(name, _("This is needed."))
