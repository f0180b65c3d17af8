"""The forms of a person's console pages. They must not know what the viewer's roles are."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from accounts.admin.authority import KEEPS_FACTOR
from accounts.forms import NewPasswordFields
from accounts.models import User
from accounts.phones import as_e164
from tenants.console import ScopedInlineFormSet, ScopedModelForm
from tenants.models import MOST

# What one would lock oneself out by.
_NOT_TAKEN_FROM_ONESELF = ("is_active", "is_staff", "is_superuser")


class UserForm(ScopedModelForm):
    def clean_phone(self) -> str | None:
        """In E.164 already here, so that another spelling of a number that is taken is refused beside its field.

        Whether it is a number, the model says.
        """
        phone: str | None = self.cleaned_data["phone"]
        return as_e164(phone) if phone else None

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk is not None and self.instance.pk == getattr(self.viewer, "pk", None):
            for name in _NOT_TAKEN_FROM_ONESELF:
                if self.initial.get(name) and self.cleaned_data.get(name) is False:
                    self.add_error(name, _("You cannot take this from yourself."))
        if self.cleaned_data.get("is_main_account") and self.tenant_id is not None:
            other = User.objects.filter(tenant_id=self.tenant_id, is_main_account=True).exclude(pk=self.instance.pk)
            if main_account := other.first():
                text = _("This tenant has a main account already: %(account)s") % {"account": main_account.account}
                self.add_error("is_main_account", text)
        return self.cleaned_data


class NewUserForm(NewPasswordFields, UserForm):
    """A new person with a first password, or with none: then he signs in otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False

    def _post_clean(self) -> None:
        # Here, and not in `clean`: the policy is that of the person's tenant, which the instance knows by now.
        super()._post_clean()  # type: ignore[misc]  # Django's hook, unknown to the stubs
        self.check_new_password(self.instance)

    def save(self, commit: bool = True) -> Any:
        self.instance.set_password(self.cleaned_data.get("password1") or None)
        # A first password that somebody else knows; having set it is no change by its owner.
        self.instance.must_change_password = bool(self.cleaned_data.get("must_change_password"))
        return super().save(commit)


class OrderedFormSet(ScopedInlineFormSet):
    """Roles, posts or departments in their order: dragged rows carry a position, a new one goes to the end."""

    def save_new(self, form: Any, commit: bool = True) -> Any:
        if form.cleaned_data.get("position") is None:
            taken = [other.instance.position for other in self.forms if other.instance.position is not None]
            form.instance.position = min(max(taken, default=-1) + 1, MOST)
        return super().save_new(form, commit)


class RoleFormSet(OrderedFormSet):
    """Roles in their order; `binding` are those that the person may not take from himself, by name."""

    binding: ClassVar[Mapping[int, str]] = {}

    def clean(self) -> None:
        super().clean()
        kept = {form.cleaned_data["role"].pk for form in self.forms if _keeps_role(self, form)}
        for form in self.forms:
            name = self.binding.get(form.initial.get("role", 0))
            if name is not None and form.initial["role"] not in kept:
                error = forms.ValidationError(KEEPS_FACTOR, params={"role": name})
                if self._should_delete_form(form):
                    # Nobody reads what stands beside the fields of a row that is to go.
                    raise error
                form.add_error("role", error)


def _keeps_role(formset: Any, form: Any) -> bool:
    return bool(getattr(form, "cleaned_data", {}).get("role")) and not formset._should_delete_form(form)


class AssignmentForm(forms.ModelForm):  # type: ignore[type-arg]  # of any of the three
    """One assignment; an empty position means: at the end."""

    position = forms.IntegerField(
        label=_("position"),
        required=False,
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": _("position")}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["position"] = None

    def clean_position(self) -> int | None:
        position: int | None = self.cleaned_data.get("position")
        return self.instance.position if position is None and not self.instance._state.adding else position


class RoleAssignmentForm(AssignmentForm):
    """A role that is chosen here in place of a directory's is no longer the directory's to withdraw."""

    def clean(self) -> dict[str, Any] | None:
        if "role" in self.changed_data:
            self.instance.given_by = None
        return super().clean()
