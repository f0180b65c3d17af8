"""What an address or a form sends as a row's key need not be one. Nothing here knows which rows there are."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.forms import Media

from tenants.console.select2 import speaking


def is_key(field: "Field[Any, Any]", value: Any) -> bool:
    """Whether the database may be asked for this value of a key: of its type, within its range, and without NUL."""
    try:
        field.run_validators(field.to_python(value))
    except ValidationError:
        return False
    return "\0" not in str(value)


class _KeysAlone:
    """Django's widgets look up what was sent, to show it again beside the error, without looking at it."""

    choices: Any

    @property
    def media(self) -> Media:
        return speaking(super().media)  # type: ignore[misc]  # Django's

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        key = self.choices.queryset.model._meta.pk
        return super().optgroups(name, [one for one in value if is_key(key, one)], attr)  # type: ignore[misc]  # Django's


class KeySelect(_KeysAlone, AutocompleteSelect):
    pass


class KeySelectMultiple(_KeysAlone, AutocompleteSelectMultiple):
    pass


class KeysField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for the stubs alone
    """Django's, which asks SQLite for numbers that it cannot take."""

    def clean(self, value: Any) -> Any:
        key = self.queryset.model._meta.pk  # type: ignore[union-attr]  # there is one by now
        for one in value if isinstance(value, list | tuple) else ():
            if not is_key(key, one):
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": one})
        return super().clean(value)
