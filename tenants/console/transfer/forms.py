"""The forms of an import and an export. They must not know which model they are for."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget, UnfoldBooleanWidget

from tenants.console.choices import choices_for
from tenants.console.keys import KeySelect
from tenants.console.transfer.reading import MAX_BYTES, MAX_ROWS
from tenants.models import Tenant
from tenants.scoping import chosen_tenant, sees_all_tenants, viewer_of

_MEGABYTE = 1024 * 1024


class ImportForm(forms.Form):
    """A file, and for the platform the tenant that its rows belong to."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx,.csv"}),
    )

    def __init__(self, page: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "An Excel workbook (.xlsx) or a CSV file in UTF-8 or GB18030, with up to %(rows)d rows and %(size)d MB."
        ) % {"rows": MAX_ROWS, "size": MAX_BYTES // _MEGABYTE}
        viewer = viewer_of(request)
        if sees_all_tenants(viewer):
            # Who works in one tenant does nothing beside it, out of his own sight.
            may_share = page.shares_rows and chosen_tenant(viewer) is None
            relation = page.model._meta.get_field("tenant")
            self.fields["tenant"] = forms.ModelChoiceField(
                choices_for(page.admin_site, Tenant, viewer),
                label=_("Tenant"),
                required=not may_share,
                initial=chosen_tenant(viewer),
                widget=KeySelect(relation, page.admin_site),
                help_text=_("All rows of the file belong to it.")
                if not may_share
                else _("All rows of the file belong to it. Empty: they are shared by tenants."),
            )
        if page.resource_class.offers_passwords:
            self.fields["makes_passwords"] = forms.BooleanField(
                label=_("Generate passwords"),
                required=False,
                widget=UnfoldBooleanWidget(),
                help_text=_("New people without a password hash get one; you download the list once, afterwards."),
            )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(limit)d MB: divide it.") % {"limit": MAX_BYTES // _MEGABYTE}
            )
        return file


class ExportForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind of file"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("CSV, UTF-8"))],
        initial="xlsx",
        widget=UnfoldAdminRadioSelectWidget,
    )
