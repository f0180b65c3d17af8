"""Sends the rows of a list as a file, as the list is searched and filtered. It must not know which model they are."""

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.dispatch import Signal
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tenants.console.transfer.downloads import send_csv, send_workbook
from tenants.console.transfer.forms import ExportForm
from tenants.console.transfer.moving import Moving
from tenants.console.transfer.resource import ScopedResource
from tenants.console.transfer.writing import MAX_WORKBOOK_ROWS

# Sent before the first byte leaves, with `request`, `model`, `kind` (of file) and `query`: who keeps a record, listens.
rows_exported = Signal()


class Exporting(Moving):
    """The export of one request."""

    def ask_or_send(self) -> HttpResponse:
        """The page that asks for the kind of file, or the file."""
        try:
            rows = self.admin.get_changelist_instance(self.request).get_queryset(self.request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.address("export_rows"))
        resource = self.admin.resource_class(self.scope(self.own_tenant()))
        form = ExportForm(self.request.POST or None)
        if form.is_valid():
            is_csv = form.cleaned_data["kind"] == "csv"
            # Counted no further than it matters.
            if is_csv or rows.order_by("pk").values("pk")[MAX_WORKBOOK_ROWS:].first() is None:
                return self._send(resource, rows, is_csv=is_csv)
            text = _("A workbook takes %(limit)d rows at the most: narrow the list by its filters, or take CSV.")
            form.add_error("kind", text % {"limit": MAX_WORKBOOK_ROWS})
        columns = resource.exported_columns()
        return self.page("export", _("Export %(name)s"), form=form, columns=columns, is_narrowed=bool(self.request.GET))

    def _send(self, resource: ScopedResource, rows: Any, *, is_csv: bool) -> HttpResponse:
        opts = self.admin.opts
        LogEntry.objects.create(
            user_id=int(self.request.user.pk or 0),
            content_type=ContentType.objects.get_for_model(self.admin.model),
            object_repr=str(capfirst(opts.verbose_name_plural)),
            action_flag=CHANGE,
            change_message=_("Exported: %(what)s") % {"what": self.request.GET.urlencode() or _("all")},
        )
        rows_exported.send(
            type(self.admin),
            request=self.request,
            model=self.admin.model,
            kind="csv" if is_csv else "xlsx",
            query=self.request.GET.urlencode(),
        )
        name = f"{opts.model_name}-{timezone.localdate():%Y%m%d}"
        return send_csv(resource.rows(rows), name) if is_csv else send_workbook(resource.rows(rows), name)
