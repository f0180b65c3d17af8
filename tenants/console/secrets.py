"""Write-only secrets in forms: a stored one is kept, replaced or taken away, and never sent to a browser."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminPasswordWidget

from tenants.encryption import Secret

# What a form's cleaned data hold where the stored secret shall go: it is as empty as any, and is not kept.
_TAKEN_AWAY = Secret()


class _Removal(str):
    """What was sent when the box beside an empty field was ticked."""

    __slots__ = ()


class SecretInput(UnfoldAdminPasswordWidget):
    """An empty password field; whether one is set stands in it as a hint. A box below takes it away, if that may be."""

    template_name = "console/secret_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, is_removable: bool = True) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false", **(attrs or {})})
        self.is_removable = is_removable

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        is_set = isinstance(value, Secret) and bool(value)
        hint = {"placeholder": str(_("Set. Leave empty to keep it"))} if is_set else {}
        context: dict[str, Any] = super().get_context(name, None, {**(attrs or {}), **hint})
        if is_set and self.is_removable:
            context["widget"]["removal"] = {"name": _removal_of(name), "class": " ".join(CHECKBOX_CLASSES)}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        return _Removal() if not typed and self.is_removable and _removal_of(name) in data else typed


class SecretFormField(forms.CharField):
    """The `Secret` of what was typed in; nothing typed keeps the one that is there, unless it is to be taken away."""

    def __init__(self, **options: Any) -> None:
        # Not `required`: an empty field keeps what is there.
        self.is_needed = bool(options.pop("required", False))
        widget = SecretInput(is_removable=not self.is_needed)
        super().__init__(**{"max_length": 8192, **options, "required": False, "widget": widget})

    def clean(self, value: Any) -> Any:
        """What was typed in; whether one is needed is judged when the stored one is known (`keep_secrets`)."""
        if isinstance(value, _Removal):
            return _TAKEN_AWAY
        return Secret.of(super().clean(value)) if value else Secret()

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002 - the interface
        return bool(data) or isinstance(data, _Removal)


def keep_secrets(form: Any) -> None:
    """Put the stored secret back where nothing was typed in: called by a form's `clean`."""
    for name, field in form.fields.items():
        if not isinstance(field, SecretFormField) or form.cleaned_data.get(name):
            continue
        stored = getattr(form.instance, name, None)
        if stored and form.cleaned_data.get(name) is not _TAKEN_AWAY:
            form.cleaned_data[name] = stored
        elif field.is_needed:
            form.add_error(name, _("This is needed."))


def keeps_secret(form: Any, name: str) -> bool:
    """Whether the form, once cleaned, leaves the stored secret of this field as it is."""
    return bool(form.cleaned_data.get(name)) and name not in form.changed_data


def _removal_of(name: str) -> str:
    return f"{name}-remove"
