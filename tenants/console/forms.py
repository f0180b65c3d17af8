"""Forms that keep a row and everything it refers to within one tenant. They must not know which model they edit."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import EMPTY_VALUES
from django.db.models import Model, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from tenants.console.at_once import OVERTAKEN
from tenants.console.secrets import keep_secrets
from tenants.scoping import Viewer, chosen_tenant, sees_all_tenants

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm

BELONGS_TO_ANOTHER = _("This belongs to another tenant.")


class ScopedModelForm(ModelForm):
    """A form whose row gets the viewer's tenant, unless he sees all: then he chooses it, once.

    `ScopedModelAdmin.get_form` sets `viewer` and `is_overtaken`.
    """

    viewer: ClassVar[Viewer]
    is_overtaken: ClassVar[bool] = False
    # Whether a row stays with the tenant that it was made for.
    tenant_is_fixed: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has_tenant = hasattr(self.instance, "tenant_id")
        if self.instance._state.adding and has_tenant and not sees_all_tenants(self.viewer):
            self.instance.tenant_id = self.viewer.tenant_id
        elif not self.instance._state.adding and self.tenant_is_fixed and "tenant" in self.fields:
            self.fields["tenant"].disabled = True

    @property
    def tenant_id(self) -> int | None:
        """The tenant that the row will belong to; None while it is unknown, and for what all tenants share."""
        if "tenant" in self.fields:
            tenant = self.cleaned_data.get("tenant")
            return None if tenant is None else int(tenant.pk)
        return getattr(self.instance, "tenant_id", None)

    def full_clean(self) -> None:
        """Django's; of one who was overtaken it says so, besides what it finds, so that it is not saved unseen."""
        super().full_clean()
        if self.is_overtaken:
            self.add_error(None, OVERTAKEN)

    def clean(self) -> dict[str, Any]:
        """Keep choices in the row's tenant, and what is unique in the tenant unique, with the error at its field."""
        super().clean()
        keep_secrets(self)
        self._keep_to_the_chosen_tenant()
        if self.tenant_id is not None:
            refuse_foreign_choices(self, self.tenant_id)
            self._refuse_duplicates(self.tenant_id)
        return self.cleaned_data

    def _keep_to_the_chosen_tenant(self) -> None:
        """What belongs to no tenant, or to another one, would be out of sight at once."""
        chosen = chosen_tenant(self.viewer)
        if chosen is not None and "tenant" in self.fields and self.tenant_id != chosen.pk and not self.errors:
            self.add_error("tenant", _("You work in the tenant %(name)s.") % {"name": chosen.name})

    def _refuse_duplicates(self, tenant_id: int) -> None:
        for constraint in self._meta.model._meta.constraints:
            if not isinstance(constraint, UniqueConstraint) or constraint.condition is not None:
                continue
            first, *names = constraint.fields
            if first != "tenant" or len(names) != 1:
                continue
            [name] = names
            value = self.cleaned_data.get(name)
            others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
            if value not in EMPTY_VALUES and others.filter(tenant_id=tenant_id, **{name: value}).exists():
                self.add_error(name, _("Already in use in this tenant."))

    def _get_validation_exclusions(self) -> set[str]:
        # The tenant is validated, and with it what is unique in it, also where the form does not show it.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # unknown to the stubs
        return exclusions if "tenant" in self.errors else exclusions - {"tenant"}


class ScopedInlineFormSet(PaginationInlineFormSet):
    """Rows below a row: what they refer to belongs to its tenant."""

    def clean(self) -> None:
        super().clean()
        tenant_id = getattr(self.instance, "tenant_id", None)
        if tenant_id is None:
            return
        for form in self.forms:
            if hasattr(form, "cleaned_data"):
                refuse_foreign_choices(form, tenant_id)


def refuse_foreign_choices(form: forms.BaseForm, tenant_id: int) -> None:
    """Add an error to each field whose chosen row belongs to another tenant."""
    for name, chosen in list(form.cleaned_data.items()):
        if name != "tenant" and isinstance(chosen, Model) and getattr(chosen, "tenant_id", tenant_id) != tenant_id:
            form.add_error(name, BELONGS_TO_ANOTHER)
